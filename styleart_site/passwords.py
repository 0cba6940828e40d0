"""Passwords that people who know many others would try early."""

import re

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LOOK_ALIKES = str.maketrans("0134578@$!|+€£", "oleastbasiitel")  # p4$$w0rd is password
ROWS = [
    "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop",
    "1234567890", "1qaz2wsx3edc4rfv", "1q2w3e4r5t6y7u8i9o0p",
]  # fmt: skip
LEAST_SURPRISE = 5  # different characters at least
OWN_NAME = "styleart"
MESSAGE = _(
    "This password is easy to guess: it is a well-known one with a few changes. "
    "Try three or four words that do not belong together."
)


class GuessablePasswordValidator:
    """Refuses well-known passwords in disguise, as lists of stolen ones are full of them.

    Disguises: letters written as digits or signs, digits and signs at the ends, the same word
    twice, rows of keys, our own name, hardly any different characters.
    """

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError."""
        if self._is_guessable(password.lower()):
            raise ValidationError(MESSAGE, code="password_too_guessable")

    def get_help_text(self) -> str:
        return gettext("Your password can’t be a well-known one with a few changes.")

    def _is_guessable(self, password: str) -> bool:
        if len(set(password)) < LEAST_SURPRISE:
            return True
        return any(self._is_known(core) for core in self._cores(password))

    def _cores(self, password: str) -> set[str]:
        """What is left of it without its disguises."""
        ends = r"^[\W\d_]+|[\W\d_]+$"
        plain = password.translate(LOOK_ALIKES)
        bare = [
            re.sub(ends, "", password),
            re.sub(ends, "", plain),
            re.sub(ends, "", password).translate(LOOK_ALIKES),
        ]
        return {once(word) for word in [password, plain, *bare]}

    def _is_known(self, core: str) -> bool:
        is_row = any(core in row or core in row[::-1] for row in ROWS)
        return len(core) < 3 or core in self.common or core == OWN_NAME or is_row


def once(word: str) -> str:
    """The part that is repeated: "catcat" is "cat"."""
    return re.sub(r"^(.+?)\1+$", r"\1", word)

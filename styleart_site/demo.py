"""The demo accounts of an embedded copy. Their passwords are public, so they have no place on a real site."""

from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser

VISITOR = ("visitor@example.org", "a-quiet-room")
CURATOR = ("curator@example.org", "hang-it-higher")


def open_to_all() -> Iterator[AbstractBaseUser]:
    """Those that are here and still have the password that everybody can read."""
    for email, password in (VISITOR, CURATOR):
        user = get_user_model().objects.filter(email=email, is_active=True).first()
        if user is not None and user.check_password(password):
            yield user


def close() -> tuple[str, ...]:
    """Let nobody sign in to these any more; gives their addresses. What belongs to them stays."""
    closed = tuple(open_to_all())
    for user in closed:
        user.set_unusable_password()
        user.is_active = False
        user.save(update_fields=["password", "is_active"])
    return tuple(user.email for user in closed)

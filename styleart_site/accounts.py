"""What allauth does differently here: even timing, secrets that lie locked away."""

import base64
import hashlib

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_lazy as _


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _("That was not right too often. Wait a while, or choose a new password."),
        "email_password_mismatch": _(
            "Address and password do not belong together. Try again, or choose a new password."
        ),
        "incorrect_password": _("This is not your password. Try again."),
        "incorrect_code": _("This is not the code. Look into the newest mail, and try again."),
    }

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the holder, and take as long as a new account would: that hashes a password."""
        make_password(email)
        super().send_account_already_exists_mail(email)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes lie encrypted in the database.

    The key comes from SECRET_KEY; after a change of it, SECRET_KEY_FALLBACKS still open the old ones.
    """

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "This code is not right, or was used before. Wait for the next one and try again."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _locks().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _locks().decrypt(encrypted_text.encode()).decode()


def _locks() -> MultiFernet:
    return MultiFernet([_lock(key) for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]])


def _lock(key: str) -> Fernet:
    digest = hashlib.sha256(f"two-factor {key}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))

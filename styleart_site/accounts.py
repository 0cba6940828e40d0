"""What allauth does differently here: even timing, locked-away secrets, addresses that others only claimed."""

import base64
import hashlib

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the holder, and take as long as a new account would: that hashes a password."""
        make_password(email)
        super().send_account_already_exists_mail(email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Whoever proves an address gets it: an account that only ever claimed it gives way."""
        _never_proven(email_address.email).exclude(pk=email_address.user_id).delete()
        return super().confirm_email(request, email_address)


def _never_proven(email: str):
    """Accounts of this address that nobody ever confirmed or used."""
    users = get_user_model().objects.filter(email__iexact=email, last_login=None)
    proven = EmailAddress.objects.filter(verified=True).values("user")
    return users.exclude(pk__in=proven).filter(emailaddress__isnull=False)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes lie encrypted in the database.

    The key comes from SECRET_KEY; after a change of it, SECRET_KEY_FALLBACKS still open the old ones.
    """

    def encrypt(self, text: str) -> str:
        return _locks().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _locks().decrypt(encrypted_text.encode()).decode()


def _locks() -> MultiFernet:
    return MultiFernet([_lock(key) for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]])


def _lock(key: str) -> Fernet:
    digest = hashlib.sha256(f"two-factor {key}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))

"""Where allauth sends a code to type instead of a link to open."""

import re
from typing import Any

from allauth.core import context
from django.conf import settings
from django.http import HttpRequest

APPS = "/_allauth/app/"
LINK = r"/accounts/confirm-email/.+"
EMAIL_BY_CODE = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED"
PASSWORD_BY_CODE = "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED"  # noqa: S105 - the name of a setting


def setting(name: str, default: Any) -> Any:
    """allauth's settings, of which two depend on who asks."""
    if name == EMAIL_BY_CODE:
        return _is_app(context.request) or _changes_address(context.request)
    if name == PASSWORD_BY_CODE:
        return _is_app(context.request)
    return getattr(settings, name, default)


def _is_app(request: HttpRequest | None) -> bool:
    """Apps cannot open links: they get codes."""
    return request is not None and request.path.startswith(APPS)


def _changes_address(request: HttpRequest | None) -> bool:
    """Who is in and wants another address types a code, so that nobody reserves one that is not theirs.

    Links work for everybody, whoever is signed in where they are opened.
    """
    if request is None or re.match(LINK, request.path):
        return False
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated

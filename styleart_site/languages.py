"""Which language a page is in.

What an account has chosen comes first, then what this browser has chosen (a cookie), then what the browser
asks for (Accept-Language, read by LanguageOfPages), then English. What is stored stays without a language:
codes, slugs and the model's own names, put into words when they are shown.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from .models import User

GetResponse = Callable[[HttpRequest], HttpResponse]


def is_ours(code: str) -> bool:
    """Whether the site speaks this language."""
    return code in dict(settings.LANGUAGES)


def speaking(code: str) -> AbstractContextManager:
    """Speak a language for a while, outside of a request; English where the code names none of ours."""
    return translation.override(code if is_ours(code) else settings.LANGUAGE_CODE)


def remember(user: User, code: str) -> None:
    """Keep what an account has chosen; anything but a language of ours is passed over."""
    if is_ours(code) and user.language != code:
        user.language = code
        user.save(update_fields=["language"])


@receiver(user_logged_in)
def bring_choice_along(request: HttpRequest, user: User, **kwargs) -> None:
    """What a visitor chose before signing in holds for the account, unless that has chosen already."""
    if not user.language:
        remember(user, request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))


class LanguageOfPages(LocaleMiddleware):
    """Django's own, but for pictures that everybody may keep: they are in no language, and one copy does for all."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_picture = response.headers.get("Content-Type", "").startswith("image/")
        if is_picture and "public" in response.headers.get("Cache-Control", ""):
            return response
        return super().process_response(request, response)


def speak_the_language_of_the_account(get_response: GetResponse) -> GetResponse:
    """Pages of somebody signed in are in the language of the account, on every device.

    The cookie follows, so that pictures with words need not ask for the account; they come after pages.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = _language_of_account(request)
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        response = get_response(request)
        has_cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) == chosen
        if chosen and not has_cookie and settings.LANGUAGE_COOKIE_NAME not in response.cookies:
            set_cookie(response, chosen)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["Cookie"])  # the one of the language is read for every page
        return response

    return middleware


def _language_of_account(request: HttpRequest) -> str:
    """Empty where nothing was chosen. Queries what every page does anyway, for pages only."""
    is_picture = request.headers.get("Accept", "").startswith("image/")
    if is_picture or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    user = request.user
    return user.language if user.is_authenticated and is_ours(user.language) else ""


def set_cookie(response: HttpResponse, code: str) -> None:
    """Let the browser remember the language, as Django's own view does."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


def page_address(request: HttpRequest) -> str:
    """Where to come back to after a change of language, query included.

    A page that answers a form is often at an address that shows nothing by itself, so then it is the page
    that the form was on.
    """
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # no browser writes such an address
        return "/"
    if before.netloc != request.get_host():
        return "/"
    return before._replace(scheme="", netloc="", fragment="").geturl()

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from .api.problems import is_api, problem

GetResponse = Callable[[HttpRequest], HttpResponse]

# Pages load nothing from elsewhere and run no inline code. blob: shows a picture before it is sent.
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HUGE_BODY_BYTES = 64 * 1024 * 1024


def know_the_address(get_response: GetResponse) -> GetResponse:
    """Behind a proxy, the client's address is the one that the proxy names; else all would share one limit.

    The last one of X-Forwarded-For is the proxy's word; what stands before it a client may have made up.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if settings.BEHIND_PROXY and told:
            request.META["REMOTE_ADDR"] = told
        return get_response(request)

    return middleware


def content_security_policy(get_response: GetResponse) -> GetResponse:
    """Send the site's Content-Security-Policy unless the view set its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def refuse_huge_bodies(get_response: GetResponse) -> GetResponse:
    """Answer 413 to bodies far beyond the limit before a byte of them is read.

    Bodies a little over the limit are read all the same, so that the form can say what is wrong.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) > max(HUGE_BODY_BYTES, settings.UPLOAD_MAX_BYTES):
            response = _too_large(request)
            response.headers["Connection"] = "close"
            return response
        return get_response(request)

    return middleware


def _too_large(request: HttpRequest) -> HttpResponse:
    return problem("body_too_large") if is_api(request) else render(request, "413.html", status=413)


def say_when_to_come_back(get_response: GetResponse) -> GetResponse:
    """Every 429 says when to try again at the earliest, where the view has not said so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", "60")  # the shortest span of allauth's limits
        return response

    return middleware


def staff_needs_two_factors(get_response: GetResponse) -> GetResponse:
    """Let curators into their room only with an authenticator app, where the settings ask for one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.STAFF_NEEDS_TWO_FACTORS and _is_unguarded_curator(request):
            return render(request, "account/second_factor_needed.html", status=403)
        return get_response(request)

    return middleware


def _is_unguarded_curator(request: HttpRequest) -> bool:
    """Queries only in the curators' room."""
    is_there = request.path.startswith(reverse("admin:index"))
    return is_there and request.user.is_staff and not is_mfa_enabled(request.user)

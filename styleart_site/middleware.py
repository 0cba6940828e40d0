"""What happens to every request, before and after its view."""

import json
import time
from collections.abc import Callable

import structlog
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from . import metrics
from .api.problems import is_api, problem
from .logs import request_id_from, route_of

logger = structlog.get_logger("styleart.requests")
GetResponse = Callable[[HttpRequest], HttpResponse]

# Pages load nothing from elsewhere and run no inline code. blob: shows a picture before it is sent.
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'; worker-src 'self'; manifest-src 'self'"
)
FEATURES = [
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "geolocation",
    "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
]  # fmt: skip
DEFAULT_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": ", ".join(
        f"{feature}=()" for feature in FEATURES
    ),  # a camera's app takes the picture
    "Cross-Origin-Resource-Policy": "same-origin",
}
WORDS = {
    "text/html",
    "text/plain",
    "text/csv",
    "application/json",
    "application/problem+json",
    "application/xml",
    "application/vnd.oai.openapi",
    "image/svg+xml",
}
HUGE_BODY_BYTES = 64 * 1024 * 1024
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
UNTOLD = (
    "/static/",
    "/healthz",
    "/readyz",
    "/metrics",
)  # files come by the dozen, and machines ask all the time


def tell_of_requests(get_response: GetResponse) -> GetResponse:
    """Give each request an id that its log lines, its tasks and its answer carry; log and measure it.

    The line tells the route, not the address: addresses hold secret links and what people search for.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request_id = request_id_from(request.headers.get("X-Request-ID"))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = get_response(request)
        seconds = time.perf_counter() - started
        response.headers["X-Request-ID"] = request_id
        view = request.resolver_match.view_name if request.resolver_match else ""
        if not request.path.startswith("/static/"):
            metrics.note_request(view, response.status_code, seconds)
        if response.status_code >= 400 or not request.path.startswith(UNTOLD):
            logger.info("answered", method=_method(request), route=route_of(request),
                        status=response.status_code, ms=round(seconds * 1000))  # fmt: skip
        return response

    return middleware


def _method(request: HttpRequest) -> str:
    """One of those that HTTP knows; whatever else somebody sent stays out of the log."""
    return request.method if request.method in METHODS else "other"


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


def safe_headers(get_response: GetResponse) -> GetResponse:
    """Say what browsers shall refuse, on every answer, unless the view said so itself.

    Pages need no nonces: no script or style stands in them.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in DEFAULT_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


def reload_to_sign_in(get_response: GetResponse) -> GetResponse:
    """Where a part of a page asks for itself and nobody is signed in any more, let the whole page ask.

    htmx would follow the redirect and hang the page for signing in into that part.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.htmx and response.status_code == 302:
            doors = (reverse(settings.LOGIN_URL), reverse("admin:login"))
            if response.url.startswith(doors):
                return HttpResponse(headers={"HX-Refresh": "true", "Cache-Control": "no-store"})
        return response

    return middleware


def keep_no_page_about_an_account(get_response: GetResponse) -> GetResponse:
    """Let browsers forget allauth's pages: after signing out, Back would show codes and addresses once more.

    The pages of our own say so themselves; those of the catalogue tell no more than who was there.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/accounts/"):
            add_never_cache_headers(response)
        return response

    return middleware


def mark_what_may_be_kept_offline(get_response: GetResponse) -> GetResponse:
    """Mark pages that everybody sees alike, for the service worker (static/worker.js): it keeps no others.

    These are pages of the catalogue and about the site, for visitors, without anybody's words or messages.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.status_code == 200 and "text/html" in response.headers.get("Content-Type", "")
        if is_page and _is_alike_for_all(
            request
        ):  # pictures ask nobody who they are: shared caches keep them
            response.headers["Keep-Offline"] = "yes"
        return response

    return middleware


def _is_alike_for_all(request: HttpRequest) -> bool:
    match = request.resolver_match
    is_public = match is not None and (match.namespace == "gallery" or match.view_name == "about")
    if not is_public or request.method != "GET" or request.GET or request.user.is_authenticated:
        return False
    return not request._messages.used and not request.htmx


class CompressWords(GZipMiddleware):
    """Send pages and other words compressed; pictures and archives are that already and keep their length.

    Of BREACH see docs/decisions/0006-compressed-pages.md.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if response.streaming or kind not in WORDS:
            return response
        return super().process_response(request, response)


class PermanentRedirectWithBody(HttpResponsePermanentRedirect):
    status_code = 308


class AddSlashes(CommonMiddleware):
    """Lead addresses that lack their last slash to those that have it, with the method and the body.

    At a 301 programs ask anew with GET, and what they sent is lost without a word.
    """

    response_redirect_class = PermanentRedirectWithBody


def refuse_huge_bodies(get_response: GetResponse) -> GetResponse:
    """Answer 413 to bodies far beyond the limit, and 411 to those in chunks, before a byte of them is read.

    Bodies a little over the limit are read all the same, so that the form can say what is wrong. Of those in
    chunks Django would read nothing. Only programs send such, and nginx puts the chunks together before.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > max(HUGE_BODY_BYTES, settings.UPLOAD_MAX_BYTES):
            response = _too_large(request)
        elif "Transfer-Encoding" in request.headers and not length:
            response = problem("length_required")
        else:
            return get_response(request)
        response.headers["Connection"] = "close"
        return response

    return middleware


def _too_large(request: HttpRequest) -> HttpResponse:
    return problem("body_too_large") if is_api(request) else render(request, "413.html", status=413)


def refuse_unreadable_json(get_response: GetResponse) -> GetResponse:
    """Answer 400 to apps that sign in with what allauth would fall over: half characters, endless brackets."""

    def middleware(request: HttpRequest) -> HttpResponse:
        is_from_app = request.path.startswith("/_allauth/") and request.method != "GET"
        if is_from_app and request.body and not _is_readable(request.body):
            return problem("parse_error")
        return get_response(request)

    return middleware


def _is_readable(body: bytes) -> bool:
    """Whether this is JSON, all of whose text can be written as UTF-8."""
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        return False
    return True


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

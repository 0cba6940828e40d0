"""What the API says when it cannot do what was asked: `application/problem+json`, as RFC 9457 has it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError
from django.template import loader
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.views import set_rollback

from gallery.problems import Problem

from ..logs import current_request_id

PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"

# Code to status and title. Programs rely on them: add to them, change none. docs/api.md explains each.
CODES = {
    "invalid_request": (400, _("Something in the request is not as it should be")),
    "invalid_parameter": (400, _("A parameter is unknown or out of its range")),
    "invalid_header": (400, _("A header is not as it should be")),
    "parse_error": (400, _("The body cannot be read")),
    "invalid_image": (400, _("This is not a picture that can be opened")),
    "too_many_pixels": (400, _("The picture has too many pixels")),
    "not_authenticated": (401, _("Sign in first")),
    "authentication_failed": (401, _("The token does not open the door")),
    "permission_denied": (403, _("Not allowed")),
    "not_found": (404, _("Not found")),
    "no_heatmap": (404, _("There is no such map")),
    "no_picture": (404, _("There is no picture")),
    "method_not_allowed": (405, _("This cannot be done here")),
    "not_acceptable": (406, _("Nothing here fits the Accept header")),
    "no_answer_yet": (409, _("There is no answer yet")),
    "not_failed": (409, _("It has not failed")),
    "export_failed": (409, _("The export could not be packed")),
    "idempotency_in_progress": (409, _("The first request with this key is still on its way")),
    "length_required": (411, _("The body does not say how long it is")),
    "precondition_failed": (412, _("It has changed meanwhile")),
    "image_too_large": (413, _("The picture has too many bytes")),
    "body_too_large": (413, _("The body has too many bytes")),
    "unsupported_media_type": (415, _("The body is of a kind that is not read here")),
    "idempotency_key_reused": (422, _("The key was used for another request")),
    "throttled": (429, _("Too many requests")),
    "quota_exceeded": (429, _("The day's pictures are used up")),
    "internal_error": (500, _("Something went wrong on our side")),
    "unavailable": (503, _("The site does not answer just now")),
    "no_room": (507, _("There is no room left")),
}
SENTENCES = {
    "not_found": _("There is nothing here, or it is not yours."),
    "length_required": _("Send the body with its Content-Length, and not in chunks."),
    "body_too_large": _("This is more than we read. /api/v1/limits/ says how much may be sent."),
    "internal_error": _("Something went wrong on our side. Nothing is lost; try again in a moment."),
    "unavailable": _("Nothing is lost; try again in a moment."),
    "no_room": _(
        "Our disk is full, and nothing of this was kept. Nothing you sent before is lost; try again later."
    ),
    "invalid_request": _("This request cannot be understood."),
}
RENAMED = {"invalid": "invalid_request"}  # codes of Django REST framework


def problem(code: str, detail: str = "", *, errors: Iterable[dict] = (), **headers: str) -> HttpResponse:
    """An answer that says what is wrong. `errors` name fields, each with code and sentence."""
    status, title = CODES[code]
    body = {
        "type": f"urn:styleart:problem:{code}",
        "title": str(title),
        "status": status,
        "code": code,
        "detail": str(detail or SENTENCES.get(code, f"{title}.")),
        "errors": list(errors),
    }
    response = HttpResponse(json.dumps(body, ensure_ascii=False), CONTENT_TYPE, status, headers=headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def answer(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The problem for an exception of a view; None for faults of ours, which reach the log and become a 500."""
    known = _known(error)
    if known is None:
        return None
    set_rollback()
    return known


def _known(error: Exception) -> HttpResponse | None:
    match error:
        case Problem():
            return problem(error.code, str(error.detail), errors=error.errors, **error.headers)
        case exceptions.Throttled():
            wait_s = max(int(error.wait or 1), 1)
            told = gettext("Too many requests. Try again in %(seconds)d s.") % {"seconds": wait_s}
            return problem("throttled", told, **{"Retry-After": str(wait_s)})
        case exceptions.ValidationError():
            return _invalid(error)
        case exceptions.APIException():
            code = RENAMED.get(error.default_code, error.default_code)
            header = getattr(error, "auth_header", None)
            return problem(code, str(error.detail), **({"WWW-Authenticate": header} if header else {}))
        case Http404():
            return problem("not_found")
        case PermissionDenied():
            return problem("permission_denied")
        case RequestDataTooBig():
            return problem("body_too_large")
        case SuspiciousOperation():
            return problem("invalid_request")
    return None


def _invalid(error: exceptions.ValidationError) -> HttpResponse:
    code = RENAMED.get(error.default_code, error.default_code)
    errors = list(_flat(error.detail))
    return problem(code, " ".join(dict.fromkeys(one["detail"] for one in errors)), errors=errors)


def _flat(detail: Any, field: str = "") -> Iterator[dict]:
    """Every error of a tree of errors, with the name of its field."""
    if isinstance(detail, dict):
        for name, below in detail.items():
            yield from _flat(below, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list):
        for below in detail:
            yield from _flat(below, field)
    else:
        yield {"field": field or "non_field_errors", "code": detail.code, "detail": str(detail)}


# What Django itself answers, under /api/ in our form and elsewhere with its pages


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(PREFIX)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem("invalid_request") if is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem("permission_denied") if is_api(request) else defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem("not_found") if is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The request's id is on the page and in the header, so that people can quote what is in the log."""
    if is_api(request):
        return problem("internal_error")
    page = loader.get_template("500.html")
    return HttpResponseServerError(page.render({"request_id": current_request_id()}))

"""`Idempotency-Key`: a request that is sent again, because its answer got lost, is done once."""

import hashlib
import json
import time
from collections.abc import Callable

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from gallery.problems import Problem
from styleart_site.models import IdempotencyKey

from . import problems

LONGEST_KEY = 255
LONGEST_WAIT_S = 10
PAUSES_S = (0.05, 0.1, 0.2, 0.4)  # then the last one again and again
KEPT_HEADERS = ("Location", "Retry-After", "Preference-Applied")
NOT_KEPT = {401, 429}  # another try may do better


def once(request: Request, work: Callable[[], Response]) -> HttpResponse:
    """The answer of `work`, or the first answer to the same request with the same key within a day.

    `work` answers with a prediction; once that is deleted its answer is, too, and the key is new.
    Requests that come while the first is on its way wait for it. Raises Problem when the key was used for
    another request, or the first takes longer than 10 s.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return work()
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Problem(
            "invalid_header", _("An Idempotency-Key has 1 to %d printable ASCII signs.") % LONGEST_KEY
        )
    fingerprint = fingerprint_of(request)
    end, pauses, pause_s = time.monotonic() + LONGEST_WAIT_S, iter(PAUSES_S), 0.0
    while True:
        row, is_mine = IdempotencyKey.objects.begin(request.user, key, fingerprint)
        if is_mine:
            return _do(row, work)
        if row.fingerprint != fingerprint:
            raise Problem(
                "idempotency_key_reused", _("This key was used for another request. Make a new one.")
            )
        if row.status is not None:
            return _again(row)
        if time.monotonic() > end:
            raise Problem("idempotency_in_progress", _("Ask again in a moment."), **{"Retry-After": "1"})
        pause_s = next(pauses, pause_s)
        time.sleep(pause_s)


def fingerprint_of(request: Request) -> str:
    """What was asked, whatever the sender's boundaries and file names: 64 hexadecimal digits."""
    digest = hashlib.sha256(f"{request.method} {request.path}".encode())
    sent = request.data.lists() if request.data else ()  # without a body there is a plain dict
    for name, values in sorted(sent):
        for value in values:
            digest.update(json.dumps([name, _digest_of(value)]).encode())
    return digest.hexdigest()


def _digest_of(value: str | UploadedFile) -> str:
    if isinstance(value, str):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"file {digest.hexdigest()}"


def _do(row: IdempotencyKey, work: Callable[[], Response]) -> HttpResponse:
    """Work, and keep the answer; a fault of ours, or a limit, leaves the key free for another try."""
    try:
        response = work()
    except APIException as error:
        response = problems.answer(error, {})
        if response.status_code in NOT_KEPT or response.status_code >= 500:
            row.delete()
            raise
    except BaseException:
        row.delete()
        raise
    row.status, row.body = response.status_code, _body_of(response)
    row.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    row.prediction_id = response.data["id"] if isinstance(response, Response) else None
    row.save(update_fields=["status", "body", "headers", "prediction"])
    return response


def _body_of(response: HttpResponse) -> str:
    """JSON."""
    if isinstance(response, Response):
        return JSONRenderer().render(response.data).decode()
    return response.content.decode()


def _again(row: IdempotencyKey) -> HttpResponse:
    body = json.loads(row.body)
    if row.status < 400:
        response = Response(body, status=row.status)
    else:
        response = problems.problem(body["code"], body["detail"], errors=body["errors"])
    for name, value in row.headers.items():
        response.headers[name] = value
    response.headers["Idempotency-Replayed"] = "true"
    return response

"""What the site answers while something it needs is away: the database, or room on the disk."""

import sys

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from gallery.room import is_full
from gallery.stored import StoreAway

from .api import problems

RETRY_AFTER_S = {503: 5, 507: 60}
FOR_PROGRAMS = (problems.PREFIX, "/_allauth/")
CODES = {503: "unavailable", 507: "no_room"}


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what no view has caught: 503 or 507 where waiting helps, else 500.

    Django calls this while it handles the exception, also one of a middleware. Asks nothing of the database.
    """
    status = status_of(sys.exc_info()[1])
    if status == 500:
        return problems.server_error(request)
    again = {"Retry-After": str(RETRY_AFTER_S[status])}
    if request.path.startswith(FOR_PROGRAMS):
        return problems.problem(CODES[status], **again)
    # Without the request: nothing may look for a user or for messages now.
    page = render_to_string(f"{status}.html")
    return HttpResponse(page, status=status, headers=again | {"Cache-Control": "no-store"})


def status_of(error: BaseException | None) -> int:
    """503 when the database or the bucket is away, 507 when the disk is full, 500 for a fault of ours."""
    if is_full(error):
        return 507
    return 503 if isinstance(error, StoreAway) or _is_database_away(error) else 500


def _is_database_away(error: BaseException | None) -> bool:
    """Whether PostgreSQL could not be asked: down, starting, out of connections, or gone in the middle."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    # Of a connection that breaks while rows arrive, psycopg2 says just this, without a more exact class.
    return type(error) is DatabaseError and error.__cause__ is not None

"""What is answered while the database is away, as far as one process can see it."""

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import RequestFactory

from styleart_site import outages


def answer(path: str, error: Exception):
    try:
        raise error
    except type(error):
        return outages.server_error(RequestFactory().get(path))


def broken_off() -> DatabaseError:
    """As psycopg2 has it when the connection breaks while rows arrive."""
    error = DatabaseError("error with status PGRES_TUPLES_OK and no message from the libpq")
    error.__cause__ = RuntimeError()
    return error


@pytest.mark.parametrize("error", [OperationalError("starting up"), InterfaceError("closed"), broken_off()])
def test_without_the_database_the_page_needs_no_query(error):  # no database is allowed in this test
    response = answer("/", error)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "Nothing you sent before is lost" in response.content.decode()
    assert "site.css" in response.content.decode()


def test_programs_get_a_problem():
    response = answer("/api/v1/predictions/", OperationalError("starting up"))

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert b'"code": "unavailable"' in response.content


@pytest.mark.parametrize(
    "error", [ValueError(), OSError("what is this?"), DatabaseError("did not affect any rows")]
)
def test_a_fault_of_ours_stays_one(error):
    assert answer("/", error).status_code == 500

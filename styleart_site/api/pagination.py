"""Pages of a list by its keys: page 5,000 comes as fast as page 1, and rows that come or go shift nothing."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from gallery.problems import InvalidParameters

if TYPE_CHECKING:  # it imports this module
    from gallery.rest import Resource

WHOLE = re.compile("[0-9]{1,9}")
PAGE_SIZE = 24
PAGE_SIZE_MAX = 100


@dataclass(frozen=True)
class Place:
    """Just after the row with these keys, or just before it."""

    keys: tuple[Any, ...]
    is_before: bool


class CursorPages(BasePagination):
    """Pages in the order that the view names as `ordering`: fields that are never empty, the last one unique."""

    query_parameters = ("cursor", "page_size")

    def paginate_queryset(self, rows: QuerySet, request: Request, view: "Resource") -> Sequence[Model]:
        self._request, self._order = request, view.ordering
        size, place = _size(request), self._place(rows.model)
        is_backwards = place is not None and place.is_before
        way = [_turned(name) for name in self._order] if is_backwards else self._order
        if place is not None:
            rows = rows.filter(_beyond(way, place.keys))
        found = list(rows.order_by(*way)[: size + 1])
        has_more, page = len(found) > size, found[:size]
        if is_backwards:
            page.reverse()
        self._has_next = bool(page) and (is_backwards or has_more)
        self._has_previous = bool(page) and (has_more if is_backwards else place is not None)
        self._page = page
        return page

    def get_paginated_response(self, data: Sequence[dict]) -> Response:
        following = self._address(self._page[-1], is_before=False) if self._has_next else None
        previous = self._address(self._page[0], is_before=True) if self._has_previous else None
        return Response({"next": following, "previous": previous, "results": data})

    def _address(self, row: Model, *, is_before: bool) -> str:
        keys = [_attribute(row._meta.model, name).value_to_string(row) for name in self._order]
        packed = json.dumps([int(is_before), *keys], separators=(",", ":")).encode()
        cursor = urlsafe_b64encode(packed).decode().rstrip("=")
        return replace_query_param(self._request.build_absolute_uri(), "cursor", cursor)

    def _place(self, model: type[Model]) -> Place | None:
        cursor = self._request.query_params.get("cursor")
        if cursor is None:
            return None
        try:
            is_before, *texts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            keys = [_read(_attribute(model, n), text) for n, text in zip(self._order, texts, strict=True)]
            return Place(tuple(keys), bool(is_before))
        except (ValueError, TypeError, OverflowError, RecursionError, ValidationError):
            raise _wrong("cursor", _("This is no cursor of this list. Follow next and previous.")) from None

    def get_schema_operation_parameters(self, view: "Resource") -> list[dict]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "Where the page stands; follow `next` and `previous` instead of making one.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": PAGE_SIZE},
            },
        ]

    def get_paginated_response_schema(self, schema: dict) -> dict:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }


def _size(request: Request) -> int:
    text = request.query_params.get("page_size", str(PAGE_SIZE))
    if not WHOLE.fullmatch(text) or not 1 <= int(text) <= PAGE_SIZE_MAX:
        raise _wrong(
            "page_size",
            _("This is a whole number from {least} to {most}.").format(least=1, most=PAGE_SIZE_MAX),
        )
    return int(text)


def _wrong(name: str, sentence: str) -> InvalidParameters:
    return InvalidParameters({name: [ErrorDetail(sentence, "invalid")]})


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _attribute(model: type[Model], name: str) -> Field:
    name = name.lstrip("-")
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _read(field: Field, text: str) -> Any:
    """A key from its text. Raises ValidationError, and ValueError where no database would compare with it."""
    if not isinstance(text, str) or "\0" in text:
        raise ValueError(text)
    text.encode()  # UnicodeEncodeError is a ValueError
    value = field.to_python(text)
    if isinstance(value, datetime):
        value = value.astimezone(UTC)  # PostgreSQL knows no zones beyond 16 hours
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError(text)
    return value


def _beyond(way: Sequence[str], keys: Sequence[Any]) -> Q:
    """Rows behind these keys. The first condition alone tells an index where to begin."""
    (name, *names), (key, *others) = way, keys
    side, name = ("lt" if name.startswith("-") else "gt"), name.lstrip("-")
    behind = Q(**{f"{name}__{side}": key})
    if not names:
        return behind
    return Q(**{f"{name}__{side}e": key}) & (behind | _beyond(names, others))

"""Pages of a list by its keys: page 5,000 comes as fast as page 1, and an address keeps showing the same works.

A cursor in the address says after or before which row a page stands. Readers need not understand it; one
that nobody can read counts as not given.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Page:
    """Some rows of a list. `after` and `before` are cursors for its neighbours, empty where there are none.

    `number` is what it was when the cursor was made: rows that came since are not counted.
    """

    rows: Sequence[Any]
    number: int
    before: str = ""
    after: str = ""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def has_other_pages(self) -> bool:
        return bool(self.before or self.after)


def page_of(rows: QuerySet, asked: Mapping[str, str], *, order: Sequence[str], size: int) -> Page:
    """The page that a request's `after` or `before` asks for, else the first one. One query, seldom two.

    Where nothing is left behind a cursor, the first page is shown.

    `order` names fields or annotations that are never empty; a minus turns one round. The last must be unique.
    """
    for name in ("after", "before"):
        if (place := _read(asked.get(name, ""), len(order))) and (
            page := _turned(rows, order, size, name, place)
        ):
            return page
    return _page(list(_sorted(rows, order)[: size + 1]), order, size, number=1, is_first=True)


@dataclass(frozen=True)
class Count:
    """How many rows there are, or at least are where not all were counted."""

    number: int
    is_all: bool = True


def count_up_to(rows: QuerySet, most: int) -> Count:
    """Count rows, but no more than `most`: beyond, nobody needs the number and everybody would wait for it."""
    number = rows.order_by()[: most + 1].count()
    return Count(min(number, most), is_all=number <= most)


def _turned(
    rows: QuerySet, order: Sequence[str], size: int, name: str, place: tuple[int, Key]
) -> Page | None:
    """The page after or before a key; none where too few rows are left before it, or its values do not fit."""
    number, key = place
    way = order if name == "after" else [_reversed(one) for one in order]
    try:
        found = list(_sorted(rows.filter(_beyond(way, key)), way)[: size + 1])
    except (ValueError, TypeError):  # a cursor of another list
        return None
    if name == "after":
        return _page(found, order, size, number=max(number, 2), is_first=False)
    if len(found) <= size:
        return None
    rest = found[size - 1 :: -1]
    return Page(
        rest,
        max(number, 2),
        cursor(number - 1, _key(rest[0], order)),
        cursor(number + 1, _key(rest[-1], order)),
    )


def _page(found: list, order: Sequence[str], size: int, *, number: int, is_first: bool) -> Page:
    """A page of rows that were read forwards, with one more where another page follows."""
    rows, more = found[:size], found[size:]
    before = "" if is_first or not rows else cursor(number - 1, _key(rows[0], order))
    return Page(rows, number, before, cursor(number + 1, _key(rows[-1], order)) if more else "")


def _sorted(rows: QuerySet, order: Sequence[str]) -> QuerySet:
    return rows.order_by(*order)


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], key: Key) -> Q:
    """Rows behind a key. The first condition alone tells an index where to begin."""
    name, value = order[0].lstrip("-"), key[0]
    way = "lt" if order[0].startswith("-") else "gt"
    behind = Q(**{f"{name}__{way}": value})
    if len(order) == 1:
        return behind
    return Q(**{f"{name}__{way}e": value}) & (behind | _beyond(order[1:], key[1:]))


def _key(row: Model, order: Sequence[str]) -> Key:
    return tuple(getattr(row, name.lstrip("-")) for name in order)


def cursor(number: int, key: Key) -> str:
    """Name the row with this key, for the address of page `number`."""
    text = json.dumps([number, *key], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(text: str, length: int) -> tuple[int, Key] | None:
    """Page number and key of a cursor; None when it is not one of ours."""
    try:
        values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):  # not base64, UTF-8 or JSON
        return None
    if not isinstance(values, list) or len(values) != length + 1 or not all(map(_is_plain, values)):
        return None
    number, *key = values
    return (number, tuple(key)) if isinstance(number, int) else None


def _is_plain(value: Any) -> bool:
    """Whether the database can compare with it: a number of 63 bits, or text without NUL."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < 2**63
    return isinstance(value, str) and "\0" not in value and _is_encodable(value)


def _is_encodable(text: str) -> bool:
    """Whether no half of a surrogate pair is in it."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)

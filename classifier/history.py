"""Pages of one's history, by keyset: the next page begins after a place, so that page 400 is as fast as page 1."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from .models import CERTAINTY_RANK, Prediction

PAGE_SIZE = 24


def moment(text: str) -> datetime:
    """A moment from its text, in UTC. Raises ValueError when it names no zone, OverflowError beyond all years."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"{text!r} names no zone")
    return read.astimezone(UTC)  # PostgreSQL knows no zones beyond 16 hours


@dataclass(frozen=True)
class Order:
    """One way to sort: by `key`, then by id, both in the same direction. An index of Prediction answers it."""

    label: str
    key: object  # a database expression that is never NULL
    is_descending: bool
    read: Callable[[str], object]  # the key from its text in a cursor


ORDERS = {
    "newest": Order(gettext_lazy("Newest first"), F("created_at"), True, moment),
    "oldest": Order(gettext_lazy("Oldest first"), F("created_at"), False, moment),
    "surest": Order(gettext_lazy("Surest first"), CERTAINTY_RANK, True, float),
    "least-sure": Order(gettext_lazy("Least sure first"), CERTAINTY_RANK, False, float),
}
BY_TRASHING = Order(gettext_lazy("Last deleted first"), F("trashed_at"), True, moment)


@dataclass(frozen=True)
class Place:
    """Between two predictions: just after one, or just before it when `is_before`."""

    key: object
    pk: UUID
    is_before: bool = False

    def __str__(self) -> str:
        key = self.key.isoformat() if isinstance(self.key, datetime) else repr(self.key)
        packed = json.dumps([key, str(self.pk), int(self.is_before)], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, cursor: str, order: Order) -> "Place | None":
        """The place a cursor names; None where it names none, or one of another order."""
        try:
            packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            key, pk, is_before = json.loads(packed)
            return cls(order.read(key), UUID(pk), bool(is_before))
        except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return None


@dataclass(frozen=True)
class Page:
    """Some predictions, and the cursors of the pages beside; an empty one when there is none."""

    predictions: Sequence[Prediction]
    next: str = ""
    previous: str = ""

    def __iter__(self):
        return iter(self.predictions)

    def __len__(self) -> int:
        return len(self.predictions)


def page_of(predictions, order: Order, *, cursor: str = "", size: int = PAGE_SIZE) -> Page:
    """The page that a cursor leads to; the first one where nothing is left behind it, and without a sound one.

    One query, or two.
    """
    place = Place.parse(cursor, order) if cursor else None
    is_backwards = place is not None and place.is_before
    is_descending = order.is_descending != is_backwards
    rows = predictions.annotate(place=order.key)
    if place is not None:
        rows = rows.filter(_beyond(place, is_descending=is_descending))
    sign = "-" if is_descending else ""
    found = list(rows.order_by(f"{sign}place", f"{sign}pk")[: size + 1])
    if place is not None and not found:
        return page_of(predictions, order, size=size)
    has_more, found = len(found) > size, found[:size]
    if is_backwards:
        found.reverse()
    has_next, has_previous = (True, has_more) if is_backwards else (has_more, place is not None)
    return Page(
        found,
        next=str(Place(found[-1].place, found[-1].pk)) if found and has_next else "",
        previous=str(Place(found[0].place, found[0].pk, is_before=True)) if found and has_previous else "",
    )


def _beyond(place: Place, *, is_descending: bool) -> Q:
    """Rows that come after a place. The first condition, implied by the second, is the one an index can use."""
    side = "lt" if is_descending else "gt"
    later = Q(**{f"place__{side}": place.key}) | Q(place=place.key, **{f"pk__{side}": place.pk})
    return Q(**{f"place__{side}e": place.key}) & later

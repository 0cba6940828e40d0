"""My styles: what somebody brought over time, as numbers and as a drawing."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import sqrt

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.translation import gettext

from gallery.models import Style

from .models import Prediction, Viewer

MOST_COLUMNS = 12
LANE_PX = 46
AXIS_PX = 26
MOST_RADIUS_PX = 11
LEAST_RADIUS_PX = 2.5
INSET_PERCENT = 4  # so that the circles of the first and last column are not cut off


@dataclass(frozen=True)
class Column:
    """A stretch of time on the drawing: a month, a quarter or a year. `x` is an SVG length."""

    label: str
    name: str
    x: str


@dataclass(frozen=True)
class Dot:
    """How many pictures of a style came in a column. Lengths in pixels, `x` an SVG length."""

    count: int
    column: Column
    x: str
    y: int
    radius: float


@dataclass(frozen=True)
class Lane:
    """One style over time. `counts` has a number for every column."""

    style: Style
    total: int
    counts: Sequence[int]
    dots: Sequence[Dot]
    name_y: int
    line_y: int

    @property
    def in_words(self) -> str:
        """ "Cubism, 7"."""
        return f"{self.style.label}, {self.total}"


class Statistics:
    """What somebody's pictures were, by the newest answer to each; not what is in the trash. Three queries."""

    def __init__(self, viewer: Viewer) -> None:
        done = Prediction.objects.visible_to(viewer).filter(status=Prediction.Status.DONE)
        asked_again = done.filter(asked_again_from__isnull=False).values("asked_again_from")
        self._done = done.exclude(pk__in=asked_again)

    @cached_property
    def totals(self) -> dict[str, int]:
        """Counts of the whole: pictures, surely answered ones, those said right, and those judged at all."""
        return self._done.aggregate(
            pictures=Count("pk"),
            sure=Count("pk", filter=Q(certainty=Prediction.Certainty.SURE)),
            paintings=Count("pk", filter=~Q(certainty=Prediction.Certainty.NOT_A_PAINTING)),
            judged=Count("pk", filter=Q(feedback_style__isnull=False)),
            right=Count("pk", filter=Q(feedback_style=F("style"))),
        )

    @cached_property
    def _months(self) -> dict[int, Counter]:
        """Style id to months with their counts."""
        paintings = self._done.exclude(certainty=Prediction.Certainty.NOT_A_PAINTING)
        rows = paintings.filter(style__isnull=False).order_by()
        rows = (
            rows.annotate(month=TruncMonth("created_at")).values_list("style", "month").annotate(Count("pk"))
        )
        months: dict[int, Counter] = defaultdict(Counter)
        for style_id, month, count in rows:
            months[style_id][month.date()] += count
        return months

    @cached_property
    def _stretch(self) -> int:
        """Months in a column: 1, 3, or so many whole years that twelve columns are enough."""
        first, last = self._ends
        span = _month_number(last) - _month_number(first) + 1
        if span <= MOST_COLUMNS:
            return 1
        if len(_firsts(first, last, 3)) <= MOST_COLUMNS:
            return 3
        return 12 * -(-(last.year - first.year + 1) // MOST_COLUMNS)

    @property
    def _ends(self) -> tuple[date, date]:
        months = [month for counts in self._months.values() for month in counts]
        return min(months), max(months)

    @cached_property
    def columns(self) -> list[Column]:
        """The stretches of time from the first picture to the last, oldest first; none without pictures."""
        if not self._months:
            return []
        firsts = _firsts(*self._ends, self._stretch)
        room = 100 - 2 * INSET_PERCENT
        step = room / max(len(firsts) - 1, 1)
        return [
            Column(*_names(first, self._stretch), f"{INSET_PERCENT + number * step:.2f}%")
            for number, first in enumerate(firsts)
        ]

    @cached_property
    def lanes(self) -> list[Lane]:
        """One for each style that came, in the order of art history."""
        styles = Style.objects.filter(pk__in=self._months).order_by(
            F("position").asc(nulls_last=True), "name"
        )
        counts = {style: self._counts(self._months[style.pk]) for style in styles}
        most = max((max(numbers) for numbers in counts.values()), default=1)
        return [
            self._lane(place, style, numbers, most) for place, (style, numbers) in enumerate(counts.items())
        ]

    def _counts(self, months: Counter) -> list[int]:
        """Counts by column."""
        start = _month_number(_firsts(*self._ends, self._stretch)[0])
        numbers = [0] * len(self.columns)
        for month, count in months.items():
            numbers[(_month_number(month) - start) // self._stretch] += count
        return numbers

    def _lane(self, place: int, style: Style, counts: list[int], most: int) -> Lane:
        line_y = place * LANE_PX + LANE_PX - MOST_RADIUS_PX - 2
        dots = [
            Dot(
                count,
                column,
                column.x,
                line_y,
                round(max(MOST_RADIUS_PX * sqrt(count / most), LEAST_RADIUS_PX), 1),
            )
            for column, count in zip(self.columns, counts, strict=True)
            if count
        ]
        return Lane(style, sum(counts), counts, dots, name_y=place * LANE_PX + 14, line_y=line_y)

    @property
    def in_words(self) -> str:
        """What the drawing shows, for those who do not see it: "Cubism, 7; Realism, 2"."""
        return "; ".join(lane.in_words for lane in self.lanes)

    @property
    def favourite(self) -> Lane | None:
        """The style that came most often."""
        return max(self.lanes, key=lambda lane: lane.total, default=None)

    @property
    def depth_px(self) -> int:
        return len(self.lanes) * LANE_PX

    @property
    def height_px(self) -> int:
        return self.depth_px + AXIS_PX

    @property
    def text_y(self) -> int:
        return self.height_px - 6

    @property
    def ticks(self) -> list[Column]:
        """The columns that the axis names: all of few, else the first, the middle and the last."""
        return (
            self.columns
            if len(self.columns) <= 4
            else [self.columns[i] for i in (0, len(self.columns) // 2, -1)]
        )


def _month_number(month: date) -> int:
    return month.year * 12 + month.month - 1


def _firsts(first: date, last: date, stretch: int) -> list[date]:
    """The first months of all stretches between two months. Quarters and years begin where calendars do."""
    start = _month_number(first) // stretch * stretch if stretch <= 12 else first.year * 12
    numbers = range(start, _month_number(last) + 1, stretch)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _names(first: date, stretch: int) -> tuple[str, str]:
    """What a column is called on the axis and in a sentence: ("May 26", "May 2026")."""
    if stretch == 1:
        return date_format(first, "M y"), date_format(first, "YEAR_MONTH_FORMAT")
    if stretch == 3:
        facts = {"quarter": first.month // 3 + 1, "year": first.year}
        label = gettext("Q%(quarter)s %(short_year)s") % (facts | {"short_year": f"{first:%y}"})
        return label, gettext("quarter %(quarter)s of %(year)s") % facts
    if stretch == 12:
        return str(first.year), str(first.year)
    years = f"{first.year}–{first.year + stretch // 12 - 1}"
    return years, years

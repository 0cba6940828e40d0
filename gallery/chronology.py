"""When each style was painted, told by the works of the catalogue: hills of years, one behind the other.

Drawn from the counts that the database keeps by itself (`gallery.tallies`): a few thousand small rows, however
many works there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from urllib.parse import urlencode

from django.db.models import Count, F, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import ngettext

from .models import Artist, Style
from .tallies import StyleYear

DECADE = 10
HILL_WIDTH, HILL_HEIGHT = 1000, 100  # a hill's own units; it is stretched to the page
BANDWIDTH_YEARS = 7  # of the Gaussian that makes a hill of decades
STEP_YEARS = 4
MARGIN_YEARS = 30  # room for a hill's feet
EARLIEST, LATEST_START = 1200, 1400  # where the axis may begin

Decades = Mapping[int, int]  # first year of a decade to the number of works


@dataclass(frozen=True)
class Decade:
    """One decade of a style: works, and where it stands in percent of the axis."""

    years: str
    artwork_count: int
    words: str  # all of it, for those who do not see the hill
    address: str  # of the list of its works
    x: str
    width: str
    is_highest: bool


@dataclass(frozen=True)
class Ridge:
    """A style with its hill; `path` is empty where no work of it has a year that is on the axis."""

    style: Style
    decades: Sequence[Decade]
    path: str
    first: int | None
    middle: int | None
    last: int | None
    span_x: str  # of the years that books give, in percent
    span_width: str

    @cached_property
    def artwork_count(self) -> int:
        """Works with a year."""
        return sum(decade.artwork_count for decade in self.decades)

    @property
    def highest(self) -> Decade | None:
        return next((decade for decade in self.decades if decade.is_highest), None)


@dataclass(frozen=True)
class Tick:
    label: str
    x: str


class Chronology:
    """The ridges of some styles on one axis of years. Two queries at most."""

    def __init__(self, styles: Iterable[Style]) -> None:
        self._styles = list(styles)
        self._decades = _decades_of(self._styles)
        self._start, self._end = self._axis()

    @cached_property
    def ridges(self) -> list[Ridge]:
        return [self._ridge(style) for style in self._styles]

    @property
    def artwork_count(self) -> int:
        """Works with a year, of all these styles."""
        return sum(sum(decades.values()) for decades in self._decades.values())

    @property
    def ticks(self) -> list[Tick]:
        """A mark at every full century."""
        first = -(-self._start // 100) * 100
        return [Tick(str(year), self._percent(year)) for year in range(first, self._end, 100)]

    def _axis(self) -> tuple[int, int]:
        """First and last year: of the works, and of the years that books give."""
        years = [year for decades in self._decades.values() for year in decades]
        years += [style.start_year for style in self._styles if style.start_year is not None]
        start = min([*years, LATEST_START]) - MARGIN_YEARS
        return max(start, EARLIEST), timezone.localdate().year

    def _place(self, year: float) -> float:
        """Where a year stands, from 0 to 1."""
        return min(max((year - self._start) / (self._end - self._start), 0), 1)

    def _percent(self, year: float) -> str:
        return f"{100 * self._place(year):.2f}%"

    def _width(self, start: int, end: int) -> str:
        return f"{100 * (self._place(end) - self._place(start)):.2f}%"

    def _ridge(self, style: Style) -> Ridge:
        decades = self._decades.get(style.pk, {})
        start, end = style.start_year, style.end_year or self._end
        return Ridge(
            style=style,
            decades=self._bins(style, decades),
            path=self._path(decades) if decades else "",
            first=min(decades, default=None),
            middle=_middle(decades),
            last=max(decades, default=None),
            span_x=self._percent(start) if start is not None else "",
            span_width=self._width(start, end) if start is not None else "",
        )

    def _bins(self, style: Style, decades: Decades) -> list[Decade]:
        highest = max(decades, key=lambda start: decades[start], default=None)
        address = f"{reverse('gallery:artwork-list')}?style={style.slug}"
        bins = []
        for start in sorted(decades):
            count, years = decades[start], f"{start}–{start + DECADE - 1}"
            bins.append(
                Decade(
                    years=years,
                    artwork_count=count,
                    words=_in_words(style, years, count),
                    address=f"{address}&year_from={start}&year_to={start + DECADE - 1}",
                    x=self._percent(start),
                    width=self._width(start, start + DECADE),
                    is_highest=start == highest,
                )
            )
        return bins

    def _path(self, decades: Decades) -> str:
        """The outline of a hill as high as HILL_HEIGHT, whatever its number of works."""
        feet = 3 * BANDWIDTH_YEARS
        years = range(
            max(min(decades) - feet, self._start),
            min(max(decades) + DECADE + feet, self._end) + 1,
            STEP_YEARS,
        )
        heights = [_height(year, decades) for year in years]
        summit = max(heights, default=0)
        if not summit:  # all its works are older than the axis
            return ""
        points = (
            f"{HILL_WIDTH * self._place(year):.0f} {HILL_HEIGHT * (1 - 0.97 * height / summit):.1f}"
            for year, height in zip(years, heights, strict=True)
        )
        left, right = (f"{HILL_WIDTH * self._place(year):.0f}" for year in (years[0], years[-1]))
        return f"M{left} {HILL_HEIGHT}L{'L'.join(points)}L{right} {HILL_HEIGHT}Z"


def _decades_of(styles: Sequence[Style]) -> dict[int, Decades]:
    """Style id to its decades with works. One query over the counts."""
    counted = StyleYear.objects.filter(style__in=styles, year__isnull=False)
    # Floored, also before the year 1.
    decade = F("year") - ((F("year") % DECADE) + DECADE) % DECADE
    rows = (
        counted.annotate(decade=decade)
        .values_list("style", "decade")
        .annotate(Sum("artwork_count"))
        .order_by()
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for style, start, count in rows:
        found[style][start] = count
    return found


def _in_words(style: Style, years: str, count: int) -> str:
    said = ngettext("%(style)s, %(years)s: %(number)s work", "%(style)s, %(years)s: %(number)s works", count)
    return said % {"style": style.label, "years": years, "number": number_format(count, force_grouping=True)}


def _height(year: int, decades: Decades) -> float:
    """How high a hill is in a year; decades further away than 35 years add nothing that one could see."""
    near = range((year - 35) // DECADE * DECADE, year + 35, DECADE)
    return sum(
        decades.get(start, 0) * exp(-(((year - start - DECADE / 2) / BANDWIDTH_YEARS) ** 2) / 2)
        for start in near
    )


def _middle(decades: Decades) -> int | None:
    """The decade by which half of the works were painted."""
    half, so_far = sum(decades.values()) / 2, 0
    for start in sorted(decades):
        so_far += decades[start]
        if so_far >= half:
            return start
    return None


@dataclass(frozen=True)
class Step:
    """Some years of an artist's work: `x`, `width`, `y` and `height` in percent of the drawing."""

    start: int
    end: int
    artwork_count: int
    address: str
    x: str
    width: str
    y: str
    height: str

    @property
    def years(self) -> str:
        """ "1870–1874", or one year."""
        return f"{self.start}–{self.end}" if self.end != self.start else str(self.start)


class LifeLine:
    """An artist's works here over the years. One query."""

    STEPS = 24  # at most, so that each can be touched

    def __init__(self, artist: Artist) -> None:
        dated = artist.artworks.published().filter(year__isnull=False)
        self._artist = artist
        self._years = dict(dated.values_list("year").annotate(Count("pk")).order_by("year"))
        if self._years:
            first, last = min(self._years), max(self._years)
            self.start = min(first, artist.birth_year if artist.birth_year is not None else first)
            self.end = max(last, artist.death_year if artist.death_year is not None else last)
            self.step_years = next(
                n for n in (1, 2, 5, 10, 25, 50, 100, 1000) if self.length <= n * self.STEPS
            )

    def __bool__(self) -> bool:
        return bool(self._years)

    @property
    def artwork_count(self) -> int:
        """Works with a year."""
        return sum(self._years.values())

    @property
    def length(self) -> int:
        return self.end - self.start + 1

    @property
    def steps(self) -> list[Step]:
        """Those steps of years that have works."""
        counts: dict[int, int] = defaultdict(int)
        for year, count in self._years.items():
            counts[(year - self.start) // self.step_years] += count
        most = max(counts.values())
        return [self._step(place, count, most) for place, count in sorted(counts.items())]

    def _step(self, place: int, count: int, most: int) -> Step:
        start = self.start + place * self.step_years
        end = start + self.step_years - 1
        share = 100 / -(-self.length // self.step_years)
        height = max(100 * count / most, 4)
        wanted = {"artist": self._artist.slug, "year_from": start, "year_to": end}
        return Step(
            start,
            end,
            count,
            f"{reverse('gallery:artwork-list')}?{urlencode(wanted)}",
            x=f"{place * share:.2f}%",
            width=f"{share * 0.86:.2f}%",
            y=f"{100 - height:.1f}%",
            height=f"{height:.1f}%",
        )

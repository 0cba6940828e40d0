"""The data that the model in use learned from, in the words and shapes of their page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Any

from django.utils.translation import gettext, ngettext

from .models import Style
from .said import style_name
from .words import all_of

FEW_ARTISTS = 15
NEARLY_ALL = 0.9  # of a style's pictures: by three artists, square, or from one source
NEARLY_NONE = 0.1  # of a style's pictures with a year
DATED_ENOUGH = 10  # pictures with a year, for a hill of years

ROW_PX, HILL_PX, AXIS_PX = 40, 62, 26
HILL_WIDTH = 1000  # the hills' own unit; they are stretched to the page
STEP_YEARS = 5
BANDWIDTH_YEARS = 8  # of the Gaussian that makes a hill of decades


@dataclass(frozen=True)
class LearnedStyle:
    """One style in numbers. `style` is None when the catalogue lacks it."""

    name: str
    style: Style | None
    numbers: Mapping[str, Any]  # as ml.data_card describes a style

    @property
    def label(self) -> str:
        """The style's name in the language of the page."""
        return style_name(self.name)

    @property
    def hue(self) -> str:
        return self.style.hue if self.style else "hue-other"

    @property
    def pictures(self) -> int:
        return sum(self.numbers["pictures"].values())

    @property
    def years(self) -> Mapping[str, Any]:
        return self.numbers["years"]

    @property
    def square_of_hundred(self) -> str:
        shapes = self.numbers["shapes"]
        return f"{100 * shapes['square']:.0f}" if shapes else ""

    @property
    def lightness(self) -> str:
        return self._mean("lightness")

    @property
    def colourfulness(self) -> str:
        return self._mean("colourfulness")

    def _mean(self, name: str) -> str:
        colours = self.numbers["colours"]
        return f"{colours[name][0]:.0f}" if colours else ""


@dataclass(frozen=True)
class Hill:
    """A style in the ridgeline: `y` and `text_y` in pixels, `path` in units of HILL_WIDTH by HILL_PX."""

    style: LearnedStyle
    y: int
    text_y: int
    path: str
    name_x: str


@dataclass(frozen=True)
class Tick:
    label: str
    x: str


@dataclass(frozen=True)
class Weakness:
    title: str
    sentence: str


class TrainingData:
    """What the page tells of a data.json."""

    def __init__(self, card: Mapping[str, Any]) -> None:
        self._card = card
        self.fingerprint: str = card["fingerprint"]
        self.pictures: Mapping[str, int] = card["pictures"]
        self.photographs = sum(card["photographs"].values())
        self.paintings = sum(card["pictures"].values()) - self.photographs
        self.artists: int = card["artists"]
        self.sources: int = card["sources"]

    @cached_property
    def styles(self) -> list[LearnedStyle]:
        """In the order of art history, which the catalogue knows best."""
        known = {style.name: style for style in Style.objects.of_the_house()}
        found = [
            LearnedStyle(numbers["name"], known.get(numbers["name"]), numbers)
            for numbers in self._card["styles"]
        ]
        return sorted(found, key=lambda one: one.style.position if one.style else len(known) + 1)

    @cached_property
    def unlearned(self) -> list[Style]:
        learned = {one.name for one in self.styles}
        return [style for style in Style.objects.of_the_house() if style.name not in learned]

    # The ridgeline of years

    @cached_property
    def _dated(self) -> list[LearnedStyle]:
        return [one for one in self.styles if one.years["dated"] >= DATED_ENOUGH]

    @cached_property
    def _span(self) -> tuple[int, int]:
        """First and last year of the axis, with room for the hills' feet."""
        decades = [int(decade) for one in self._dated for decade in one.years["by_decade"]]
        return min(decades) - 3 * BANDWIDTH_YEARS, max(decades) + 10 + 3 * BANDWIDTH_YEARS

    @property
    def hills(self) -> list[Hill]:
        return [self._hill(row, one) for row, one in enumerate(self._dated)]

    @property
    def ridge_height_px(self) -> int:
        return self.axis_px + AXIS_PX

    @property
    def axis_px(self) -> int:
        """Where the last hill stands."""
        return HILL_PX + ROW_PX * (len(self._dated) - 1)

    @property
    def tick_y(self) -> int:
        return self.axis_px + 18

    @property
    def ticks(self) -> list[Tick]:
        """A mark at every full century."""
        if not self._dated:
            return []
        first, last = self._span
        return [
            Tick(str(year), f"{100 * self._place(year):.1f}%")
            for year in range(-(-first // 100) * 100, last, 100)
        ]

    def _place(self, year: float) -> float:
        first, last = self._span
        return (year - first) / (last - first)

    def _hill(self, row: int, one: LearnedStyle) -> Hill:
        y, last = row * ROW_PX, max(map(int, one.years["by_decade"]))
        # A name stands at the left, but behind a hill that is there itself.
        is_early = self._place(one.years["median"]) < 0.4
        behind = 100 * self._place(last + 3 * BANDWIDTH_YEARS)
        return Hill(
            style=one,
            y=y,
            text_y=y + (ROW_PX - 8 if is_early else HILL_PX - 6),  # clear of the next summit
            path=self._path(one),
            name_x=f"{behind:.1f}%" if is_early else "0",
        )

    def _path(self, one: LearnedStyle) -> str:
        """The outline of a hill as high as HILL_PX, whatever its number of pictures."""
        decades = {int(decade) + 5: number for decade, number in one.years["by_decade"].items()}
        start, end = min(decades) - 3 * BANDWIDTH_YEARS, max(decades) + 3 * BANDWIDTH_YEARS
        years = range(start, end + STEP_YEARS, STEP_YEARS)
        heights = [
            sum(n * exp(-(((year - middle) / BANDWIDTH_YEARS) ** 2) / 2) for middle, n in decades.items())
            for year in years
        ]
        summit = max(heights)
        points = (
            f"{HILL_WIDTH * self._place(year):.1f} {HILL_PX * (1 - 0.96 * height / summit):.1f}"
            for year, height in zip(years, heights, strict=True)
        )
        left, right = (HILL_WIDTH * self._place(year) for year in (years[0], years[-1]))
        return f"M{left:.1f} {HILL_PX}L{'L'.join(points)}L{right:.1f} {HILL_PX}Z"

    # What is weak

    @property
    def weaknesses(self) -> Iterator[Weakness]:
        yield from self._few_hands()
        yield from self._seen_hands()
        yield from self._squares()
        yield from self._single_sources()
        yield from self._undated()
        yield from self._doubtful_labels()
        yield from self._not_learned()

    def _few_hands(self) -> Iterator[Weakness]:
        three = self._where(lambda one: one["artists"]["share_of_first_three"] >= NEARLY_ALL)
        for one in three:
            of_hundred = f"{100 * one.numbers['artists']['share_of_first_three']:.0f}"
            yield Weakness(
                gettext("%(style)s is nearly three artists") % {"style": one.label},
                gettext(
                    "Of a hundred of its pictures %(of_hundred)s are by the same three hands. "
                    "The model may know these hands rather than the style."
                )
                % {"of_hundred": of_hundred},
            )
        few = [
            one for one in self._where(lambda one: one["artists"]["all"] < FEW_ARTISTS) if one not in three
        ]
        for one in few:
            yield Weakness(
                gettext("%(style)s has few artists") % {"style": one.label},
                ngettext(
                    "There is %(count)s of them, so its figures vary more than the number of pictures suggests.",
                    "There are %(count)s of them, so its figures vary more than the number of pictures suggests.",
                    one.numbers["artists"]["all"],
                )
                % {"count": one.numbers["artists"]["all"]},
            )

    def _seen_hands(self) -> Iterator[Weakness]:
        seen = self._where(lambda one: one["artists"]["train_and_test"] > 0)
        if seen:
            yield Weakness(
                gettext("Some hands are on both sides"),
                gettext(
                    "In %(styles)s some artists painted pictures that it learned from and pictures that it is "
                    "tested with, so its score there flatters. In all other styles it is tested with artists it has not seen there."
                )
                % {"styles": _listed(seen)},
            )

    def _squares(self) -> Iterator[Weakness]:
        squares = self._where(lambda one: one["shapes"] and one["shapes"]["square"] >= NEARLY_ALL)
        if squares:
            yield Weakness(
                gettext("Some pictures came as squares"),
                gettext(
                    "All or nearly all pictures of %(styles)s are square: whoever kept them before had squeezed or cut them. "
                    "The shape must not give the style away, so the model sees every picture squeezed into a square, yours too."
                )
                % {"styles": _listed(squares)},
            )

    def _single_sources(self) -> Iterator[Weakness]:
        single = self._where(lambda one: one["sources"]["share_of_largest"] >= NEARLY_ALL)
        if single and self.sources > 1:
            yield Weakness(
                gettext("Some styles come from one place"),
                gettext(
                    "All or nearly all pictures of %(styles)s were gathered by one source each. "
                    "What marks a source, its sharpness or its light, then marks the style, and the model may have learned that instead."
                )
                % {"styles": _listed(single)},
            )

    def _undated(self) -> Iterator[Weakness]:
        undated = [one for one in self.styles if one.years["dated"] < NEARLY_NONE * one.pictures]
        if undated:
            yield Weakness(
                gettext("Many pictures have no year"),
                gettext(
                    "Of %(styles)s hardly any picture is dated, so nobody can say here which years they come from."
                )
                % {"styles": _listed(undated)},
            )

    def _doubtful_labels(self) -> Iterator[Weakness]:
        number = self._card["near_duplicates_with_different_labels"]
        if number:
            yield Weakness(
                gettext("Some pictures have two names"),
                ngettext(
                    "%(count)s pair of nearly the same pictures stands under different styles.",
                    "%(count)s pairs of nearly the same pictures stand under different styles.",
                    number,
                )
                % {"count": number},
            )

    def _not_learned(self) -> Iterator[Weakness]:
        if self.unlearned:
            yield Weakness(
                gettext("Some styles are missing"),
                gettext(
                    "There were too few pictures of %(styles)s. "
                    "The model in use has not learned them yet, and gives such paintings another name."
                )
                % {"styles": _listed(self.unlearned)},
            )

    def _where(self, holds) -> list[LearnedStyle]:
        return [one for one in self.styles if holds(one.numbers)]


def _listed(styles: list) -> str:
    """ "Cubism, Realism and Pop Art" """
    return all_of([style.label for style in styles])

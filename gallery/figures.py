"""The card of the model in use, in the words of its page. Keys that an older card lacks are left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from .models import Style
from .said import style_name

WORDS = {
    "sure": gettext_lazy("Quite sure"),
    "likely": gettext_lazy("Likely"),
    "unsure": gettext_lazy("Hard to say"),
}
WEAK = 0.3  # a style of which fewer than this share are found is named as weak
TELLING = 30  # a source with fewer test paintings says nothing about sources


@dataclass(frozen=True)
class Figure:
    """One number from 0 to 1 with the sentence that it makes."""

    value: float
    sentence: str

    @property
    def of_hundred(self) -> str:
        """ "47", or "under 1"."""
        return of_hundred(self.value)


@dataclass(frozen=True)
class StyleRecall:
    """How many paintings of a style the model finds. `style` is None when the catalogue lacks it."""

    name: str
    recall: float
    style: Style | None

    @property
    def label(self) -> str:
        """The style's name in the language of the page."""
        return style_name(self.name)

    @property
    def of_hundred(self) -> str:
        return of_hundred(self.recall)

    @property
    def width(self) -> str:
        """Length of the bar as an SVG length."""
        return f"{max(self.recall * 100, 0.4):.1f}%"


@dataclass(frozen=True)
class Word:
    """A word of certainty: of a hundred paintings, how many get it, and of a hundred such, how many are right."""

    name: str
    said: str
    right: str  # empty when it was never said


@dataclass(frozen=True)
class Source:
    name: str
    right: str
    paintings: int


class Card:
    """What the pages tell of a model.json; figures are those of the test part."""

    def __init__(self, card: Mapping[str, Any]) -> None:
        self.version: str = card["version"]
        self.labels: list[str] = card["labels"]
        self.pictures: Mapping[str, int] = card.get("data", {}).get("pictures", {})
        self.fingerprint: str = card.get("data", {}).get("fingerprint", "")
        self.megabytes = card["bytes"] / 1e6
        self.number_format: str = card.get("variants", {}).get("chosen", "")
        self.recipe: str = card.get("recipe", {}).get("recipe", "")
        self.trained_at = datetime.fromisoformat(card["trained_at"]) if "trained_at" in card else None
        self._test: Mapping[str, Any] = card.get("metrics", {}).get("test", {})
        self._certainty: Mapping[str, Any] = card.get("certainty", {}).get("test", {})

    @property
    def tested_on(self) -> int | None:
        return self._test.get("paintings")

    @property
    def figures(self) -> list[Figure]:
        """The figures there are, the most telling first."""
        return [Figure(self._test[name], words) for name, words in _SENTENCES.items() if name in self._test]

    @property
    def off_by(self) -> str:
        """By how many points of a hundred a stated probability is off, in the mean; empty when unknown."""
        return f"{100 * self._test['ece']:.0f}" if "ece" in self._test else ""

    @cached_property
    def recalls(self) -> list[StyleRecall]:
        """Every learned style, in the order of art history."""
        styles = {style.name: style for style in Style.objects.filter(name__in=self.labels)}
        found = [StyleRecall(n, r, styles.get(n)) for n, r in self._test.get("recall", {}).items()]
        return sorted(found, key=lambda one: (one.style is None, (one.style and one.style.position) or 0))

    @property
    def weak(self) -> list[StyleRecall]:
        """The styles it finds too seldom, worst first."""
        return sorted((one for one in self.recalls if one.recall < WEAK), key=lambda one: one.recall)

    @property
    def words(self) -> list[Word]:
        said = [(name, self._certainty[key]) for key, name in WORDS.items() if key in self._certainty]
        return [Word(n, of_hundred(s["share"]), of_hundred(s["right"])) for n, s in said]

    @property
    def photographs(self) -> int:
        """How many photographs it was tested with."""
        return self._certainty.get("photographs", 0)

    @property
    def photographs_found(self) -> str:
        return of_hundred(self._certainty.get("photographs_called_not_a_painting"))

    @property
    def paintings_refused(self) -> str:
        return of_hundred(self._certainty.get("paintings_called_not_a_painting"))

    @property
    def sources(self) -> list[Source]:
        """Sources of pictures with enough test paintings to tell, best first; empty when there is only one."""
        there = [(name, *pair) for name, pair in self._test.get("top1_by_source", {}).items()]
        there = sorted((s for s in there if s[2] >= TELLING), key=lambda source: -source[1])
        return [Source(n, of_hundred(right), count) for n, right, count in there] if len(there) > 1 else []

    @property
    def apart(self) -> list[str]:
        """Styles that were tested mostly with artists it had learned from."""
        return self._test.get("apart", {}).get("styles", [])

    @property
    def without_apart(self) -> str:
        return of_hundred(self._test.get("apart", {}).get("without", {}).get("top1"))

    @property
    def unlearned(self) -> list[Style]:
        return list(Style.objects.of_the_house().exclude(name__in=self.labels))


_SENTENCES = {
    "top1": gettext_lazy("Its first answer is right."),
    "top3": gettext_lazy("The right style is among its first three."),
    "macro_auc": gettext_lazy(
        "Shown a painting of a style and one of another, it sees more of that style in the right one."
    ),
    "baseline_top1": gettext_lazy("What always naming the commonest style would give."),
}


def of_hundred(share: float | None) -> str:
    """A share as people say it: "47", "under 1", or nothing when it is unknown."""
    if share is None:
        return ""
    if share == 0 or share >= 0.005:
        return f"{100 * share:.0f}"
    return gettext("under %(number)s") % {"number": 1}

"""Two answers beside each other: which styles both see, and how alike the pictures are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.utils.translation import gettext, gettext_lazy

from .models import Bar, Prediction

LOOKS = {  # by the steps of gallery.resemblance
    0.8: gettext_lazy("By what they look like: nearly the same."),
    0.6: gettext_lazy("By what they look like: very alike."),
    0.4: gettext_lazy("By what they look like: alike."),
    0.2: gettext_lazy("By what they look like: somewhat alike."),
    -1: gettext_lazy("By what they look like: distantly alike."),
}
STYLES = 6  # so many are compared; the others are small in both


@dataclass(frozen=True)
class Comparison:
    """Two predictions that are done."""

    first: Prediction
    second: Prediction

    @property
    def both(self) -> tuple[Prediction, Prediction]:
        return self.first, self.second

    @cached_property
    def pairs(self) -> Sequence[tuple[Bar | None, Bar | None]]:
        """Bars of the same style, those that either sees most of first; None where its model knows it not."""
        sides = [{bar.name: bar for bar in prediction.bars()} for prediction in self.both]
        names = list(dict.fromkeys(name for side in sides for name in side))
        names.sort(key=lambda name: -max(side[name].probability for side in sides if name in side))
        return [tuple(side.get(name) for side in sides) for name in names[:STYLES]]

    @property
    def in_words(self) -> str:
        """What the two answers have in common, as a sentence or two."""
        first, second = (prediction.top_label for prediction in self.both)
        if first == second:
            said = gettext("Both look most like %(style)s.") % {"style": first}
        else:
            said = gettext("One looks most like %(first)s, the other like %(second)s.") % {
                "first": first,
                "second": second,
            }
        return f"{said} {self._looks}".strip()

    @property
    def _looks(self) -> str:
        one, other = self.both
        if one.embedding_model != other.embedding_model:
            return ""
        similarity = float(np.dot(np.array(one.embedding), np.array(other.embedding)))
        return str(next((words for least, words in LOOKS.items() if similarity >= least), LOOKS[-1]))

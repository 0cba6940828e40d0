"""Two answers beside each other: which styles both see, and how alike the pictures are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gallery import resemblance

from .models import Bar, Prediction

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
        names = [prediction.probabilities[0][0] for prediction in self.both]
        said = (
            f"Both look most like {names[0]}."
            if names[0] == names[1]
            else (f"One looks most like {names[0]}, the other like {names[1]}.")
        )
        return f"{said} {self._looks}".strip()

    @property
    def _looks(self) -> str:
        one, other = self.both
        if one.embedding_model != other.embedding_model:
            return ""
        similarity = float(np.dot(np.array(one.embedding), np.array(other.embedding)))
        return f"By what they look like: {resemblance.in_words(similarity).lower()}."

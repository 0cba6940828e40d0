"""What a model answers about the labelled pictures of a dataset, and the figures that follow. Needs no TensorFlow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ml import scores
from ml.dataset import Dataset, Picture, square_of
from ml.inference import CERTAINTIES, Model, certainty_of
from ml.preprocess import scale

KEPT = ("probabilities", "not_a_painting", "embedding")
SAVED_EVERY = 250  # pictures
KNOWN_HANDS = (
    0.5  # a style is reported apart where more of its paintings than this are by artists learned from
)


@dataclass(frozen=True)
class Answers:
    """A model's answers about some pictures: probabilities (n, styles), not_a_painting (n,), embeddings (n, 256)."""

    data: Dataset
    pictures: Sequence[Picture]
    probabilities: np.ndarray
    not_a_painting: np.ndarray
    embeddings: np.ndarray

    @cached_property
    def truth(self) -> np.ndarray:
        """The numbers of the true styles; photographs have the number after the last style."""
        return self.data.targets(list(self.pictures))

    @cached_property
    def is_painting(self) -> np.ndarray:
        return self.truth < len(self.data.styles)

    @cached_property
    def paintings(self) -> "Answers":
        """The answers about paintings alone."""
        return self.only(self.is_painting)

    @cached_property
    def is_right(self) -> np.ndarray:
        return self.probabilities.argmax(1) == self.truth

    @cached_property
    def sources(self) -> np.ndarray:
        return np.array([picture.source for picture in self.pictures])

    @cached_property
    def by_known_hand(self) -> np.ndarray:
        """True where the training part holds paintings of the same artist in the same style."""
        learned = {(picture.style, picture.artist) for picture in self.data.part("train")}
        return np.array([(picture.style, picture.artist) in learned for picture in self.pictures], bool)

    def only(self, chosen: np.ndarray) -> "Answers":
        """The answers about the pictures with these numbers, or where these flags are true."""
        numbers = np.arange(len(self.pictures))[chosen]
        return Answers(
            self.data,
            [self.pictures[number] for number in numbers],
            self.probabilities[numbers],
            self.not_a_painting[numbers],
            self.embeddings[numbers],
        )

    def words(self, thresholds: dict[str, float]) -> np.ndarray:
        """The certainty of each answer, one of CERTAINTIES."""
        pairs = zip(self.probabilities.max(1), self.not_a_painting, strict=True)
        return np.array([certainty_of(top, photo, thresholds) for top, photo in pairs])

    def figures(self) -> dict[str, Any]:
        """What model.json says about one part of the data, paintings alone."""
        asked = self.paintings
        probabilities, truth = asked.probabilities, asked.truth
        recall = scores.recalls(probabilities.argmax(1), truth)
        return {
            "paintings": len(truth),
            **rounded(dict(scores.evaluate(probabilities, truth))),
            "top1_artists_not_in_train": share(asked.is_right[~asked.by_known_hand]),
            "top1_artists_in_train": share(asked.is_right[asked.by_known_hand]),
            "recall": rounded(dict(zip(self.data.styles, recall, strict=True))),
            "top1_by_source": {
                source: [top1, paintings] for source, top1, paintings in asked.top1_by_source()
            },
            **asked._apart(),
        }

    def top1_by_source(self) -> Iterator[tuple[str, float, int]]:
        """Each source of pictures with its top-1 and how many there are."""
        for source in np.unique(self.sources):
            there = self.sources == source
            yield str(source), share(self.is_right[there]), int(there.sum())

    def styles_of_known_hands(self) -> list[str]:
        """Styles whose paintings here are mostly by artists that the model learned from; read them apart."""
        styles = np.array([picture.style for picture in self.pictures])
        return [s for s in self.data.styles if self.by_known_hand[styles == s].mean() > KNOWN_HANDS]

    def _apart(self) -> dict[str, Any]:
        apart = self.styles_of_known_hands()
        others = self.only(np.array([picture.style not in apart for picture in self.pictures], bool))
        if not apart or len(set(others.truth)) < 2:
            return {}
        figures = rounded(dict(scores.evaluate(others.probabilities, others.truth)))
        return {"apart": {"styles": apart, "without": {"paintings": len(others.pictures), **figures}}}

    def certainty_figures(self, thresholds: dict[str, float]) -> dict[str, Any]:
        """For paintings the share given each word, and how often that was right; for photographs the share found."""
        words, right = self.words(thresholds), self.is_right
        figures: dict[str, Any] = {
            word: {
                "share": share((words == word)[self.is_painting]),
                "right": share(right[self.is_painting & (words == word)]),
            }
            for word in CERTAINTIES[:3]
        }
        figures["paintings_called_not_a_painting"] = share((words == "not_a_painting")[self.is_painting])
        figures["photographs_called_not_a_painting"] = share((words == "not_a_painting")[~self.is_painting])
        figures["photographs"] = int((~self.is_painting).sum())
        return figures


def ask(model: Model, data: Dataset, pictures: Sequence[Picture], *, cache: Path | None = None) -> Answers:
    """Ask the model about every picture, about 10 ms each.

    With `cache`, an .npz file, what was asked before is read and not asked again, and a run that is
    stopped goes on. It must belong to this very model; pictures are known by their sha256. Raises
    BrokenPicture.
    """
    known = _read(cache) if cache else {}
    size_px = model.card["input"]["size_px"]
    waiting = [picture for picture in pictures if picture.sha256 not in known]
    try:
        steps = tqdm(waiting, desc="asking", unit="picture", disable=None)
        for number, picture in enumerate(steps, start=1):
            outputs = model.outputs(scale(square_of(picture, size_px)))
            known[picture.sha256] = tuple(outputs[name] for name in KEPT)
            if cache and number % SAVED_EVERY == 0:
                _save(cache, known)
    finally:
        if cache and waiting:
            _save(cache, known)
    return Answers(
        data, pictures, *(np.stack([known[p.sha256][k] for p in pictures]) for k in range(len(KEPT)))
    )


def _read(cache: Path) -> dict[str, tuple[np.ndarray, ...]]:
    if not cache.exists():
        return {}
    with np.load(cache) as saved:
        columns = [saved[name] for name in KEPT]
        return {str(sha256): values for sha256, *values in zip(saved["sha256"], *columns, strict=True)}


def _save(cache: Path, known: dict[str, tuple[np.ndarray, ...]]) -> None:
    if not known:
        return
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_suffix(".part.npz")
    columns = {name: np.stack([values[k] for values in known.values()]) for k, name in enumerate(KEPT)}
    np.savez(part, sha256=np.array(list(known)), **columns)
    part.replace(cache)


def share(flags: np.ndarray) -> float | None:
    """The share that is true, to four digits; None of nothing."""
    return round(float(flags.mean()), 4) if len(flags) else None


def rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in figures.items()}

"""Describe a data set in numbers: what `ml/model/data.json` holds and the report of `ml.eda` shows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np

from ml.dataset import NOT_A_PAINTING, SPLITS, Dataset, Picture
from ml.facts import Facts, near_duplicates
from ml.inference import DATA_FORMAT
from ml.styles import in_order


def by_style(data: Dataset) -> dict[str, list[Picture]]:
    """Pictures of each style in the order of art history; photographs come last."""
    groups = defaultdict(list)
    for picture in data.pictures:
        groups[picture.style].append(picture)
    styles = in_order(set(groups) - {NOT_A_PAINTING})
    return {style: groups[style] for style in [*styles, NOT_A_PAINTING] if style in groups}


def describe(data: Dataset, facts: Mapping[str, Facts]) -> dict[str, Any]:
    """The numbers as JSON takes them. `facts` are by sha256; pictures without are not measured, but counted."""
    groups = by_style(data)
    train = {style: _per_split(groups[style])["train"] for style in data.styles}
    mean = sum(train.values()) / len(train)
    photographs = groups.pop(NOT_A_PAINTING, [])
    pairs = suspects(data, facts)
    return {
        "format": DATA_FORMAT,
        "fingerprint": data.fingerprint,
        "pictures": _per_split(data.pictures),
        "photographs": _per_split(photographs),
        "artists": len({picture.artist for group in groups.values() for picture in group} - {""}),
        "sources": len({picture.source for picture in data.pictures}),
        "styles": [
            {"name": style, "weight": round(mean / train[style], 3), **_style(pictures, facts)}
            for style, pictures in groups.items()
        ],
        "near_duplicates_with_different_labels": sum(one.style != other.style for one, other in pairs),
        "near_duplicates_in_different_splits": sum(one.split != other.split for one, other in pairs),
    }


def suspects(data: Dataset, facts: Mapping[str, Facts]) -> list[tuple[Picture, Picture]]:
    """Pairs of nearly the same pictures that differ in label or split."""
    seen = [picture for picture in data.pictures if picture.sha256 in facts]
    pairs = near_duplicates([facts[picture.sha256] for picture in seen])
    return [
        (seen[i], seen[j])
        for i, j in pairs
        if (seen[i].style, seen[i].split) != (seen[j].style, seen[j].split)
    ]


def _per_split(pictures: Sequence[Picture]) -> dict[str, int]:
    counts = Counter(picture.split for picture in pictures)
    return {split: counts[split] for split in SPLITS}


def _style(pictures: list[Picture], facts: Mapping[str, Facts]) -> dict[str, Any]:
    seen = [facts[picture.sha256] for picture in pictures if picture.sha256 in facts]
    sources = Counter(picture.source for picture in pictures)
    return {
        "pictures": _per_split(pictures),
        "artists": _artists(pictures),
        "years": _years(pictures),
        "sources": {"number": len(sources), "share_of_largest": _share(max(sources.values()), len(pictures))},
        "shapes": _shapes(seen),
        "colours": _colours(seen),
    }


def _artists(pictures: list[Picture]) -> dict[str, Any]:
    """How many there are, of whom how many are learned from and asked about, and how much the first three made."""
    known = [picture for picture in pictures if picture.artist]
    split = {name: {p.artist for p in known if p.split == name} for name in SPLITS}
    works = Counter(picture.artist for picture in known)
    return {
        "all": len(works),
        **{name: len(artists) for name, artists in split.items()},
        "train_and_test": len(split["train"] & split["test"]),
        "share_of_first_three": _share(sum(n for _, n in works.most_common(3)), len(pictures)),
    }


def _years(pictures: list[Picture]) -> dict[str, Any]:
    """`by_decade` maps the first year of each decade, as text, to the number of its pictures."""
    years = sorted(picture.year for picture in pictures if picture.year)
    decades = Counter(year // 10 * 10 for year in years)
    return {
        "dated": len(years),
        "first": years[0] if years else None,
        "median": int(median(years)) if years else None,
        "last": years[-1] if years else None,
        "by_decade": {str(decade): decades[decade] for decade in sorted(decades)},
    }


def _shapes(seen: list[Facts]) -> dict[str, Any]:
    if not seen:
        return {}
    return {
        "median_width_px": int(median(fact.width for fact in seen)),
        "median_height_px": int(median(fact.height for fact in seen)),
        "square": _share(sum(fact.width == fact.height for fact in seen), len(seen)),
        "landscape": _share(sum(fact.width > fact.height for fact in seen), len(seen)),
        "portrait": _share(sum(fact.width < fact.height for fact in seen), len(seen)),
    }


def _colours(seen: list[Facts]) -> dict[str, list[float]]:
    """Mean and standard deviation over the pictures' own means, in CIELAB."""
    return {
        name: [
            round(float(value), 1)
            for value in (
                np.mean([getattr(fact, name) for fact in seen]),
                np.std([getattr(fact, name) for fact in seen]),
            )
        ]
        for name in ("lightness", "red", "yellow", "colourfulness")
        if seen
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4)

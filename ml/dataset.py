"""Read a manifest of labelled pictures and keep its pixels ready for training."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.preprocess import square

NOT_A_PAINTING = "not-a-painting"  # the one label in a manifest that is no style


@dataclass(frozen=True)
class Picture:
    """One line of a manifest."""

    path: Path
    style: str
    artist: str
    source: str
    sha256: str
    split: str  # train, val or test


@dataclass(frozen=True)
class Dataset:
    """The pictures of a manifest and the styles found in them, in alphabetical order."""

    pictures: tuple[Picture, ...]
    styles: tuple[str, ...]

    def part(self, split: str) -> list[Picture]:
        return [picture for picture in self.pictures if picture.split == split]

    def targets(self, pictures: list[Picture]) -> np.ndarray:
        """The styles' numbers, int64; photographs get the number after the last style."""
        numbers = {style: number for number, style in enumerate(self.styles)}
        return np.array([numbers.get(picture.style, len(self.styles)) for picture in pictures])

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when any picture, label or split does."""
        lines = sorted(f"{p.sha256} {p.style} {p.split}" for p in self.pictures)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def read_manifest(manifest: Path) -> Dataset:
    """Read a CSV with the columns path, style, artist, source_repo, sha256 and split.

    Paths count from the manifest's folder. Raises ValueError when a split or the styles are missing.
    """
    with manifest.open(newline="", encoding="utf-8") as file:
        pictures = tuple(_picture(manifest.parent, row) for row in csv.DictReader(file))
    styles = tuple(sorted({picture.style for picture in pictures} - {NOT_A_PAINTING}))
    if len(styles) < 2:
        raise ValueError(f"{manifest} names {len(styles)} styles; two or more are needed.")
    for split in ("train", "val", "test"):
        missing = set(styles) - {picture.style for picture in pictures if picture.split == split}
        if missing:
            raise ValueError(f"{manifest} has no {split} pictures of {', '.join(sorted(missing))}.")
    return Dataset(pictures, styles)


def _picture(folder: Path, row: dict[str, str]) -> Picture:
    return Picture(
        path=folder / row["path"],
        style=row["style"],
        artist=row["artist"],
        source=row["source_repo"],
        sha256=row["sha256"],
        split=row["split"],
    )


def cached_pixels(pictures: list[Picture], size_px: int, cache: Path) -> np.ndarray:
    """Every picture squeezed into a square, uint8 of shape (n, size_px, size_px, 3).

    Decoded once; afterwards read from the file `cache`, which stays on disk and is only mapped.
    """
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        part = cache.with_suffix(".part")
        pixels = np.lib.format.open_memmap(part, "w+", np.uint8, (len(pictures), size_px, size_px, 3))
        for number, picture in enumerate(tqdm(pictures, desc="decoding", unit="picture", disable=None)):
            pixels[number] = square(picture.path.read_bytes(), size_px)
        pixels.flush()
        part.replace(cache)
    return np.load(cache, mmap_mode="r")


def batches(pictures: list[Picture], size_px: int, batch_size: int = 32) -> Iterator[np.ndarray]:
    """The pictures as serving sees them, uint8 of shape (≤ batch_size, size_px, size_px, 3)."""
    for start in range(0, len(pictures), batch_size):
        chosen = pictures[start : start + batch_size]
        yield np.stack([square(picture.path.read_bytes(), size_px) for picture in chosen])

"""Read a manifest of labelled pictures and keep its pixels ready for training.

`python -m ml.dataset build` makes a manifest; see ml/build.py.
"""

import csv
import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.ahead import ahead
from ml.alone import alone
from ml.preprocess import UnreadableImage, square

NOT_A_PAINTING = "not-a-painting"  # the one label in a manifest that is no style
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Picture:
    """One line of a manifest."""

    path: Path
    style: str
    artist: str
    source: str
    sha256: str
    split: str  # one of SPLITS
    title: str = ""
    year: int | None = None

    @property
    def hand(self) -> str:
        """Who painted it; a picture by nobody known stands alone."""
        return self.artist or self.sha256


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
    """Read a CSV with the columns path, style, artist, source_repo, sha256 and split; title and year may be there.

    Paths count from the manifest's folder. Raises OSError, and ValueError with the line where a picture cannot be
    told from others, has no style or is in no split, or where a split or the styles are missing.
    """
    try:
        pictures = _pictures(manifest)
    except csv.Error as error:
        raise ValueError(f"{manifest} cannot be read: {error}.") from error
    styles = tuple(sorted({picture.style for picture in pictures} - {NOT_A_PAINTING}))
    if len(styles) < 2:
        raise ValueError(f"{manifest} names {len(styles)} styles; two or more are needed.")
    for split in SPLITS:
        missing = set(styles) - {picture.style for picture in pictures if picture.split == split}
        if missing:
            raise ValueError(f"{manifest} has no {split} pictures of {', '.join(sorted(missing))}.")
    return Dataset(pictures, styles)


def _pictures(manifest: Path) -> tuple[Picture, ...]:
    known: dict[str, Picture] = {}
    with manifest.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        rows = csv.DictReader(file, restval="")
        if missing := _NEEDED - set(rows.fieldnames or ()):
            raise ValueError(f"{manifest} has no column {' and '.join(sorted(missing))}.")
        for row in rows:
            if problem := _problem(row, known):
                raise ValueError(f"{manifest}, line {rows.line_num}: {problem}")
            known[row["sha256"]] = _picture(manifest.parent, row)
    return tuple(known.values())


_NEEDED = {"path", "style", "artist", "source_repo", "sha256", "split"}


def _problem(row: dict[str, str], known: Mapping[str, Picture]) -> str | None:
    """Why a line cannot be used, and what to do; None where it can. `known` are the pictures above, by sha256."""
    if empty := [name for name in ("path", "style", "sha256") if not row[name]]:
        return f"it has no {' and no '.join(empty)}; python -m ml.dataset build makes a manifest with all."
    if row["style"] != readable(row["style"]):
        return "its style is not written in UTF-8; save the manifest so."
    if row["split"] not in SPLITS:
        return f"its split is {row['split']!r} and none of {', '.join(SPLITS)}."
    if same := known.get(row["sha256"]):
        return f"it is the same picture as {same.path}; python -m ml.dataset build leaves one of them out."
    return None


def _picture(folder: Path, row: dict[str, str]) -> Picture:
    return Picture(
        path=folder / row["path"],
        style=row["style"],
        artist=readable(row["artist"]),
        source=readable(row["source_repo"]),
        sha256=row["sha256"],
        split=row["split"],
        title=readable(row.get("title") or ""),
        year=int(year) if (year := row.get("year") or "").isdecimal() else None,
    )


def readable(text: str) -> str:
    """The text with ? for what is not UTF-8, as in the names of some files."""
    return text.encode(errors="replace").decode()


class BrokenPicture(Exception):  # noqa: N818 - reads as what happened
    """A picture of the manifest is missing or cannot be read; the message names the file."""


@contextmanager
def naming(picture: Picture) -> Iterator[None]:
    """Let what goes wrong with the picture's file name it: raises BrokenPicture."""
    try:
        yield
    except OSError as error:
        raise BrokenPicture(f"{picture.path}: {error.strerror}.") from error
    except UnreadableImage as error:
        raise BrokenPicture(f"{picture.path}: {error}") from error


def square_of(picture: Picture, size_px: int) -> np.ndarray:
    """The picture as serving sees it, uint8 of shape (size_px, size_px, 3). Raises BrokenPicture."""
    with naming(picture):
        return square(picture.path.read_bytes(), size_px)


def cached_pixels(pictures: list[Picture], size_px: int, cache: Path) -> np.ndarray:
    """Every picture squeezed into a square, uint8 of shape (n, size_px, size_px, 3).

    Decoded once; afterwards read from the file `cache`, which stays on disk and is only mapped. A run
    that was stopped goes on with the next picture, and a second one waits until the first has decoded all.
    A cache of other pictures, or of another size than these need, is made anew. Raises BrokenPicture.
    """
    contents = cache.with_suffix(".contents")  # which pictures, in which order
    digest = hashlib.sha256("\n".join([str(size_px), *(p.sha256 for p in pictures)]).encode()).hexdigest()
    part, whole_bytes = cache.with_suffix(".part"), _HEADER_BYTES + len(pictures) * size_px * size_px * 3
    with alone(cache):
        is_of_these = contents.exists() and contents.read_text() == digest
        if not is_of_these or _bytes(part) > whole_bytes or _bytes(cache) not in (0, whole_bytes):
            part.unlink(missing_ok=True)
            cache.unlink(missing_ok=True)
            contents.write_text(digest)
        if not cache.exists():
            _decode_into(part, pictures, size_px)
            part.replace(cache)
        return np.load(cache, mmap_mode="r")


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _decode_into(part: Path, pictures: list[Picture], size_px: int) -> None:
    """Append the pictures that `part` does not have yet; only a few are held in memory."""
    shape, bytes_each = (len(pictures), size_px, size_px, 3), size_px * size_px * 3
    with part.open("ab") as file:
        if file.tell() < _HEADER_BYTES:
            file.truncate(0)
            file.write(_npy_header(shape))
        done = (file.tell() - _HEADER_BYTES) // bytes_each
        file.truncate(_HEADER_BYTES + done * bytes_each)  # a kill may have cut the last one
        squares = ahead(lambda picture: square_of(picture, size_px), pictures[done:], most=16)
        bar = tqdm(
            squares, total=len(pictures), initial=done, desc="decoding", unit=" pictures", disable=None
        )
        for pixels in bar:
            file.write(pixels.tobytes())


_HEADER_BYTES = 128


def _npy_header(shape: tuple[int, ...]) -> bytes:
    """The beginning of a .npy file of bytes, always 128 long. After numpy.lib.format, version 1.0."""
    about = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + about.ljust(117).encode() + b"\n"


def batches(pictures: list[Picture], size_px: int, batch_size: int = 32) -> Iterator[np.ndarray]:
    """The pictures as serving sees them, uint8 of shape (≤ batch_size, size_px, size_px, 3). Raises BrokenPicture."""
    for start in range(0, len(pictures), batch_size):
        yield np.stack([square_of(picture, size_px) for picture in pictures[start : start + batch_size]])


if __name__ == "__main__":
    from ml.build import main  # which itself reads with what stands above

    sys.exit(main())

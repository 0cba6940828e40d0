"""Look once at every picture of a data set, and remember what was seen.

What was seen is kept in a CSV file to which lines are only added, so that a run stopped at any
time goes on where it was. A file that was changed since is looked at again.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.ahead import ahead
from ml.hashes import difference_hash, near_pairs
from ml.preprocess import UnreadableImage, decode, inspect

LOOKED_AT_PX = 64  # colours and hashes need no more
# Plain pictures (a circle, a gradient) have hashes alike whatever they show. In ../shared/paintings the five
# pairs within three bits are all of this kind, by different artists, and their mean colours 10.9 to 31.9 apart.
ALIKE_LAB = 10.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What one look at a picture tells. `lightness`, `red` and `yellow` are means in CIELAB (L*, a*, b*)."""

    path: str
    bytes: int
    modified_ns: int
    sha256: str
    problem: str = ""  # why it cannot be used; then what follows says nothing
    width: int = 0
    height: int = 0
    lightness: float = 0.0  # 0 black to 100 white
    red: float = 0.0  # about -100 green to 100 red
    yellow: float = 0.0  # about -100 blue to 100 yellow
    colourfulness: float = 0.0  # mean distance from grey, 0 to about 130
    hash: str = ""  # difference hash, 16 hex digits


def look(paths: Iterable[Path], kept: Path) -> dict[Path, Facts]:
    """Facts of every picture, those of files that are missing or broken with their problem.

    Holds no pixels but those being looked at.
    """
    known = _read(kept)
    kept.parent.mkdir(parents=True, exist_ok=True)
    found, wanted = {}, []
    for path in paths:
        facts = known.get(str(path))
        if facts and _is_as_seen(path, facts):
            found[path] = facts
        else:
            wanted.append(path)
    with kept.open("a", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Facts)])
        if not kept.stat().st_size:
            writer.writeheader()
        seen = tqdm(
            ahead(_look_at, wanted), total=len(wanted), desc="looking", unit=" pictures", disable=None
        )
        for path, facts in zip(wanted, seen, strict=True):
            found[path] = facts
            if facts.sha256:  # a missing file may come back
                writer.writerow(asdict(facts))
                file.flush()
    return found


def _is_as_seen(path: Path, facts: Facts) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (facts.bytes, facts.modified_ns)


def _read(kept: Path) -> dict[str, Facts]:
    """What earlier runs saw; the cut last line of a killed one is taken off the file."""
    if not kept.exists():
        return {}
    content = kept.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with kept.open("r+b") as file:
            file.truncate(len(whole))
    try:
        rows = csv.DictReader(io.StringIO(whole.decode("utf-8", "surrogateescape"), newline=""))
        return {row["path"]: _facts_of(row) for row in rows}
    except (ValueError, KeyError, TypeError, csv.Error):
        kept.unlink()  # written by another version of this code, or damaged: look again
        return {}


def _facts_of(row: dict[str, str]) -> Facts:
    return Facts(**{field.name: field.type(row[field.name]) for field in fields(Facts)})


def _look_at(path: Path) -> Facts:
    try:
        status, data = path.stat(), path.read_bytes()
    except OSError as error:
        return Facts(str(path), 0, 0, "", problem=f"The file cannot be read: {error.strerror}.")
    known = {
        "path": str(path),
        "bytes": status.st_size,
        "modified_ns": status.st_mtime_ns,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    try:
        size, image = (
            inspect(data),
            decode(data, fit_px=LOOKED_AT_PX),
        )  # proves what ml.preprocess.check proves
    except UnreadableImage as error:
        return Facts(**known, problem=str(error))
    lightness, red, yellow = lab(np.asarray(image)).reshape(-1, 3).T
    return Facts(
        **known,
        width=size.width,
        height=size.height,
        lightness=round(float(lightness.mean()), 2),
        red=round(float(red.mean()), 2),
        yellow=round(float(yellow.mean()), 2),
        colourfulness=round(float(np.hypot(red, yellow).mean()), 2),
        hash=f"{difference_hash(image):016x}",
    )


def near_duplicates(facts: Sequence[Facts]) -> Iterator[tuple[int, int]]:
    """Yield the numbers (i, j), i < j, of pictures that are nearly the same: by hash, and in mean colour."""
    colours = np.array([(seen.lightness, seen.red, seen.yellow) for seen in facts])
    for i, j in near_pairs([int(seen.hash, 16) for seen in facts]):
        if np.linalg.norm(colours[i] - colours[j]) <= ALIKE_LAB:
            yield i, j


def lab(pixels: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of sRGB bytes, shape (..., 3). After CIE 15:2004 and IEC 61966-2-1."""
    srgb = pixels / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])  # D65 is what white comes to with these
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)

"""Write the catalogue's labelled pictures into a folder that training can read."""

import csv
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .models import Artwork

COLUMNS = ["path", "style", "artist", "title", "year", "source_repo", "sha256"]


@dataclass(frozen=True)
class Exported:
    """One work whose turn has come; `problem` says why its picture could not be had."""

    work: Artwork
    is_new: bool = False
    problem: str = ""


def exportable():
    """Published works of the 18 styles that have a picture, the oldest entry first; no generated studies."""
    works = Artwork.objects.published().exclude(picture="").exclude(rights=Artwork.Rights.GENERATED)
    return works.filter(style__position__isnull=False).with_labels().order_by("pk")


def export(works, folder: Path) -> Iterator[Exported]:
    """Bring the works' pictures into `folder`, one by one, and list them in its manifest.csv.

    Pictures are hard links where the file system allows, else copies; those that lie there already are
    left alone. The manifest is written when all are through, so that where it is, the folder is complete.
    Raises OSError where nothing more can be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "manifest.csv.part"
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for work in works.iterator(chunk_size=1000):
            path = f"images/{work.style.slug}/{Path(work.picture.name).name}"
            try:
                source = _existing(work)
            except FileNotFoundError:
                yield Exported(work, problem="Its picture is missing. Import it again.")
                continue
            is_new = _bring(source, folder / path)
            writer.writerow(_row(work, path))
            yield Exported(work, is_new)
    part.replace(folder / "manifest.csv")


def _existing(work: Artwork) -> Path:
    path = Path(work.picture.path)
    if not path.is_file():
        raise FileNotFoundError(path)
    return path


def _bring(source: Path, target: Path) -> bool:
    """Whether anything had to be done."""
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    with suppress(OSError):  # another disk, or a file system without links
        os.link(source, part)
    if not part.exists():
        shutil.copyfile(source, part)
    part.replace(target)
    return True


def _row(work: Artwork, path: str) -> dict[str, object]:
    return {
        "path": path,
        "style": work.style.name,
        "artist": work.artist.name if work.artist else "",
        "title": work.title,
        "year": work.year or "",
        "source_repo": "catalogue",
        "sha256": work.sha256,
    }

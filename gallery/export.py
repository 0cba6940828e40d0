"""Write the catalogue's labelled pictures into a folder that training can read."""

import csv
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from .cells import neutral
from .models import Artwork, ArtworkQuerySet, LabelSuggestion, LabelSuggestionQuerySet
from .stored import LocalCopies

COLUMNS = ["path", "style", "artist", "title", "year", "source_repo", "sha256"]
VISITORS = "visitors"  # in the column source_repo


@dataclass(frozen=True)
class Exported:
    """One picture whose turn has come; `problem` says why it could not be had."""

    name: str
    is_new: bool = False
    problem: str = ""


def exportable() -> ArtworkQuerySet:
    """Published works of the 18 styles that have a picture, the oldest entry first; no generated studies."""
    works = Artwork.objects.published().exclude(picture="").exclude(rights=Artwork.Rights.GENERATED)
    return works.filter(style__position__isnull=False).with_labels().order_by("pk")


def exportable_suggestions() -> LabelSuggestionQuerySet:
    """Visitors' pictures whose label a curator accepted, and whose owners let curators see them."""
    accepted = LabelSuggestion.objects.filter(status=LabelSuggestion.Status.ACCEPTED, artwork=None)
    with_picture = accepted.exclude(picture="").filter(decided_style__position__isnull=False)
    return with_picture.select_related("decided_style").order_by("pk")


def export(works: ArtworkQuerySet, suggestions: LabelSuggestionQuerySet, folder: Path) -> Iterator[Exported]:
    """Bring the pictures into `folder`, one by one, and list them in its manifest.csv.

    Works' pictures are hard links where the file system allows, else copies; those that lie there already
    are left alone. The manifest is written when all are through, so that where it is, the folder is complete.
    Visitors' pictures that an export before brought and that were withdrawn since are deleted.
    Raises OSError where nothing more can be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "manifest.csv.part"
    withdrawn = _paths_of_visitors(folder / "manifest.csv")
    with part.open("w", newline="", encoding="utf-8") as file, LocalCopies() as copies:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for labelled in chain(works.iterator(chunk_size=1000), suggestions.iterator(chunk_size=1000)):
            name = f"{labelled.pk}, {labelled}"
            try:
                source = _existing(labelled, copies)
            except FileNotFoundError:
                yield Exported(name, problem=_what_to_do(labelled))
                continue
            row = _row(labelled, source)
            is_new = _bring(source, folder / row["path"])
            copies.forget(source)
            writer.writerow({column: neutral(cell) for column, cell in row.items()})
            withdrawn.discard(row["path"])
            yield Exported(name, is_new)
    for path in withdrawn:
        (folder / path).unlink(missing_ok=True)
    part.replace(folder / "manifest.csv")


def _paths_of_visitors(manifest: Path) -> set[str]:
    if not manifest.is_file():
        return set()
    with manifest.open(newline="", encoding="utf-8") as file:
        return {row["path"] for row in csv.DictReader(file) if row.get("source_repo") == VISITORS}


def _existing(labelled: Artwork | LabelSuggestion, copies: LocalCopies) -> Path:
    path = copies.path(labelled.picture.storage, labelled.picture.name)
    if not path.is_file():
        raise FileNotFoundError(path)
    return path


def _what_to_do(labelled: Artwork | LabelSuggestion) -> str:
    is_work = isinstance(labelled, Artwork)
    return "Its picture is missing. Import it again." if is_work else "Its picture is missing."


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


def _row(labelled: Artwork | LabelSuggestion, source: Path) -> dict[str, object]:
    if isinstance(labelled, Artwork):
        return _row_of_work(labelled)
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    style = labelled.decided_style
    return {
        "path": f"images/{style.slug}/{sha256}.jpg",
        "style": style.name,
        "artist": "",
        "title": "",
        "year": "",
        "source_repo": VISITORS,
        "sha256": sha256,
    }


def _row_of_work(work: Artwork) -> dict[str, object]:
    return {
        "path": f"images/{work.style.slug}/{Path(work.picture.name).name}",
        "style": work.style.name,
        "artist": work.artist.name if work.artist else "",
        "title": work.title,
        "year": work.year or "",
        "source_repo": "catalogue",
        "sha256": work.sha256,
    }

"""Where labelled pictures come from: manifests, and folders laid out as the research data set WikiArt.

The site's importer (`scraper.folder`) reads the same layouts for the catalogue; this one keeps only
what training needs, and depends on nothing but Python.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ml.dataset import NOT_A_PAINTING

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff"}
_YEAR_AT_END = re.compile(r"-(1[0-9]{3}|20[0-9]{2})(?:-\d{1,2})?(?:\(\d+\))?$")


class SourceError(ValueError):
    """A source is none that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A picture that a source names; nobody has looked at the file yet."""

    path: Path  # absolute
    style: str  # in the words of the source
    artist: str = ""
    title: str = ""
    year: int | None = None
    source: str = ""
    sha256: str = ""  # empty if the source does not say
    split: str = ""


def read_manifest_rows(manifest: Path) -> Iterator[Found]:
    """Read a manifest: path and style, and whatever else it has. Raises SourceError."""
    manifest = manifest.resolve()
    try:
        with manifest.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows = csv.DictReader(file)
            if missing := {"path", "style"} - set(rows.fieldnames or ()):
                raise SourceError(f"{manifest} has no column {' and '.join(sorted(missing))}.")
            for row in rows:
                if not row["path"]:
                    raise SourceError(f"{manifest}, line {rows.line_num}: it names no picture.")
                yield _found_in_manifest(manifest.parent, row)
    except (OSError, csv.Error) as error:
        raise SourceError(f"{manifest} cannot be read: {error}.") from error


def _found_in_manifest(folder: Path, row: dict[str, str]) -> Found:
    return Found(
        path=folder / row["path"],
        style=(row["style"] or "").strip(),
        artist=(row.get("artist") or "").strip(),
        title=(row.get("title") or "").strip(),
        year=_year(row.get("year") or ""),
        source=row.get("source_repo") or folder.name,
        sha256=(row.get("sha256") or "").strip().lower(),
        split=(row.get("split") or "").strip(),
    )


def _year(text: str) -> int | None:
    year = int(text) if text.strip().isdecimal() else 0
    return year if 100 <= year <= date.today().year else None


def read_research(folder: Path) -> Iterator[Found]:
    """Read Style_Name/artist-slug_title-slug-1890.jpg. Raises SourceError where there is no such file."""
    folder, is_empty = folder.resolve(), True
    if not folder.is_dir():
        raise SourceError(f"There is no folder {folder}.")
    for style in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for path in sorted(path for path in style.iterdir() if path.suffix.lower() in SUFFIXES):
            is_empty = False
            yield _found_in_folder(path, style.name, folder.name)
    if is_empty:
        raise SourceError(f"{folder} has no pictures like Style_Name/artist-slug_title-slug-1890.jpg.")


def _found_in_folder(path: Path, style: str, source: str) -> Found:
    if style == NOT_A_PAINTING:
        return Found(path, style, source=source)
    artist, _, rest = _repaired(path.stem).partition("_")
    match = _YEAR_AT_END.search(rest)
    year = _year(match[1]) if match else None
    title = rest[: match.start()] if match and year else rest
    return Found(
        path,
        style=style.replace("_", " "),
        artist=_words(artist).title(),
        title=_words(title).capitalize(),
        year=year,
        source=source,
    )


def _words(slug: str) -> str:
    return " ".join(slug.replace("-", " ").replace("_", " ").split())


def _repaired(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1 and then put in lower case: "grã©goire" is "grégoire"."""
    text = unicodedata.normalize("NFC", text)
    return re.sub(
        "[ÂÃâã][\x80-\xbf]",
        lambda pair: bytes([ord(pair[0][0].upper()), ord(pair[0][1])]).decode().lower(),
        text,
    )

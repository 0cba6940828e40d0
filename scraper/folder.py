"""Read folders of paintings: what is there, file by file. Knows neither database nor pictures."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

from gallery.cells import as_meant

from . import names
from .reasons import storable
from .records import ArtistRecord, NotAPainting, PaintingRecord, Record, Unusable

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff"}
NOT_A_PAINTING = "not-a-painting"
PLACEHOLDERS = ("FRAME-600x480.jpg", "ARTIST-480x600.jpg")  # WikiArt shows them in place of a picture


class UnknownLayout(ValueError):  # noqa: N818 - reads as what happened
    """The folder is none that can be read; the message says why."""


def recognise(folder: Path) -> str:
    """Tell the layout of a folder: one of LAYOUTS. Raises UnknownLayout."""
    if (folder / "manifest.csv").is_file():
        return "manifest"
    if _meta_folder(folder):
        return "downloader"
    if any(_looks_like_research(style) for style in _style_folders(folder)):
        return "research"
    raise UnknownLayout(
        f"{folder} is no folder of paintings that is known here: it has no manifest.csv, "
        "no folders like Style_Name/artist-slug_title-slug-1890.jpg, and no meta/ of the WikiArt downloader."
    )


def read(folder: Path, layout: str) -> Iterator[Record]:
    """Yield every record of a folder, in the same order every time. Raises UnknownLayout."""
    return LAYOUTS[layout](folder)


# Our manifest


def read_manifest(folder: Path) -> Iterator[Record]:
    """Read `manifest.csv`: path and style, and artist, title, year, sha256 where it has them."""
    try:
        with (folder / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := {"path", "style"} - set(rows.fieldnames or ()):
                raise UnknownLayout(f"manifest.csv has no column {' and '.join(sorted(missing))}.")
            for row in rows:
                yield _manifest_record(folder, row, rows.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnknownLayout(f"{folder / 'manifest.csv'} cannot be read: {error}.") from error


def _manifest_record(folder: Path, row: dict[str, str], line: int) -> Record:
    path, style = (row["path"] or "").strip(), names.clean(row["style"])
    if not path:
        return Unusable(f"manifest.csv, line {line}", "It names no picture.")
    if style == NOT_A_PAINTING:
        return NotAPainting(path)
    artist_slug, _, rest = Path(path).stem.partition("_")
    sha256 = (row.get("sha256") or "").strip().lower()
    title = names.clean(as_meant(row.get("title")))
    return PaintingRecord(
        name=path,
        picture=folder / path,
        source_key=f"sha256:{sha256}" if sha256 else _key_of_file(folder, path),
        title=names.title_of_words(title),
        styles=(style,) if style else (),
        styles_are_wikiarts=False,  # a manifest writes the merged ones
        artist=_manifest_artist(names.clean(as_meant(row.get("artist"))), artist_slug),
        year=names.year_of(row.get("year")),
        wikiart_slug=rest if _is_wikiarts_name(row, title, rest) else "",
        sha256=sha256,
    )


def _manifest_artist(name: str, slug: str) -> ArtistRecord | None:
    if not name:
        return None
    # Where a name has accents, WikiArt's slug may have lost letters: "joaqu-n-sorolla".
    is_sure = name.isascii() and names.slug_of(name) == slug
    return ArtistRecord(name=name, slug=names.slug_of(name), wikiart_slug=slug if is_sure else "")


def _is_wikiarts_name(row: dict[str, str], title: str, rest: str) -> bool:
    """Whether a file is called as WikiArt calls the painting: whole, not numbered, not translated."""
    whole = names.slug_of(f"{title} {row.get('year') or ''}")
    return row.get("label_source") == "per-picture" and bool(title) and rest in (names.slug_of(title), whole)


# The research data set "WikiArt": Style_Name/artist-slug_title-slug-1890.jpg


def read_research(folder: Path) -> Iterator[Record]:
    for style in _style_folders(folder):
        for picture in _pictures(style):
            name = f"{style.name}/{picture.name}"
            if storable(name) != name:
                yield Unusable(storable(name), "Its name is not written in UTF-8. Rename it.")
            elif style.name == NOT_A_PAINTING:
                yield NotAPainting(name)
            elif re.match(r"[^_]+_.", picture.stem):
                yield _research_record(folder, picture)
            else:
                yield Unusable(
                    name, "Its name does not tell artist and title, as artist-slug_title-slug.jpg does."
                )


def _style_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _pictures(style: Path) -> list[Path]:
    return sorted(path for path in style.iterdir() if path.suffix.lower() in SUFFIXES)


def _looks_like_research(style: Path) -> bool:
    """Whether a picture is named after an artist-slug; `img_1.jpg` is not."""
    return any(re.match(r"[^_A-Z]+-[^_A-Z]+_.", path.stem) for path in _pictures(style))


def _research_record(folder: Path, picture: Path) -> PaintingRecord:
    path = f"{picture.parent.name}/{picture.name}"
    artist, _, rest = names.repaired(picture.stem).partition("_")
    artist = artist.strip()
    title, year = names.title_and_year(rest)
    return PaintingRecord(
        name=path,
        picture=picture,
        source_key=_key_of_file(folder, path),
        title=title,
        styles=(_style_of_folder(picture.parent.name),),
        artist=ArtistRecord(
            name=names.artist_from_slug(artist),
            slug=names.slug_of(artist),
            wikiart_slug=names.slug_of(artist) if artist.isascii() else "",
        ),
        year=year,
        # "(1)" is the data set's own: WikiArt knows two such works by other names.
        wikiart_slug="" if "(" in rest or not rest.isascii() else rest,
    )


def _style_of_folder(name: str) -> str:
    """ "Color_Field_Painting" is Color Field Painting, "pop-art" Pop Art."""
    name = names.clean(names.repaired(name).replace("_", " "))
    return name if name != name.lower() else name.replace("-", " ").title()


def _key_of_file(folder: Path, path: str) -> str:
    """Names a file by its path inside the folder and its size, so that the folder may move."""
    try:
        return f"file:{path}:{(folder / path).stat().st_size}"
    except OSError:  # reading it will say more
        return f"file:{path}:"


# The output of lucasdavid/wikiart: meta/{artist}.json, images/{artist}/{year}/{contentId}.jpg


def read_downloader(folder: Path) -> Iterator[Record]:
    """Read what the downloader left, also where it was interrupted."""
    meta = _meta_folder(folder)
    if meta is None:
        raise UnknownLayout(f"{folder} has no meta/ with JSON files in it.")
    yield from _artists_trouble(meta)
    artists = _artists(meta)
    for path in sorted(meta.glob("*.json")):
        if path.name == "artists.json":
            continue
        try:
            items = _json_list(path)
        except ValueError as error:
            yield Unusable(f"meta/{path.name}", f"The file cannot be read: {error}. Fetch it again.")
            continue
        for item in items:
            yield _downloader_record(meta.parent, path.stem, item, artists)


def _meta_folder(folder: Path) -> Path | None:
    """`meta/` in the folder, or one level below, where the downloader makes `wikiart/`."""
    candidates = [folder / "meta", *(path / "meta" for path in _style_folders(folder))]
    return next((path for path in candidates if path.is_dir() and any(path.glob("*.json"))), None)


def _json_list(path: Path) -> list[dict]:
    """Raises ValueError; an interrupted download leaves cut files."""
    content = json.loads(path.read_bytes())
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise ValueError("it is no list of records")
    return content


def _artists_trouble(meta: Path) -> Iterator[Unusable]:
    try:
        _json_list(meta / "artists.json")
    except FileNotFoundError:
        pass  # life dates are then not known
    except ValueError as error:
        yield Unusable("meta/artists.json", f"The file cannot be read: {error}. Fetch it again.")


def _artists(meta: Path) -> dict[str, dict]:
    """The artists of `artists.json` by their slug."""
    try:
        return {item["url"]: item for item in _json_list(meta / "artists.json") if item.get("url")}
    except (FileNotFoundError, ValueError):
        return {}


def _downloader_record(root: Path, artist_slug: str, item: dict, artists: dict[str, dict]) -> Record:
    # An item whose detail call failed has neither artistUrl nor style.
    artist_slug = item.get("artistUrl") or artist_slug
    content_id, title = item.get("contentId"), names.title(item.get("title") or "")
    name = f"{artist_slug}/{item.get('url') or content_id}"
    if not content_id:
        return Unusable(name, "It has no contentId, so its picture cannot be told.")
    if (item.get("image") or "").endswith(PLACEHOLDERS):
        return Unusable(name, "WikiArt shows only a placeholder for it.")
    return PaintingRecord(
        name=name,
        picture=_downloaded_picture(root, artist_slug, item),
        source_key=f"wikiart:{content_id}",
        title=title,
        styles=names.listed(item.get("style")),
        artist=_downloaded_artist(artist_slug, item, artists.get(artist_slug, {})),
        year=names.year_of(item.get("completitionYear")) or names.year_of(item.get("yearAsString")),
        genres=names.listed(item.get("genre")),
        wikiart_id=str(content_id),
        wikiart_slug=item.get("url") or "",
        source_url=item.get("image") or "",
    )


def _downloaded_picture(root: Path, artist_slug: str, item: dict) -> Path:
    """Where the picture lies; where it should lie if it is nowhere.

    The year in the path is the one known when it was fetched; the record's may have been corrected since.
    """
    folder, file = root / "images" / artist_slug, f"{item['contentId']}.jpg"
    expected = folder / str(item.get("completitionYear") or "unknown-year") / file
    if expected.is_file():
        return expected
    return next(iter(sorted(folder.glob(f"*/{file}"))), expected)


def _downloaded_artist(slug: str, item: dict, facts: dict) -> ArtistRecord:
    birth, death = names.life_years(facts)
    return ArtistRecord(
        name=names.artist_name(facts.get("artistName") or item.get("artistName") or "", slug),
        slug=names.slug_of(slug),
        wikiart_slug=slug,
        wikiart_id=str(facts.get("contentId") or item.get("artistContentId") or ""),
        birth_year=birth,
        death_year=death,
    )


LAYOUTS = {"manifest": read_manifest, "research": read_research, "downloader": read_downloader}

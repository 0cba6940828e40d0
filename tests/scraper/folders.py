"""Folders of paintings in the three layouts, made at test time."""

import csv
import hashlib
import json
from io import BytesIO
from pathlib import Path

from tests import pictures

COLUMNS = ["path", "style", "artist", "title", "year", "label_source", "source_repo", "sha256", "split"]


def picture(seed: int) -> bytes:
    """A JPEG of 160 × 120 px; another seed gives another painting."""
    out = BytesIO()
    pictures.composition(160, 120, seed).save(out, "JPEG")
    return out.getvalue()


def manifest_row(path: str, data: bytes | None = None, **fields: str) -> dict[str, str]:
    defaults = {
        "style": "Cubism",
        "artist": "Juan Gris",
        "title": "Fruit Dish",
        "label_source": "per-picture",
    }
    sha256 = hashlib.sha256(data).hexdigest() if data is not None else ""
    return {"path": path, "sha256": sha256} | defaults | fields


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def make_manifest(folder: Path, rows: list[dict[str, str]], columns: list[str] = COLUMNS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    return folder


def make_paintings(folder: Path, count: int) -> Path:
    """A folder with a manifest of so many different paintings."""
    rows = []
    for number in range(count):
        path, data = f"images/cubism/juan-gris_fruit-dish-{number}-1917.jpg", picture(number)
        write(folder / path, data)
        rows.append(manifest_row(path, data, title=f"Fruit Dish {number}", year="1917"))
    return make_manifest(folder, rows)


def make_research(folder: Path, *names: str) -> Path:
    for seed, name in enumerate(names):
        write(folder / name, picture(seed))
    return folder


def make_item(content_id: int, **fields: object) -> dict[str, object]:
    """A record as lucasdavid/wikiart keeps it."""
    return {
        "title": "Water Lilies",
        "contentId": content_id,
        "artistContentId": 211667,
        "artistName": "Monet Claude ",
        "completitionYear": 1908,
        "yearAsString": "1908",
        "image": "https://uploads.wikiart.org/images/claude-monet/water-lilies.jpg!Large.jpg",
        "artistUrl": "claude-monet",
        "url": f"water-lilies-{content_id}",
        "genre": "landscape",
        "style": "Impressionism",
    } | fields


def make_downloader(folder: Path, *items: dict[str, object], artists: list[dict] | None = None) -> Path:
    """The output of lucasdavid/wikiart for Monet, with the picture of every item."""
    for item in items:
        year = item["completitionYear"] or "unknown-year"
        path = folder / "images" / "claude-monet" / str(year) / f"{item['contentId']}.jpg"
        write(path, picture(int(item["contentId"]) % 1000))
    write(folder / "meta" / "claude-monet.json", json.dumps(items).encode())
    if artists is not None:
        write(folder / "meta" / "artists.json", json.dumps(artists).encode())
    return folder


MONET = {
    "contentId": 211667,
    "artistName": "Claude Monet",
    "url": "claude-monet",
    "lastNameFirst": "Monet Claude",
    "birthDay": "/Date(-4074969600000)/",
    "deathDay": "/Date(-1359331200000)/",
    "birthDayAsString": "November 14, 1840",
    "deathDayAsString": None,
}

"""What the local WikiArt knows: painters and works, made up by a seed; the same on every run.

Pictures are the generated studies of gallery.studies, the files of a folder, or quick compositions.
Nobody of these painters ever lived. The quirks of the real data are all in it.
"""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image

from gallery import studies
from scraper import folder as folders
from scraper.names import slug_of
from scraper.records import PaintingRecord
from tests import pictures

FIRST = [
    "Jürgen",
    "Ana",
    "Pieter",
    "Žofia",
    "Henri",
    "Mirela",
    "Ivo",
    "Séverine",
    "Tomás",
    "Kaja",
    "Enzo",
    "Ylva",
]
LAST = ["van der Meulen", "Almquist", "O'Rourke", "de la Fuente", "Brânză", "Kowal", "Æbelø", "Tanaka",
        "Lindqvist", "Moreau-Petit", "D'Orsi", "Quist", "Vondráček", "Halloran", "Mendes"]  # fmt: skip
GENRES = ["landscape", "portrait", "still life", "genre painting", "cityscape", "abstract", "marina"]
MEDIA = [("oil", "canvas"), ("oil", "panel"), ("watercolor", "paper"), ("tempera",), ("ink", "paper")]
NATIONS = {81: "Dutch", 82: "French", 83: "Polish", 84: "Japanese", 85: "Swedish"}
PLACES = ["OsloNorway", "ParisFrance", "Saint-rémy-de-provenceFrance", "ZaandamNetherlands", "", "Italy"]
GALLERIES = [["Town Museum, Oslo, Norway"], ["Private Collection", "House of Prints, Ghent, Belgium"], []]
YEARS = ["c.1488", "1920-1930", "XX cent.", "", "0001", "?"]
NOUNS = ["Harbour", "Orchard", "Nude", "Bridge", "Garden", "Harvest", "Studio", "River", "Window", "Dance"]
QUALITIES = [
    "Blue",
    "Old",
    "Quiet",
    "Artist's",
    "Winter",
    "Red & White",
    "Second",
    "Müller's",
    "Long",
    "“Lost”",
]
PLACEHOLDER = "/Content/images/FRAME-600x480.jpg"
LARGE_LEGACY_ID = 9_223_372_032_559_800_001  # where the real ones of after 2017 lie
BOXES = {"Large": (750, 600), "HalfHD": (1366, 768), "HD": (1920, 1080), "Blog": (500, 500),
         "PinterestLarge": (280, 1000), "PinterestSmall": (210, 1000), "Portrait": (300, 300)}  # fmt: skip


@dataclass(slots=True)
class Painter:
    number: int
    first: str
    last: str
    slug: str
    birth: int
    death: int | None  # None: living
    nation: int
    works: list["Work"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()

    @property
    def last_first(self) -> str:
        return f"{self.last} {self.first} "

    @property
    def id(self) -> str:
        return _hex("artist", self.number)

    @property
    def legacy_id(self) -> int:
        return 190_000 + self.number

    @property
    def is_free(self) -> bool:
        return self.death is not None and self.death < 1950


@dataclass(slots=True)
class Work:
    number: int
    painter: Painter
    title: str
    slug: str
    styles: tuple[str, ...]
    genre: str
    year: int | None
    year_text: str
    width: int
    height: int
    picture: str  # the path of the original; PLACEHOLDER where it is withheld
    paint: Callable[[], bytes]  # a JPEG of width × height px

    @property
    def id(self) -> str:
        return _hex("work", self.number)

    @property
    def legacy_id(self) -> int:
        return LARGE_LEGACY_ID + self.number if self.has("large id") else 210_000 + self.number

    @property
    def is_free(self) -> bool:
        return self.painter.is_free

    @property
    def has_original(self) -> bool:
        """Some originals are gone, while their renditions are still there."""
        return self.number % 11 != 5

    def has(self, quirk: str) -> bool:
        every = {"large id": 29, "escaped twice": 14, "missing keys": 16, "one size": 10, "swapped": 25,
                 "no slug": 23}[quirk]  # fmt: skip
        return self.number % every == 8


class World:
    """All there is, and where to find it."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.painters: list[Painter] = []
        self.works: list[Work] = []
        self.by_slug: dict[str, Painter] = {}
        self.by_style: dict[str, list[Work]] = {}
        self.by_genre: dict[str, list[Work]] = {}
        self.style_names: dict[str, str] = {}
        self.by_picture: dict[str, Work] = {}
        self.by_id: dict[str, Work] = {}
        self.by_legacy_id: dict[int, Work] = {}
        self._slugs: set[tuple[str, str]] = set()

    @classmethod
    def made_up(cls, works: int, seed: int = 1) -> "World":
        """So many works with quickly composed pictures, 15 to 60 by a painter."""
        world = cls(seed)
        styles = list(_style_names().values())
        for number in range(works):
            chance = random.Random(seed * 1_000_003 + number)
            width, height = chance.choice([(240, 180), (180, 240), (320, 200), (200, 200)])
            title = f"{chance.choice(QUALITIES)} {chance.choice(NOUNS)}"
            style = styles[(number // 7) % len(styles)]
            world.add(title, style, world.painter(number // 40, chance), width, height,
                      lambda number=number, size=(width, height): composition(*size, number), chance)  # fmt: skip
        return world

    @classmethod
    def of_studies(cls, seed: int = 1) -> "World":
        """The generated studies, each by a made-up painter of its style."""
        world = cls(seed)
        for place, (slug, paintings) in enumerate(studies.WORKS.items()):
            for number, study in enumerate(paintings, start=1):
                chance = random.Random(seed * 1_000_003 + len(world.works))
                world.add(study.title, _style_names()[slug], world.painter(place, chance), *study.size,
                          lambda slug=slug, number=number: _study(slug, number), chance)  # fmt: skip
        return world

    @classmethod
    def of_folder(cls, path: Path, seed: int = 1) -> "World":
        """The paintings of a folder that import_folder can read, under their own names."""
        world = cls(seed)
        for record in folders.read(path, folders.recognise(path)):
            if not isinstance(record, PaintingRecord) or not record.picture or not record.picture.is_file():
                continue
            chance = random.Random(seed * 1_000_003 + len(world.works))
            with Image.open(record.picture) as image:
                width, height = image.size
            painter = world.painter_named(record.artist.name if record.artist else "Nobody Known", chance)
            style = record.styles[0] if record.styles else ""
            world.add(record.title, style, painter, width, height, record.picture.read_bytes, chance,
                      year=record.year, suffix=record.picture.suffix)  # fmt: skip
        return world

    def painter(self, number: int, chance: random.Random) -> Painter:
        """The painter of this number, made up when first asked for."""
        while number >= len(self.painters):
            made = len(self.painters)
            first, last = FIRST[made % len(FIRST)], LAST[made // 3 % len(LAST)]
            self._enter(first, f"{last} {_roman(made // 180)}".strip(), chance)
        return self.painters[number]

    def painter_named(self, name: str, chance: random.Random) -> Painter:
        first, _, last = name.rpartition(" ")
        known = self.by_slug.get(slug_of(name))
        return known or self._enter(first, last, chance)

    def _enter(self, first: str, last: str, chance: random.Random) -> Painter:
        birth = chance.choice([1483, 1610, 1722, 1801, 1840, 1855, 1869, 1881, 1899, 1931, 1960])
        death = birth + chance.randint(35, 80) if birth < 1950 else None
        number, slug = len(self.painters), slug_of(f"{first} {last}")
        while slug in self.by_slug:
            slug += "-1"
        painter = Painter(number, first, last, slug, birth, death, 81 + number % len(NATIONS))
        self.painters.append(painter)
        self.by_slug[painter.slug] = painter
        return painter

    def add(
        self,
        title: str,
        style: str,
        painter: Painter,
        width: int,
        height: int,
        paint: Callable[[], bytes],
        chance: random.Random,
        *,
        year: int | None = None,
        suffix: str = "",
    ) -> None:
        number = len(self.works)
        year = year or painter.birth + chance.randint(20, 34)
        year_text = YEARS[number // 12 % len(YEARS)] if number % 12 == 4 else str(year)
        slug = self._free_slug(painter, slug_of(f"{title} {year}"), number)
        work = Work(
            number=number,
            painter=painter,
            title=_quirky_title(title, number),
            slug=slug,
            styles=(style, "Realism") if number % 11 == 7 and style != "Realism" else (style,),
            genre=chance.choice(GENRES) + (", portrait" if number % 17 == 3 else ""),
            year=year if year_text.isdigit() and year_text != "0001" else None,
            year_text=year_text,
            width=width,
            height=height,
            picture=PLACEHOLDER if number % 50 == 17 else _picture_path(painter.slug, slug, number, suffix),
            paint=paint,
        )
        self._file(work)

    def _file(self, work: Work) -> None:
        self.works.append(work)
        work.painter.works.append(work)
        for style in work.styles:
            self.by_style.setdefault(slug_of(style), []).append(work)
            self.style_names.setdefault(slug_of(style), style)
        for genre in work.genre.split(", "):
            self.by_genre.setdefault(slug_of(genre), []).append(work)
        self.by_picture[work.picture] = work
        self.by_id[work.id] = work
        self.by_legacy_id[work.legacy_id] = work

    def _free_slug(self, painter: Painter, slug: str, number: int) -> str:
        if number % 19 == 9:
            slug = f"not_detected_{212_000 + number}"
        wanted, others = slug, 1
        while (painter.slug, slug) in self._slugs:
            others += 1
            slug = f"{wanted}-{others}"
        self._slugs.add((painter.slug, slug))
        return slug


def _quirky_title(title: str, number: int) -> str:
    if number % 9 == 2:
        return title.replace(" ", " \xa0", 1)  # a blank and one that does not break
    if number % 10 == 3:
        return unicodedata.normalize("NFD", f"{title} à Évian")
    if number % 19 == 9:
        return f"Not detected {212_000 + number}"
    return f"{title} " if number % 8 == 1 else title


def _picture_path(artist: str, slug: str, number: int, suffix: str) -> str:
    suffix = suffix or {6: ".jpeg", 10: ".JPG"}.get(number % 13, ".jpg")
    folder = f"/{number % 100_000:05}/images/{artist}" if number % 13 == 9 else f"/images/{artist}"
    mark = {7: "-é", 8: "(1)"}.get(number % 13, "")
    return f"{folder}/{slug}{mark}{suffix}"


# Pictures


def picture(work: Work, rendition: str) -> bytes | None:
    """The bytes of a rendition, or of the original where that is empty; None where there is none."""
    if not rendition:
        return _original(work) if work.has_original else None
    if rendition not in BOXES:
        return None
    box = BOXES[rendition]
    if work.width <= box[0] and work.height <= box[1]:
        return _original(work)
    return _shrunk(work, box)


def _original(work: Work) -> bytes:
    return _kept(work.paint)


@lru_cache(maxsize=256)
def _kept(paint: Callable[[], bytes]) -> bytes:
    return paint()


def _shrunk(work: Work, box: tuple[int, int]) -> bytes:
    with Image.open(BytesIO(_original(work))) as image:
        small = image.convert("RGB")
        small.thumbnail(box)
        return _jpeg(small)


def composition(width: int, height: int, seed: int) -> bytes:
    return _jpeg(pictures.composition(width, height, seed))


def placeholder() -> bytes:
    return _jpeg(Image.new("RGB", (600, 480), "#d8d8d8"))


@lru_cache(maxsize=256)
def portrait(number: int) -> bytes:
    return composition(240, 300, 900_000 + number)


def _study(slug: str, number: int) -> bytes:
    return _jpeg(studies.paint(slug, number).image)


def _jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def _style_names() -> dict[str, str]:
    """WikiArt's names of the styles that have studies, by our slug."""
    names = {slug: slug.replace("-", " ").title() for slug in studies.STYLE_SLUGS}
    return names | {
        "art-nouveau-modern": "Art Nouveau (Modern)",
        "naive-art-primitivism": "Naïve Art (Primitivism)",
        "renaissance": "High Renaissance",
        "neo-expressionism": "Neo-Expressionism",
        "ukiyo-e": "Ukiyo-e",
    }


def _hex(kind: str, number: int) -> str:
    return sha256(f"{kind} {number}".encode()).hexdigest()[:24]


def _roman(number: int) -> str:
    return "" if number == 0 else f"{number + 1:x}".upper()


def fraction(*parts: object) -> float:
    """A number from 0 to 1 that depends on these alone."""
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:6]) / 2**48

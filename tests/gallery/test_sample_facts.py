"""The facts of the sample catalogue, read as plain data: no database, no loader."""

import json
import re
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "gallery" / "sample"
METADATA = ROOT.parent / "shared" / "wikiart-metadata"

STYLE_FILES = sorted((SAMPLE / "styles").glob("*.toml"))
STYLES = [tomllib.loads(path.read_text(encoding="utf-8")) for path in STYLE_FILES]
ARTISTS = tomllib.loads((SAMPLE / "artists.toml").read_text(encoding="utf-8"))["artists"]
STYLE_BY_SLUG = {style["slug"]: style for style in STYLES}
ARTIST_BY_SLUG = {artist["slug"]: artist for artist in ARTISTS}
THIS_YEAR = datetime.now(UTC).year

NAMES = {
    "Abstract Art",
    "Art Nouveau (Modern)",
    "Baroque",
    "Conceptual Art",
    "Cubism",
    "Expressionism",
    "Impressionism",
    "Minimalism",
    "Naïve Art (Primitivism)",
    "Neo-Expressionism",
    "Neoclassicism",
    "Pop Art",
    "Realism",
    "Renaissance",
    "Romanticism",
    "Surrealism",
    "Symbolism",
    "Ukiyo-e",
}

needs_wikiart_metadata = pytest.mark.skipif(
    not METADATA.is_dir(), reason="NOT CHECKED against WikiArt: ../shared/wikiart-metadata is not here"
)
each_style = pytest.mark.parametrize("style", STYLES, ids=[style["slug"] for style in STYLES])


def words(text):
    return len(text.split())


def last_year(style_or_artist):
    """When it ended or they died; this year for what goes on."""
    ended = style_or_artist.get("end_year") or style_or_artist.get("death_year")
    return ended or THIS_YEAR


def test_there_are_the_eighteen_styles_and_no_other():
    assert {style["name"] for style in STYLES} == NAMES
    assert len(STYLES) == 18


def test_the_files_stand_in_the_order_of_art_history():
    numbered = [f"{place:02d}-{style['slug']}.toml" for place, style in enumerate(STYLES, start=1)]
    starts = [style["start_year"] for style in STYLES]

    assert [path.name for path in STYLE_FILES] == numbered
    assert starts == sorted(starts)


@each_style
def test_a_style_ends_after_it_began_and_not_in_the_future(style):
    assert style["start_year"] < last_year(style) <= THIS_YEAR


@each_style
def test_a_description_has_120_to_200_words_in_two_or_three_paragraphs(style):
    paragraphs = style["description"].strip().split("\n\n")

    assert 120 <= words(style["description"]) <= 200
    assert len(paragraphs) in (2, 3)
    assert all("\n" not in paragraph for paragraph in paragraphs)


@each_style
def test_a_summary_is_one_short_sentence(style):
    assert words(style["summary"]) <= 25
    assert style["summary"].endswith(".")
    assert style["summary"].count(".") == 1


@each_style
def test_a_style_names_three_to_five_things_to_look_for(style):
    assert 3 <= len(style["look_for"]) <= 5
    assert all(words(sign) <= 12 for sign in style["look_for"])


def test_nothing_shouts():
    said = [style["description"] + style["summary"] + "".join(style["look_for"]) for style in STYLES]
    said += [artist["note"] for artist in ARTISTS]

    assert not [text for text in said if "!" in text]


def test_no_wikiart_style_is_counted_twice():
    counted = Counter(name for style in STYLES for name in style["includes"])

    assert max(counted.values()) == 1


@each_style
def test_a_style_counts_its_own_name(style):
    assert style["name"] in style["includes"]


def test_neighbours_are_known_and_name_each_other():
    came_from = {(older, style["slug"]) for style in STYLES for older in style["came_from"]}
    led_to = {(style["slug"], newer) for style in STYLES for newer in style["led_to"]}

    assert came_from == led_to
    assert {slug for pair in led_to for slug in pair} <= set(STYLE_BY_SLUG)


def test_no_style_comes_from_a_younger_one():
    pairs = [(STYLE_BY_SLUG[older], style) for style in STYLES for older in style["came_from"]]

    assert all(older["start_year"] < younger["start_year"] for older, younger in pairs)


def test_there_are_ninety_artists_or_more_each_once():
    assert len(ARTISTS) >= 90
    assert len({artist["slug"] for artist in ARTISTS}) == len(ARTISTS)
    assert len({artist["name"] for artist in ARTISTS}) == len(ARTISTS)
    assert len({artist["wikipedia"] for artist in ARTISTS}) == len(ARTISTS)


@each_style
def test_a_style_names_five_famous_artists_or_more_each_once(style):
    famous = style["famous_artists"]

    assert len(famous) >= 5
    assert len(set(famous)) == len(famous)


def test_every_famous_artist_has_an_entry_and_every_entry_is_used():
    famous = {slug for style in STYLES for slug in style["famous_artists"]}

    assert famous == {artist["slug"] for artist in ARTISTS}


@each_style
def test_a_famous_artist_was_grown_up_before_the_style_ended(style):
    born_too_late = [
        slug for slug in style["famous_artists"] if ARTIST_BY_SLUG[slug]["birth_year"] + 15 > last_year(style)
    ]

    assert born_too_late == []


def test_only_forerunners_died_before_their_style_began():
    died_before = {
        (slug, style["slug"])
        for style in STYLES
        for slug in style["famous_artists"]
        if last_year(ARTIST_BY_SLUG[slug]) < style["start_year"]
    }

    assert died_before == {("giotto", "renaissance"), ("piero-manzoni", "conceptual-art")}


def test_every_life_has_a_possible_length():
    odd = [a["slug"] for a in ARTISTS if not 20 <= last_year(a) - a["birth_year"] <= 102]

    assert odd == []


def test_every_artist_has_three_works_or_more_in_order_of_time():
    odd = [
        artist["slug"]
        for artist in ARTISTS
        if len({work["title"] for work in artist["works"]}) < 3
        or artist["works"] != sorted(artist["works"], key=lambda work: work["year"])
    ]

    assert odd == []


def test_no_work_was_made_before_or_after_its_maker_lived():
    """Casts and prints made after a death are not counted as works."""
    odd = [
        (artist["slug"], work["title"])
        for artist in ARTISTS
        for work in artist["works"]
        if not artist["birth_year"] + 15 <= work["year"] <= last_year(artist)
    ]

    assert odd == []


def test_every_note_is_one_short_sentence():
    odd = [a["slug"] for a in ARTISTS if words(a["note"]) > 22 or not a["note"].endswith(".")]

    assert odd == []


def test_wikipedia_titles_are_titles_and_not_addresses():
    odd = [a["slug"] for a in ARTISTS if " " in a["wikipedia"] or "/" in a["wikipedia"]]

    assert odd == []


@needs_wikiart_metadata
def test_wikiart_knows_every_style_we_count_and_its_address():
    terms = json.loads((METADATA / "wikiart-dictionaries.json").read_text(encoding="utf-8"))
    counted = {name for style in STYLES for name in style["includes"]}

    assert counted <= set(terms)
    assert [style["wikiart_slug"] for style in STYLES] == [terms[style["name"]]["url"] for style in STYLES]


@needs_wikiart_metadata
def test_wikiart_knows_every_artist():
    known = set(json.loads((METADATA / "wikiart-artist-ids.json").read_text(encoding="utf-8")))
    for part in ("train", "val"):
        rows = (METADATA / "artgan" / f"style_{part}.csv").read_text(encoding="utf-8").splitlines()
        known |= {row.partition("/")[2].partition("_")[0] for row in rows}

    assert not {artist["slug"] for artist in ARTISTS} - known


# The texts in other languages

LANGUAGES = ["fr", "de"]
TRANSLATED = ["summary", "look_for", "description"]
NARROW_SPACE = "\u202f"


def translation_of(style, language):
    number = STYLES.index(style)
    return tomllib.loads(
        (SAMPLE / "styles" / language / STYLE_FILES[number].name).read_text(encoding="utf-8")
    )


each_translation = pytest.mark.parametrize(
    ("style", "language"),
    [pytest.param(style, code, id=f"{style['slug']}-{code}") for style in STYLES for code in LANGUAGES],
)


def test_there_is_one_translation_of_each_style_and_no_other_file():
    for language in LANGUAGES:
        found = sorted(path.name for path in (SAMPLE / "styles" / language).iterdir())

        assert found == [path.name for path in STYLE_FILES]
    assert {path.name for path in (SAMPLE / "styles").iterdir() if path.is_dir()} == set(LANGUAGES)


@each_translation
def test_a_translation_says_all_that_the_english_says_and_in_other_words(style, language):
    text = translation_of(style, language)

    assert list(text) == TRANSLATED
    assert len(text["look_for"]) == len(style["look_for"])
    assert len(text["description"].strip().split("\n\n")) == len(style["description"].strip().split("\n\n"))
    assert not {text["summary"], text["description"], *text["look_for"]} & {
        style["summary"],
        style["description"],
        *style["look_for"],
    }


@each_translation
def test_a_translation_names_the_same_years(style, language):
    """Years of four digits; German and French write decades with the same ones."""
    said, meant = (
        Counter(re.findall(r"1[0-9]{3}", text["description"]))
        for text in (translation_of(style, language), style)
    )

    assert said == meant


@each_translation
def test_a_translation_is_as_short_as_the_english_and_does_not_shout(style, language):
    text = translation_of(style, language)
    said = text["summary"] + "".join(text["look_for"]) + text["description"]

    assert words(text["summary"]) <= 35
    assert text["summary"].endswith(".")
    assert all(words(sign) <= 14 for sign in text["look_for"])
    assert 120 <= words(text["description"]) <= 240
    assert "!" not in said


@each_translation
def test_a_translation_is_set_as_its_language_sets_type(style, language):
    text = translation_of(style, language)
    said = "\n".join([text["summary"], *text["look_for"], text["description"]])

    assert not set(said) & set("\"'")
    if language == "fr":
        assert not re.findall(rf"[^{NARROW_SPACE}][;:?»]|«[^{NARROW_SPACE}]|[„“”]", said)
    else:
        assert said.count("„") == said.count("“")
        assert not re.findall(r"[«»”]| [;:?!]", said)

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper import answers
from scraper.records import ArtistRecord, PaintingRecord, Unusable

PAYLOADS = Path(__file__).parents[2].parent / "shared" / "wikiart-payloads"

LISTED = {
    "id": "57726e1fedc2cb3880b5ffb7",
    "title": "Anna&amp;#39;s Caf&#233; ",
    "year": "1920-1930",
    "width": 800,
    "height": 600,
    "artistName": "J&#252;rgen Quist",
    "image": "https://uploads3.wikiart.org/00123/images/jurgen-quist/café.jpeg",
    "map": "0123**67*",
    "paintingUrl": "/en/jurgen-quist/anna-s-cafe-1920",
    "artistUrl": "/en/jurgen-quist",
    "albums": None,
    "flags": 2,
    "images": None,
}
LEGACY = {
    "title": "Anna's Cafe\u0301",
    "contentId": 9223372032559842758,
    "artistContentId": 190001,
    "artistName": "Quist Jürgen ",
    "completitionYear": 1920,
    "yearAsString": "1920-1930",
    "width": 800,
    "image": "https://uploads7.wikiart.org/00123/images/jurgen-quist/caf%C3%A9.jpeg!Large.jpeg",
    "height": 600,
    "artistUrl": "jurgen-quist",
    "url": "anna-s-cafe-1920",
    "dictionaries": [0],
    "location": "OsloNorway",
    "period": None,
    "serie": "Harbours",
    "genre": "cityscape, portrait",
    "style": "Realism, Impressionism",
    "material": None,
    "technique": None,
    "sizeX": 40,
    "sizeY": 30.5,
    "galleryName": "Town Museum, Oslo, Norway",
    "tags": "trees, Water, trees",
    "description": "One.\r\n\r\n[i]Two[/i].",
}
API = {
    "id": "57726e1fedc2cb3880b5ffb7",
    "title": "Anna's Café",
    "url": "anna-s-cafe-1920",
    "artistUrl": "jurgen-quist",
    "artistName": "Quist Jürgen ",
    "artistId": "57726d7bedc2cb3880b47a89",
    "completitionYear": 1920,
    "dictionaries": [],
    "location": "OsloNorway",
    "period": None,
    "serie": {"id": "57726d7bedc2cb3880b47a8f", "title": "Harbours"},
    "genres": ["cityscape", "portrait"],
    "styles": ["Realism", "Impressionism"],
    "media": ["oil", "canvas"],
    "sizeX": 40.0,
    "sizeY": 30.5,
    "diameter": None,
    "galleries": ["Town Museum, Oslo, Norway"],
    "tags": ["trees", "Water"],
    "description": "One.\r\n\r\n[i]Two[/i].",
    "width": 750,
    "image": "https://uploads1.wikiart.org/00123/images/jurgen-quist/café.jpeg!Large.jpeg",
    "height": 563,
}
ARTIST = {
    "contentId": 195896,
    "artistName": "Ivan Aivazovsky",
    "url": "ivan-aivazovsky",
    "lastNameFirst": "Aivazovsky Ivan ",
    "birthDay": "/Date(-4810154400000)/",
    "deathDay": "/Date(-61998660000000)/",
    "birthDayAsString": "29 July 1817",
    "deathDayAsString": "05 May 1900",
    "image": "https://uploads3.wikiart.org/images/ivan-aivazovsky.jpg!Portrait.jpg",
    "wikipediaUrl": "http://en.wikipedia.org/wiki/Ivan_Aivazovsky",
    "dictonaries": [310],
}


def read(answer):
    return list(answers.read_answer(json.dumps(answer)))


@pytest.mark.parametrize(
    "answer",
    [
        {"Paintings": [LISTED], "AllPaintingsCount": 1, "PageSize": 60},
        {"data": [API], "paginationToken": None, "hasMore": False},
        [LISTED],
        [LEGACY],
        LEGACY,
        API,
    ],
)
def test_every_interface_tells_the_same_work(answer):
    [work] = read(answer)

    assert work.name == "jurgen-quist/anna-s-cafe-1920"
    assert (work.title, work.year) == ("Anna's Café", 1920)
    assert (work.artist.name, work.artist.wikiart_slug) == ("Jürgen Quist", "jurgen-quist")
    assert work.picture_path == "/00123/images/jurgen-quist/café.jpeg"


@pytest.mark.parametrize("answer", [LEGACY, API])
def test_details_of_both_kinds_tell_the_same(answer):
    [work] = read(answer)

    assert work.has_details
    assert (work.styles, work.genres) == (("Realism", "Impressionism"), ("cityscape", "portrait"))
    assert (work.place, work.series, work.period) == ("Oslo, Norway", "Harbours", "")
    assert (work.collection, work.tags) == ("Town Museum, Oslo, Norway", ("trees", "Water"))
    assert (work.width_cm, work.height_cm) == (40, 30.5)
    assert work.description == "One.\n\nTwo."


def test_only_the_original_size_counts_as_such():
    assert [(work.width_px, work.height_px) for work in map(answers.read_painting, (LEGACY, API))] == [
        (800, 600),
        (None, None),
    ]


def test_ids_of_different_families_keep_apart():
    legacy, api = answers.read_painting(LEGACY), answers.read_painting(API)

    assert (legacy.wikiart_id, legacy.legacy_id) == ("", "9223372032559842758")
    assert (api.wikiart_id, api.legacy_id) == ("57726e1fedc2cb3880b5ffb7", "")


def test_an_item_of_a_list_is_known_to_lack_details():
    short = {key: LEGACY[key] for key in list(LEGACY)[:9]}

    [work] = read([short])

    assert (work.has_details, work.wikiart_slug, work.name) == (False, "", "9223372032559842758")


def test_an_artist_is_read_whole():
    [artist] = read([ARTIST | {"biography": "  ", "gender": "male", "story": None}])

    assert artist == ArtistRecord(
        name="Ivan Aivazovsky",
        slug="ivan-aivazovsky",
        wikiart_slug="ivan-aivazovsky",
        birth_year=1817,
        death_year=1900,
        legacy_id="195896",
        gender="male",
        portrait_path="/images/ivan-aivazovsky.jpg",
        wikipedia_url="https://en.wikipedia.org/wiki/Ivan_Aivazovsky",
    )


def test_paintings_inside_an_artists_record_come_along():
    found = read(ARTIST | {"popularPaintings": [LEGACY], "rangePaintings": [LEGACY, "x"]})

    assert [type(record) for record in found] == [ArtistRecord, PaintingRecord, PaintingRecord, Unusable]


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("https://uploads1.wikiart.org/images/a/b.jpeg!Large.jpeg", "/images/a/b.jpeg"),
        ("https://uploads.wikiart.org/images/a/b(1).JPG", "/images/a/b(1).JPG"),
        ("https://use2-uploads4.wikiart.org/temp/3f2c.jpg!HD.jpg", "/temp/3f2c.jpg"),
        ("https://uploads1.wikiart.org/images/a/wow!.jpg!Large.jpg", "/images/a/wow!.jpg"),
        ("https://uploads.wikiart.org/Content/images/FRAME-600x480.jpg", ""),
        ("https://uploads.wikiart.org/Content/images/ARTIST-480x600.jpg!Portrait.jpg", ""),
        ("https://uploads.wikiart.org/images/../../etc/passwd", ""),
        ("https://[broken/images/a.jpg", ""),
        ("", ""),
        (7, ""),
    ],
)
def test_pictures_are_known_by_the_path_of_the_original(image, path):
    assert answers.picture_path(image) == path


def test_a_withheld_picture_leaves_the_work():
    work = answers.read_painting(
        LEGACY | {"image": "https://uploads.wikiart.org/Content/images/FRAME-600x480.jpg"}
    )

    assert (work.title, work.picture_path, work.source_url) == ("Anna's Café", "", "")


@pytest.mark.parametrize(
    ("written", "year", "text"),
    [("c.1488", 1488, "c.1488"), ("XX cent.", None, "XX cent."), ("?", None, "?"), ("975", 975, "975")],
)
def test_years_keep_their_words(written, year, text):
    work = answers.read_painting(LISTED | {"year": written})

    assert (work.year, work.year_text) == (year, text)


def test_sides_that_were_mixed_up_are_put_right_by_the_pictures_shape():
    upright = LEGACY | {"sizeX": 77, "sizeY": 53, "width": 2835, "height": 4289}

    work = answers.read_painting(upright)

    assert (work.width_cm, work.height_cm) == (53, 77)


@pytest.mark.parametrize("odd", [None, 0, -3, "40", True, float("inf"), [], 1e9])
def test_a_length_that_can_be_none_is_not_told(odd):
    work = answers.read_painting(LEGACY | {"sizeX": odd})

    assert (work.width_cm, work.height_cm) == (None, 30.5)


def test_an_id_that_javascript_rounded_counts_for_nothing():
    with_address = answers.read_painting(LEGACY | {"contentId": 9223372032559812000})
    without = answers.read_painting({"title": "Dance", "image": "", "contentId": 9223372032559812000})

    assert (with_address.legacy_id, with_address.source_key) == ("", "wikiart:jurgen-quist/anna-s-cafe-1920")
    assert "rounded" in without.reason


def test_an_id_that_stands_for_two_works_is_unusable_the_second_time():
    other = LEGACY | {"url": "other-1921"}

    first, again, second = read([LEGACY, LEGACY, other])

    assert first == again
    assert isinstance(second, Unusable)
    assert (second.name, second.raw) == ("jurgen-quist/other-1921", other)


@pytest.mark.parametrize(
    "item", [None, 7, "text", [], {}, {"title": None}, {"title": "Dance", "artistName": "X"}]
)
def test_what_cannot_be_used_says_why_and_is_kept(item):
    found = answers.read_painting(item)

    assert isinstance(found, Unusable)
    assert found.reason.endswith(".")
    assert found.raw == item


def test_details_add_to_what_a_list_told():
    listed = answers.read_painting(LISTED)

    whole = answers.merged(listed, answers.read_painting({**API, "tags": []}))

    assert (whole.width_px, whole.media, whole.has_details) == (800, ("oil", "canvas"), True)
    assert (whole.artist.name, whole.artist.wikiart_id) == ("Jürgen Quist", "57726d7bedc2cb3880b47a89")


def test_a_page_tells_where_the_next_one_is_and_its_token_is_decoded_once():
    page = answers.read_answer(json.dumps({"data": [], "paginationToken": "%2b60%2b%3d%3d", "hasMore": True}))

    assert (page.token, page.has_more, list(page)) == ("+60+==", True, [])


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b'[{"title": "cut', "cut off"),
        (b"", "no JSON"),
        (b"7", "single value"),
        (b'{"message": "Requests limit exceeded", "status": 429}', "limit exceeded"),
        (b'{"SessionKey": "s3cret"}', "Delete"),
        (b'[{"colour": "red"}]', "saved answer"),
        (b"{}", "saved answer"),
        (b"[" * 100_000, "nested"),
        (b"\xff\xfe\x00", "no JSON"),
    ],
)
def test_what_is_no_answer_is_refused_with_advice(data, hint):
    with pytest.raises(answers.NotWikiArt, match=hint) as refusal:
        answers.read_answer(data)

    assert "s3cret" not in str(refusal.value)


def test_dictionaries_hold_no_works_and_say_so():
    [found] = read([{"id": 389, "title": "Abstract Art", "url": "abstract-art"}])

    assert "terms of WikiArt’s dictionaries (1)" in found.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(sorted({*LISTED, *LEGACY, *API, *ARTIST, "biography", "gender", "nation"}))
ITEMS = st.dictionaries(KEYS, JSON | st.sampled_from([*LISTED.values(), *LEGACY.values()]), max_size=12)
QUICK = settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(
    JSON | st.lists(ITEMS, max_size=3) | st.builds(lambda items: {"data": items}, st.lists(ITEMS, max_size=3))
)
def test_no_json_whatsoever_breaks_the_reader(answer):
    try:
        found = list(answers.recognise(answer))
    except answers.NotWikiArt as refusal:
        assert str(refusal)
        return

    assert all(isinstance(record, (ArtistRecord, PaintingRecord, Unusable)) for record in found)


@QUICK
@given(ITEMS)
def test_every_record_is_fit_for_the_catalogue_or_unusable(item):
    for record in (answers.read_painting(item), answers.read_artist(item)):
        texts = [value for name in type(record).__slots__ if isinstance(value := getattr(record, name), str)]

        assert record.name
        if not isinstance(record, Unusable):
            assert all("\x00" not in text and text.encode() is not None for text in texts)


@QUICK
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_whatsoever_break_the_reader(data):
    try:
        list(answers.read_answer(data))
    except answers.NotWikiArt as refusal:
        assert str(refusal)


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the real answers are not part of the repository")
def test_every_real_answer_is_read():
    counts, reasons = Counter(), Counter()
    for path in sorted(PAYLOADS.rglob("*.json")):
        for record in answers.read_answer(path.read_bytes()):
            counts[type(record).__name__] += 1
            if isinstance(record, Unusable):
                reasons[f"{path.parent.name}: {record.reason}"] += 1

    assert counts == {"PaintingRecord": 4480, "ArtistRecord": 1828, "Unusable": 152}
    assert reasons == {
        "painting-page-json: It has neither an address nor an id of WikiArt’s.": 110,
        "style-listing-reduced: It has neither an address nor an id of WikiArt’s.": 40,
        "api2-derived: It lists terms of WikiArt’s dictionaries (720), no artists and no paintings.": 1,
        "dictionaries-legacy-enriched: It lists terms of WikiArt’s dictionaries (219), no artists and no paintings.": 1,
    }


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the real answers are not part of the repository")
def test_the_quirks_of_real_answers_are_put_right():
    records = [
        record
        for path in sorted(PAYLOADS.rglob("*.json"))
        for record in answers.read_answer(path.read_bytes())
        if isinstance(record, PaintingRecord)
    ]
    titles = [record.title for record in records] + [record.artist.name for record in records]

    assert not [
        text for text in titles if text != text.strip() or "&#" in text or "\xa0" in text or "  " in text
    ]
    assert sum(not record.picture_path for record in records) == 4
    assert sum(record.year is None for record in records) == 69
    assert {record.place for record in records if "Nunen" in record.place} == {"Nunen / Nuenen, Netherlands"}
    assert {record.year for record in records if record.year_text == "1920-1930"} == {1920}

import json
import os
from pathlib import Path

import pytest

from scraper import folder as folders
from scraper.names import TITLE_NOT_KNOWN
from scraper.records import NotAPainting, PaintingRecord, Unusable
from tests.scraper.folders import (
    COLUMNS,
    MONET,
    make_downloader,
    make_item,
    make_manifest,
    make_research,
    manifest_row,
    write,
)

SHARED = Path(__file__).parents[3] / "shared"


def read(folder: Path) -> list:
    return list(folders.read(folder, folders.recognise(folder)))


# Our manifest


def test_a_manifest_row_becomes_a_painting(tmp_path):
    row = manifest_row("images/cubism/juan-gris_fruit-dish-1917.jpg", b"bytes", year="1917")

    [painting] = read(make_manifest(tmp_path, [row]))

    assert (painting.title, painting.year, painting.styles) == ("Fruit Dish", 1917, ("Cubism",))
    assert painting.picture == tmp_path / "images/cubism/juan-gris_fruit-dish-1917.jpg"
    assert (painting.artist.name, painting.artist.wikiart_slug) == ("Juan Gris", "juan-gris")
    assert painting.wikiart_slug == "fruit-dish-1917"
    assert painting.source_key == f"sha256:{row['sha256']}"


@pytest.mark.parametrize(
    "fields",
    [
        {"path": "images/x/juan-gris_no-012.jpg", "title": ""},
        {"path": "images/x/juan-gris_quiz-27-1917.jpg", "title": "Ваза", "year": "1917"},
        {"path": "images/x/juan-gris_fruit-di.jpg"},
        {"path": "images/x/juan-gris_fruit-dish.jpg", "label_source": "by-artist"},
    ],
)
def test_only_a_name_that_wikiart_gave_counts_as_its_slug(tmp_path, fields):
    [painting] = read(make_manifest(tmp_path, [manifest_row(**fields)]))

    assert painting.wikiart_slug == ""


def test_a_name_with_accents_leaves_wikiarts_slug_open(tmp_path):
    row = manifest_row("images/x/joaquin-sorolla_on-the-beach.jpg", artist="Joaquín Sorolla")

    [painting] = read(make_manifest(tmp_path, [row]))

    assert (painting.artist.slug, painting.artist.wikiart_slug) == ("joaquin-sorolla", "")


def test_photographs_in_a_manifest_are_no_paintings(tmp_path):
    row = manifest_row("images/not-a-painting/photo_1.jpg", style="not-a-painting", artist="", title="")

    assert read(make_manifest(tmp_path, [row])) == [NotAPainting("images/not-a-painting/photo_1.jpg")]


def test_a_manifest_row_without_artist_title_or_path_is_read_as_far_as_it_goes(tmp_path):
    rows = [manifest_row("images/1.jpg", artist="", title=""), manifest_row("")]

    painting, unusable = read(make_manifest(tmp_path, rows))

    assert (painting.artist, painting.title) == (None, TITLE_NOT_KNOWN)
    assert unusable == Unusable("manifest.csv, line 3", "It names no picture.")


def test_a_manifest_needs_its_columns(tmp_path):
    make_manifest(tmp_path, [], [column for column in COLUMNS if column != "style"])

    with pytest.raises(folders.UnknownLayout, match="no column style"):
        read(tmp_path)


# The research data set


def test_a_research_file_name_becomes_a_painting(tmp_path):
    [painting] = read(make_research(tmp_path, "Post_Impressionism/vincent-van-gogh_the-sower-1888.jpg"))

    assert (painting.title, painting.year, painting.styles) == ("The Sower", 1888, ("Post Impressionism",))
    assert (painting.artist.name, painting.artist.wikiart_slug) == ("Vincent van Gogh", "vincent-van-gogh")
    assert painting.wikiart_slug == "the-sower-1888"


def test_broken_letters_in_research_names_are_repaired(tmp_path):
    [painting] = read(make_research(tmp_path, "Symbolism/arnold-bã¶cklin_the-plague-1898.jpg"))

    assert (painting.artist.name, painting.artist.slug) == ("Arnold Böcklin", "arnold-bocklin")
    assert painting.artist.wikiart_slug == ""
    assert painting.picture.is_file()


def test_research_keys_survive_a_move_and_change_with_the_file(tmp_path):
    name = "Cubism/juan-gris_fruit-dish-1917.jpg"
    [here], [there] = (
        read(make_research(tmp_path / "here", name)),
        read(make_research(tmp_path / "there", name)),
    )
    write(tmp_path / "there" / name, b"another file")
    [changed] = read(tmp_path / "there")

    assert here.source_key == there.source_key
    assert here.source_key != changed.source_key


def test_research_names_that_tell_nothing_are_named(tmp_path):
    make_research(tmp_path, "Cubism/juan-gris_fruit-dish-1917.jpg", "Cubism/scan.jpg")
    write(tmp_path / "Cubism" / "notes.txt", b"not a picture, and nobody says so")

    painting, unusable = read(tmp_path)

    assert isinstance(painting, PaintingRecord)
    assert (unusable.name, "artist and title" in unusable.reason) == ("Cubism/scan.jpg", True)


def test_styles_in_lower_case_and_photographs_are_understood(tmp_path):
    make_research(tmp_path, "pop-art/andy-warhol_flowers.jpg", "not-a-painting/some-body_photo.jpg")

    photograph, painting = read(tmp_path)

    assert painting.styles == ("Pop Art",)
    assert photograph == NotAPainting("not-a-painting/some-body_photo.jpg")


def test_the_real_names_of_the_research_data_set_can_all_be_read(tmp_path):
    """About 8,000 names; their pictures are empty files."""
    path = SHARED / "wikiart-metadata" / "artgan" / "style_val.csv"
    if not path.exists():
        pytest.skip(f"NOT TRIED: {path} is not here, so no real name was read.")
    every_third = [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()][::3]
    for style in {name.partition("/")[0] for name in every_third}:
        (tmp_path / style).mkdir()
    for name in every_third:
        (tmp_path / name).touch()

    paintings = read(tmp_path)

    assert len(paintings) == len(set(every_third)) > 7000
    assert all(isinstance(painting, PaintingRecord) for painting in paintings)
    assert not [painting for painting in paintings if set("ãâ\xad") & set(painting.artist.name)]


# The output of lucasdavid/wikiart


def test_a_downloaded_record_becomes_a_painting(tmp_path):
    [painting] = read(make_downloader(tmp_path, make_item(1001), artists=[MONET]))

    assert (painting.title, painting.year, painting.genre) == ("Water Lilies", 1908, "landscape")
    assert painting.picture.is_file()
    assert (painting.wikiart_id, painting.wikiart_slug) == ("1001", "water-lilies-1001")
    assert painting.source_url.startswith("https://uploads")
    assert (painting.artist.name, painting.artist.wikiart_id) == ("Claude Monet", "211667")
    assert (painting.artist.birth_year, painting.artist.death_year) == (1840, 1926)


def test_the_folder_above_the_downloaders_is_understood_too(tmp_path):
    make_downloader(tmp_path / "wikiart", make_item(1001))

    [painting] = read(tmp_path)

    assert painting.picture.is_file()


def test_several_styles_in_one_string_are_several(tmp_path):
    [painting] = read(make_downloader(tmp_path, make_item(1001, style="Japonism, Post-Impressionism")))

    assert painting.styles == ("Japonism", "Post-Impressionism")


def test_a_picture_is_found_under_the_year_it_was_fetched_with(tmp_path):
    make_downloader(tmp_path, make_item(1001))
    meta = tmp_path / "meta" / "claude-monet.json"
    meta.write_text(json.dumps([make_item(1001, completitionYear=1909)]))

    [painting] = read(tmp_path)

    assert painting.picture == tmp_path / "images/claude-monet/1908/1001.jpg"
    assert painting.year == 1909


def test_a_record_whose_details_failed_has_no_style_but_an_artist(tmp_path):
    item = make_item(1001, completitionYear=None)
    bare = {key: item[key] for key in ("title", "contentId", "artistName", "completitionYear", "image")}

    [painting] = read(make_downloader(tmp_path, bare))

    assert (painting.styles, painting.year) == ((), None)
    assert (painting.artist.name, painting.artist.wikiart_slug) == ("Claude Monet", "claude-monet")


def test_a_placeholder_is_no_picture(tmp_path):
    image = "https://uploads.wikiart.org/Content/images/FRAME-600x480.jpg"

    [unusable] = read(make_downloader(tmp_path, make_item(1001, image=image)))

    assert unusable.reason == "WikiArt shows only a placeholder for it."


def test_files_cut_by_an_interruption_are_named_and_the_rest_is_read(tmp_path):
    make_downloader(tmp_path, make_item(1001))
    write(tmp_path / "meta" / "artists.json", b'[{"url": "claude-mo')
    write(tmp_path / "meta" / "edgar-degas.json", b'[{"title": "L\'Abs')

    artists, painting, degas = read(tmp_path)

    assert isinstance(painting, PaintingRecord)
    assert [artists.name, degas.name] == ["meta/artists.json", "meta/edgar-degas.json"]


def test_dates_that_contradict_each_other_are_left_out(tmp_path):
    artist = MONET | {"birthDayAsString": "1926", "deathDayAsString": "1840"}

    [painting] = read(make_downloader(tmp_path, make_item(1001), artists=[artist]))

    assert (painting.artist.birth_year, painting.artist.death_year) == (None, None)


def test_real_answers_of_wikiart_can_all_be_read(tmp_path):
    source = SHARED / "wikiart-payloads"
    if not source.exists():
        pytest.skip(f"NOT TRIED: {source} is not here, so no real answer was read.")
    for path in (source / "paintings-by-artist-detailed").glob("*.json"):
        write(tmp_path / "meta" / path.name, path.read_bytes())
    write(
        tmp_path / "meta" / "artists.json", (source / "alphabet-json/trimmed-six-extended.json").read_bytes()
    )

    records = read(tmp_path)
    monet = next(record for record in records if record.artist.wikiart_slug == "claude-monet")

    assert len(records) == 1366 + 900 + 205 + 111 + 730
    assert all(isinstance(record, PaintingRecord) for record in records)
    assert (monet.artist.name, monet.artist.death_year) == ("Claude Monet", 1926)


# Which is which


def test_other_folders_are_not_taken_for_paintings(tmp_path):
    write(tmp_path / "holiday" / "img_0001.jpg", b"")
    write(tmp_path / "holiday" / "IMG_0002.JPG", b"")

    with pytest.raises(folders.UnknownLayout, match=r"no manifest\.csv"):
        folders.recognise(tmp_path)


def test_a_file_name_that_is_not_utf_8_is_named_and_the_others_come_in(tmp_path):
    make_research(tmp_path, "Realism/andre-derain_the-dance-1906.jpg")
    odd = os.fsdecode(b"andr\xe9-derain_the-pool-1906.jpg")
    (tmp_path / "Realism" / odd).write_bytes(b"bytes")

    painting, unusable = sorted(read(tmp_path), key=lambda record: isinstance(record, Unusable))

    assert painting.title == "The Dance"
    assert isinstance(unusable, Unusable)
    assert (unusable.name, "UTF-8" in unusable.reason) == ("Realism/andr?-derain_the-pool-1906.jpg", True)

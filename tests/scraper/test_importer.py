from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gallery import pictures as gallery_pictures
from gallery.models import Artist, Artwork, Style
from scraper import importer
from scraper.importer import Result
from scraper.records import ArtistRecord, PaintingRecord
from tests import pictures
from tests.factories import make_artist, make_artwork
from tests.scraper.folders import picture, write

pytestmark = pytest.mark.django_db
THIS_YEAR = date.today().year
MONET = ArtistRecord(name="Claude Monet", slug="claude-monet", wikiart_slug="claude-monet")


@pytest.fixture
def painting(tmp_path, styles) -> PaintingRecord:
    """A painting that can be imported."""
    path = tmp_path / "a" / "water-lilies.jpg"
    write(path, picture(1))
    return PaintingRecord(
        name="water-lilies.jpg",
        picture=path,
        source_key="file:water-lilies.jpg",
        title="Water Lilies",
        styles=("Impressionism",),
        artist=MONET,
        year=1908,
        source_url="https://example.org/water-lilies.jpg",
    )


def another(painting: PaintingRecord, seed: int = 2, **fields) -> PaintingRecord:
    """A different painting by the same artist."""
    path = painting.picture.with_name(f"{seed}.jpg")
    write(path, picture(seed))
    return replace(painting, **{"name": path.name, "picture": path, "source_key": path.name} | fields)


def run(*records) -> list[Result]:
    return [outcome.result for outcome in importer.import_records(records, processes=1)]


def reasons(*records) -> list[str]:
    return [outcome.reason for outcome in importer.import_records(records, processes=1)]


def test_a_painting_hangs_with_artist_style_picture_and_embedding(painting):
    assert run(painting) == [Result.NEW]

    work = Artwork.objects.get()
    assert (work.title, work.year, work.style.name) == ("Water Lilies", 1908, "Impressionism")
    assert (work.artist.name, work.wikiart_style) == ("Claude Monet", "Impressionism")
    assert work.source_url == "https://example.org/water-lilies.jpg"
    assert (work.width, work.height) == (160, 120)
    assert work.picture.open().read() == picture(1)
    assert work.embedding is not None


def test_some_artists_come_in_but_are_not_put_on_display(painting):
    left = ArtistRecord(name="Adolf Hitler", slug="adolf-hitler", wikiart_slug="adolf-hitler")

    assert run(replace(painting, artist=left), another(painting)) == [Result.NEW, Result.NEW]

    assert [work.artist.name for work in Artwork.objects.published()] == ["Claude Monet"]


def test_running_twice_changes_nothing(painting):
    run(painting)
    before = list(Artwork.objects.values())

    assert run(painting) == [Result.KNOWN]
    assert list(Artwork.objects.values()) == before


def test_a_known_painting_is_not_even_read(painting):
    run(painting)
    painting.picture.unlink()

    assert run(painting) == [Result.KNOWN]


def test_the_same_bytes_under_two_names_are_one_work(painting):
    twin = another(painting, seed=1)

    assert run(painting, twin) == [Result.NEW, Result.KNOWN]
    assert run(twin) == [Result.KNOWN]


def test_the_same_wikiart_page_in_two_folders_is_one_work(painting):
    first = replace(painting, wikiart_slug="water-lilies-1908")
    second = another(painting, wikiart_slug="water-lilies-1908")

    assert run(first, second) == [Result.NEW, Result.KNOWN]


def test_a_work_without_picture_gets_it_and_keeps_what_it_says(painting, styles):
    artist = make_artist("Claude Monet", slug="claude-monet", wikiart_slug="claude-monet")
    make_artwork(
        "Nymphéas", artist=artist, style=styles["Symbolism"], wikiart_slug="water-lilies", source_key=None
    )

    assert run(replace(painting, wikiart_slug="water-lilies")) == [Result.NEW]

    work = Artwork.objects.get()
    assert (work.title, work.style.name, work.year) == ("Nymphéas", "Symbolism", 1908)
    assert work.picture
    assert run(painting) == [Result.KNOWN]


def test_outcomes_come_in_the_order_of_the_records(painting):
    records = [another(painting, seed) for seed in range(3, 9)]
    records.insert(2, replace(painting, picture=Path("missing.jpg"), source_key="missing"))

    assert run(*records) == [Result.NEW] * 2 + [Result.FAILED] + [Result.NEW] * 4


# What fails, and why


def test_pictures_that_cannot_be_used_are_named_with_their_reason(painting):
    cut, letter = another(painting, 2), another(painting, 3)
    write(cut.picture, pictures.cut_off_jpeg())
    write(letter.picture, pictures.letter())
    gone = replace(painting, picture=Path("gone.jpg"), source_key="gone")
    swapped = another(painting, 4, sha256="0" * 64)

    found = reasons(cut, letter, gone, swapped)

    assert "ends too early" in found[0]
    assert "not a picture" in found[1]
    assert found[2] == "Its picture is missing."
    assert "SHA-256" in found[3]
    assert not Artwork.objects.exists()


def test_bytes_that_were_not_measured_are_not_kept(painting):
    measured = gallery_pictures.measure(picture(1))

    with pytest.raises(importer.PictureChanged):
        importer.save_painting(painting, picture(2), measured, shelf=importer.StyleShelf())

    assert not Artwork.objects.exists()


def test_a_painting_without_a_style_cannot_be_used(painting):
    assert reasons(replace(painting, styles=())) == ["Its style is not known."]


def test_a_file_that_a_killed_import_left_half_written_is_written_again(painting, settings):
    run(painting)
    work = Artwork.objects.get()
    kept = Path(settings.MEDIA_ROOT) / work.picture.name
    work.delete()
    kept.write_bytes(picture(1)[:100])

    run(painting)

    assert kept.read_bytes() == picture(1)
    assert list(kept.parent.iterdir()) == [kept]


# Styles


@pytest.mark.parametrize(
    ("written", "house", "wikiart"),
    [
        (("Early_Renaissance",), "Renaissance", "Early Renaissance"),
        (("Mannerism_Late_Renaissance",), "Renaissance", "Mannerism (Late Renaissance)"),
        (("Post_Impressionism",), "Impressionism", "Post-Impressionism"),
        (("Naive_Art_Primitivism",), "Naïve Art (Primitivism)", "Naïve Art (Primitivism)"),
        (("Art_Nouveau_Modern",), "Art Nouveau (Modern)", "Art Nouveau (Modern)"),
        (("Art Nouveau",), "Art Nouveau (Modern)", "Art Nouveau (Modern)"),
        (("Abstract_Expressionism",), "Abstract Art", "Abstract Expressionism"),
        (("Rococo",), "Baroque", "Rococo"),
        (("Ukiyo_e",), "Ukiyo-e", "Ukiyo-e"),
        (("Pop-art",), "Pop Art", "Pop Art"),
        (
            ("Japonism", "Post-Impressionism", "Realism"),
            "Impressionism",
            "Japonism, Post-Impressionism, Realism",
        ),
    ],
)
def test_wikiarts_styles_find_their_place_among_the_18(painting, written, house, wikiart):
    run(replace(painting, styles=written))

    work = Artwork.objects.get()
    assert (work.style.name, work.wikiart_style) == (house, wikiart)
    assert Style.objects.count() == 18


def test_another_style_gets_a_room_of_its_own(painting):
    run(
        replace(painting, styles=("Color Field Painting",)),
        another(painting, 2, styles=("Color_Field_Painting", "Tonalism")),
    )

    style = Style.objects.get(name="Color Field Painting")
    assert (style.slug, style.position, style.artworks.count()) == ("color-field-painting", None, 2)


def test_a_style_that_wikiart_did_not_give_is_not_said_to_be_wikiarts(painting):
    run(replace(painting, styles=("Renaissance",), styles_are_wikiarts=False))

    assert Artwork.objects.get().wikiart_style == ""


# Artists


def test_artists_of_the_sample_catalogue_are_used_and_keep_their_facts(painting):
    monet = make_artist(
        "Claude Monet", slug="claude-monet", birth_year=1840, death_year=1926, nationality="French"
    )
    poorer = replace(MONET, name="Monet", birth_year=1841, wikiart_id="211667")

    run(replace(painting, artist=poorer))

    monet.refresh_from_db()
    assert Artwork.objects.get().artist == monet
    assert (monet.name, monet.birth_year, monet.nationality) == ("Claude Monet", 1840, "French")
    assert (monet.wikiart_slug, monet.wikiart_id) == ("claude-monet", "211667")


def test_a_new_artist_gets_all_that_is_known(painting):
    run(replace(painting, artist=replace(MONET, birth_year=1840, death_year=1926, wikiart_id="211667")))

    artist = Artist.objects.get()
    assert (artist.name, artist.slug, artist.life) == ("Claude Monet", "claude-monet", "1840–1926")


def test_an_artist_is_known_by_name_where_slugs_differ(painting):
    sorolla = make_artist("Joaquín Sorolla", slug="joaqu-n-sorolla", wikiart_slug="joaqu-n-sorolla")

    run(replace(painting, artist=ArtistRecord(name="Joaquin Sorolla", slug="joaquin-sorolla")))

    assert Artwork.objects.get().artist == sorolla


def test_namesakes_with_slugs_of_their_own_stay_two(painting):
    make_artist("John Collier", slug="john-collier", wikiart_slug="john-collier")

    run(replace(painting, artist=ArtistRecord("John Collier", "john-collier-1948", "john-collier-1948")))

    assert Artist.objects.count() == 2


def test_a_name_without_a_latin_letter_still_gets_an_address(painting):
    run(replace(painting, artist=ArtistRecord(name="Репин", slug="")))

    assert Artist.objects.get().slug.startswith("artist-")


# Rights


@pytest.mark.parametrize(
    ("born", "died", "year", "rights"),
    [
        (1840, 1926, 1908, "public_domain"),
        (None, THIS_YEAR - 71, None, "public_domain"),
        (None, THIS_YEAR - 70, None, "protected"),
        (1904, 1989, 1931, "protected"),
        (1960, None, None, "protected"),
        (None, None, THIS_YEAR - 10, "protected"),
        (1880, None, THIS_YEAR - 70, "protected"),
        (None, None, 1503, "public_domain"),
        (None, None, 1908, "unknown"),
        (1880, None, None, "unknown"),
        (None, None, None, "unknown"),
    ],
)
def test_rights_follow_from_what_is_known(born, died, year, rights):
    assert importer.rights_of(Artist(birth_year=born, death_year=died), year) == rights


def test_how_long_rights_last_is_a_setting(settings):
    settings.PUBLIC_DOMAIN_YEARS = 50

    assert importer.rights_of(Artist(death_year=THIS_YEAR - 60), None) == Artwork.Rights.PUBLIC_DOMAIN


def test_without_an_artist_the_year_alone_decides():
    assert importer.rights_of(None, 1503) == Artwork.Rights.PUBLIC_DOMAIN
    assert importer.rights_of(None, None) == Artwork.Rights.UNKNOWN


# Rehearsal


def test_a_rehearsal_finds_what_an_import_would_and_writes_nothing(painting, settings):
    broken = another(painting, 2)
    write(broken.picture, pictures.cut_off_jpeg())
    records = [painting, another(painting, 1), broken, another(painting, 3)]

    rehearsed = [outcome.result for outcome in importer.rehearse(records, processes=1)]
    written = Artwork.objects.count(), Artist.objects.count(), Path(settings.MEDIA_ROOT).exists()

    assert rehearsed == run(*records) == [Result.NEW, Result.KNOWN, Result.FAILED, Result.NEW]
    assert written == (0, 0, False)

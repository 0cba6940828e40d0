import pytest
from django.db import IntegrityError

from gallery.models import Artist, Artwork, FamousArtist, Style, searchable
from ml import inference
from tests import pictures
from tests.factories import make_artist, make_artwork, make_style, small_painting

pytestmark = pytest.mark.django_db


def test_a_taken_picture_brings_size_hash_and_embedding():
    work = make_artwork(picture=small_painting())

    work.refresh_from_db()
    assert (work.width, work.height) == (480, 360)
    assert work.picture.name.endswith(f"{work.sha256}.jpg")
    assert len(work.sha256) == 64
    assert work.embeddings.get().model_version == inference.model_version()
    assert sum(value**2 for value in work.embedding) == pytest.approx(1, abs=0.01)


def test_an_unreadable_picture_leaves_nothing_behind(settings):
    work = Artwork(title="Torn", style=make_style())

    with pytest.raises(inference.UnreadableImage):
        work.take_picture(pictures.cut_off_jpeg())

    assert not work.picture
    assert not settings.MEDIA_ROOT.exists()


def test_two_works_with_the_same_bytes_share_one_file():
    first, second = make_artwork(picture=small_painting()), make_artwork(picture=small_painting())

    assert first.picture.name == second.picture.name


def test_a_preview_stands_upright_and_is_at_most_1280_px():
    work = make_artwork(picture=pictures.rotated_photo())

    facts = inference.inspect(work.copy(1280).read_bytes())

    assert facts.kind == "JPEG"
    assert (facts.width > facts.height) == (work.width > work.height)
    assert max(facts.width, facts.height) <= 1280


def test_protected_works_keep_their_picture_back_where_the_setting_says_so(settings):
    work = make_artwork(picture=small_painting(), rights="protected")
    settings.SHOW_PROTECTED_PICTURES = False

    assert not work.shows_picture
    assert not Artwork.objects.with_picture().exists()


def test_studies_are_shown_everywhere(settings):
    work = make_artwork(picture=small_painting(), rights="generated")
    settings.SHOW_PROTECTED_PICTURES = False

    assert work.shows_picture
    assert "generated study in the manner of" in work.alt


@pytest.mark.parametrize(
    ("birth_year", "death_year", "life"),
    [(1840, 1926, "1840–1926"), (1945, None, "born 1945"), (None, 1510, "died 1510"), (None, None, "")],
)
def test_a_label_says_the_life_as_far_as_it_is_known(birth_year, death_year, life):
    assert Artist(name="Somebody", birth_year=birth_year, death_year=death_year).life == life


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Claude Monet", "CM"), ("Vincent van Gogh", "VG"), ("Hokusai", "H"), ("El Greco", "EG")],
)
def test_initials_stand_in_for_a_portrait(name, initials):
    assert Artist(name=name).initials == initials


@pytest.mark.parametrize(
    ("start_year", "end_year", "years"),
    [(1867, 1886, "1867–1886"), (1965, None, "since 1965"), (None, None, "")],
)
def test_a_style_says_its_years(start_year, end_year, years):
    assert Style(start_year=start_year, end_year=end_year).years == years


def test_search_folds_case_and_accents():
    assert searchable("Cézanne, ÉTUDE") == "cezanne, etude"


def test_the_house_styles_come_in_the_order_of_art_history():
    make_style("Later", position=2)
    make_style("Beside")
    make_style("Earlier", position=1)

    assert [style.name for style in Style.objects.of_the_house()] == ["Earlier", "Later"]
    assert [style.name for style in Style.objects.others()] == ["Beside"]


def test_counts_leave_out_what_is_not_on_display():
    style, artist = make_style(), make_artist()
    make_artwork(style=style, artist=artist)
    make_artwork(style=style, artist=artist, is_published=False)

    counted = Style.objects.with_counts().get(pk=style.pk)

    assert (counted.artwork_count, counted.artist_count) == (1, 1)


def test_one_slug_names_one_work_of_an_artist():
    artist = make_artist()
    make_artwork(artist=artist, wikiart_slug="water-lilies")

    with pytest.raises(IntegrityError):
        make_artwork(artist=artist, wikiart_slug="water-lilies")


def test_links_lead_to_wikiart_as_far_as_the_address_is_known():
    monet = make_artist("Claude Monet", wikiart_slug="claude-monet")

    assert make_artwork(artist=monet, wikiart_slug="the-magpie").wikiart_url.endswith(
        "/claude-monet/the-magpie"
    )
    assert make_artwork(artist=monet).wikiart_url.endswith("/claude-monet")
    assert make_artwork().wikiart_url == ""


def test_a_mixed_wall_does_not_hang_in_the_order_of_an_import_and_stays_as_it_is():
    works = [make_artwork() for _ in range(12)]

    first, second = list(Artwork.objects.mixed()), list(Artwork.objects.mixed())

    assert first == second
    assert set(first) == set(works)
    assert first not in (works, works[::-1])


def test_the_artists_to_know_are_those_that_curators_named():
    style = make_style()
    named = make_artist(style=style)
    make_artwork(style=style, artist=make_artist())

    assert [famous.artist for famous in FamousArtist.objects.to_know(style)] == [named]


def test_where_nobody_is_named_the_artists_with_most_works_are_to_know():
    style, few, many = make_style(), make_artist(), make_artist()
    for artist in (few, many, many):
        make_artwork(style=style, artist=artist)

    assert [famous.artist for famous in FamousArtist.objects.to_know(style)] == [many, few]
    assert not FamousArtist.objects.exists()

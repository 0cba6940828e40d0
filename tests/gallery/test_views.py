from datetime import date

import pytest
from django.urls import reverse

from gallery import wall
from gallery.curators import curators
from tests.factories import make_artist, make_artwork, make_style, make_user, small_painting

pytestmark = pytest.mark.django_db


def works_on(response) -> set[str]:
    return {work.title for work in response.context["page"]}


def test_the_styles_page_says_which_ones_the_model_has_not_learned(client):
    make_style("Unheard-of Style", position=1)

    page = client.get(reverse("gallery:style-list")).content.decode()

    assert "Unheard-of Style" in page
    assert "not learned" in page


def test_a_style_page_shows_text_artists_and_works(client):
    style = make_style(
        "Cubism", position=1, description="Objects are taken apart.", start_year=1907, end_year=1922
    )
    make_artist("Juan Gris", style=style)
    make_artwork("Guitar and bottle", style=style, picture=small_painting())

    page = client.get(style.get_absolute_url()).content.decode()

    expected = ["Cubism", "Objects are taken apart.", "1907–1922", "Juan Gris", "Guitar and bottle"]
    assert [text for text in expected if text not in page] == []


def test_a_style_page_hangs_only_pictures_that_may_be_shown(client, settings):
    settings.SHOW_PROTECTED_PICTURES = False
    style = make_style("Cubism", position=1)
    make_artwork("Protected", style=style, picture=small_painting(), rights="protected")

    page = client.get(style.get_absolute_url()).content.decode()

    assert "Protected" not in page
    assert "See their labels" in page


def test_an_artist_page_shows_life_works_and_links(client):
    artist = make_artist(
        "Claude Monet",
        birth_year=1840,
        death_year=1926,
        wikiart_slug="claude-monet",
        wikipedia_title="Claude_Monet",
    )
    make_artwork("The Magpie", artist=artist, year=1869)

    page = client.get(artist.get_absolute_url()).content.decode()

    expected = ["Claude Monet", "1840–1926", "The Magpie", artist.wikiart_url, artist.wikipedia_url]
    assert [text for text in expected if text not in page] == []


def test_an_artwork_page_shows_similar_works_but_not_itself(client):
    work, other = make_artwork("Mine", seed=1), make_artwork("Another", seed=2)

    response = client.get(work.get_absolute_url())

    assert list(response.context["similar_works"]) == [other]


def test_studies_are_called_studies(client):
    work = make_artwork("Harbour at dusk", rights="generated", style=make_style("Impressionism"))

    page = client.get(work.get_absolute_url()).content.decode()

    assert "Generated study in the manner of" in page


def test_hidden_works_are_a_404_for_visitors_and_open_to_curators(client):
    work = make_artwork(picture=small_painting(), is_published=False)
    addresses = [work.get_absolute_url(), reverse("gallery:artwork-picture", args=[work.pk, "thumbnail"])]
    curator = make_user(is_staff=True)
    curator.groups.add(curators())

    before = {client.get(address).status_code for address in addresses}
    client.force_login(curator)
    after = {client.get(address).status_code for address in addresses}

    assert (before, after) == ({404}, {200})


def test_search_finds_title_and_artist_without_accents(client):
    make_artwork("Mont Sainte-Victoire", artist=make_artist("Paul Cézanne"))
    make_artwork("Sunflowers", artist=make_artist("Vincent van Gogh"))

    response = client.get(reverse("gallery:artwork-list"), {"q": "cezanne victoire"})

    assert works_on(response) == {"Mont Sainte-Victoire"}


def test_filters_narrow_the_list_of_artworks(client):
    style, artist = make_style("Cubism"), make_artist("Juan Gris", slug="juan-gris")
    make_artwork("Match", style=style, artist=artist, year=1913, rights="public_domain")
    make_artwork("Other", year=1700, rights="generated")
    address = reverse("gallery:artwork-list")

    for wanted in [
        {"style": style.slug},
        {"artist": "juan-gris"},
        {"year_from": 1900},
        {"year_from": 1900, "year_to": 1920},
        {"kind": "paintings"},
    ]:
        assert works_on(client.get(address, wanted)) == {"Match"}, wanted
    assert works_on(client.get(address, {"year_to": 1800})) == {"Other"}
    assert works_on(client.get(address, {"kind": "studies"})) == {"Other"}


@pytest.mark.parametrize(
    "query",
    [
        "style=none",
        "year_from=abc",
        "year_to=99999999999",
        "page=0",
        "page=zz",
        "kind=?",
        "artist=%00",
        "q=%00",
    ],
)
def test_wrong_filters_do_not_break_the_lists(client, query):
    assert client.get(f"{reverse('gallery:artwork-list')}?{query}").status_code == 200
    assert client.get(f"{reverse('gallery:artist-list')}?{query}").status_code == 200


def test_artists_can_be_found_by_name_and_style(client):
    style = make_style("Cubism", position=1)
    make_artist("Juan Gris", style=style)
    make_artist("Claude Monet")
    address = reverse("gallery:artist-list")

    for wanted in [{"q": "gris"}, {"style": style.slug}]:
        assert {artist.name for artist in client.get(address, wanted).context["page"]} == {"Juan Gris"}


@pytest.mark.parametrize("name", ["style-list", "artist-list", "artwork-list"])
def test_the_number_of_queries_does_not_grow_with_the_catalogue(client, name, django_assert_max_num_queries):
    for number in range(15):
        style = make_style(position=number + 1)
        make_artwork(style=style, artist=make_artist(style=style), picture=small_painting())

    with django_assert_max_num_queries(9):
        client.get(reverse(f"gallery:{name}"))


def test_a_picture_is_served_as_a_jpeg_of_our_own(client):
    work = make_artwork(picture=small_painting())

    response = client.get(reverse("gallery:artwork-picture", args=[work.pk, "preview"]))

    assert response.headers["Content-Type"] == "image/jpeg"
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")


def test_a_picture_that_may_not_be_shown_is_a_404(client, settings):
    settings.SHOW_PROTECTED_PICTURES = False
    work = make_artwork(picture=small_painting(), rights="protected")

    assert client.get(reverse("gallery:artwork-picture", args=[work.pk, "preview"])).status_code == 404


def test_a_missing_file_is_a_404_and_the_page_still_stands(client):
    work = make_artwork(picture=small_painting())
    work.picture.storage.delete(work.picture.name)

    assert client.get(reverse("gallery:artwork-picture", args=[work.pk, "preview"])).status_code == 404
    assert client.get(work.get_absolute_url()).status_code == 200


def test_the_wall_changes_with_the_day_and_stays_all_day():
    for _ in range(8):
        make_artwork(picture=small_painting())

    monday, again, tuesday = (wall.of_the_day(date(2026, 11, day), count=5) for day in (23, 23, 24))

    assert monday == again
    assert monday != tuesday

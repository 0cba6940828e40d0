import pytest

from gallery.models import ArtistRedirect, Artwork
from ml import inference
from tests.factories import make_artist, make_artwork, make_style, make_user, small_painting

from .callers import Script, codes

pytestmark = pytest.mark.django_db
STYLE = {"slug", "name", "start_year", "end_year", "artwork_count", "artist_count"}
ARTIST = {
    "slug", "name", "birth_year", "death_year", "nationality", "styles", "artwork_count", "wikiart_url",
    "wikipedia_url", "image_url",
}  # fmt: skip
ARTWORK = {
    "id", "title", "artist", "style", "wikiart_style", "year", "genre", "width", "height", "is_public_domain",
    "image_url", "thumbnail_url", "wikiart_url",
}  # fmt: skip


def get(path: str) -> dict:
    response = Script(is_anonymous=True).get(path)
    assert response.status_code == 200, response.content
    return response.json()


def test_the_styles_come_in_the_order_of_art_history_with_their_counts():
    cubism = make_style("Cubism", slug="cubism", position=12, start_year=1907, end_year=1914)
    make_style("Baroque", slug="baroque", position=2)
    make_style("Tachisme")
    artist = make_artist("Juan Gris")
    make_artwork(style=cubism, artist=artist)
    make_artwork(style=cubism, artist=artist, is_published=False)

    page = get("/styles/")

    assert [row["slug"] for row in page["results"]] == ["baroque", "cubism"]
    assert set(page["results"][1]) == STYLE
    assert (page["results"][1]["artwork_count"], page["results"][1]["artist_count"]) == (1, 1)
    assert page["next"] is page["previous"] is None


def test_a_style_is_told_with_its_artists_and_works():
    style = make_style(
        "Cubism", slug="cubism", position=1, includes=["Cubism", "Tubism"], wikiart_slug="cubism"
    )
    first = make_artist("Pablo Picasso", style=style)
    second = make_artist("Juan Gris", style=style)
    make_artwork("Guitar", style=style, artist=second, picture=small_painting(), rights="public_domain")

    told = get("/styles/cubism/")

    assert set(told) == STYLE | {
        "description",
        "wikiart_url",
        "includes",
        "famous_artists",
        "sample_artworks",
    }
    assert [artist["slug"] for artist in told["famous_artists"]] == [first.slug, second.slug]
    assert set(told["famous_artists"][0]) == ARTIST
    assert [work["title"] for work in told["sample_artworks"]] == ["Guitar"]
    assert told["includes"] == ["Cubism", "Tubism"]


def test_artists_are_found_by_name_style_and_nationality():
    style = make_style("Cubism", slug="cubism", position=1)
    make_artist("Juan Gris", style=style, nationality="Spanish")
    make_artist("Édouard Manet", nationality="French")

    def found(query: str) -> list[str]:
        return [row["name"] for row in get(f"/artists/?{query}")["results"]]

    assert found("") == ["Édouard Manet", "Juan Gris"]
    assert found("q=edouard") == ["Édouard Manet"]
    assert found("style=cubism") == ["Juan Gris"]
    assert found("nationality=french") == ["Édouard Manet"]


def test_an_artist_is_told_with_styles_and_works():
    style = make_style("Cubism", slug="cubism", position=1)
    artist = make_artist("Juan Gris", style=style, birth_year=1887, biography="Born in Madrid.")
    make_artwork(
        "Guitar", style=make_style("Realism", slug="realism"), artist=artist, picture=small_painting()
    )

    told = get(f"/artists/{artist.slug}/")

    assert set(told) == ARTIST | {"biography", "sample_artworks"}
    assert told["styles"] == [
        {"slug": "cubism", "name": "Cubism"},
        {"slug": "realism", "name": "Realism"},
    ]
    assert (told["artwork_count"], told["biography"], told["birth_year"]) == (1, "Born in Madrid.", 1887)


def test_an_artists_address_of_the_past_leads_to_the_artist():
    artist = make_artist("Juan Gris", slug="juan-gris")
    ArtistRedirect.objects.create(old_slug="gris", artist=artist)

    response = Script(is_anonymous=True).get("/artists/gris/")

    assert (response.status_code, response.headers["Location"]) == (301, "/api/v1/artists/juan-gris/")


def test_artworks_can_be_narrowed_in_every_way():
    cubism, realism = make_style("Cubism", slug="cubism"), make_style("Realism", slug="realism")
    gris = make_artist("Juan Gris", slug="juan-gris")
    make_artwork("Guitar", style=cubism, artist=gris, year=1913, genre="still life", rights="public_domain")
    make_artwork("Stones", style=realism, year=1850, rights="protected")
    make_artwork("Hidden", style=realism, is_published=False)

    def found(query: str) -> list[str]:
        return [row["title"] for row in get(f"/artworks/?{query}")["results"]]

    assert found("") == ["Stones", "Guitar"]
    assert found("q=gris") == found("style=cubism") == found("artist=juan-gris") == ["Guitar"]
    assert found("genre=Still%20Life") == found("year_from=1900") == found("public_domain=true") == ["Guitar"]
    assert found("year_to=1900") == found("public_domain=false") == ["Stones"]
    assert found("artist=nobody") == found("year_from=1950&year_to=1900") == []


def test_a_work_is_told_in_full():
    artist = make_artist("Juan Gris", wikiart_slug="juan-gris")
    work = make_artwork("Guitar", artist=artist, picture=small_painting(), rights="public_domain", year=1913)

    told = get(f"/artworks/{work.pk}/")

    assert set(told) == ARTWORK
    assert told["artist"] == {"slug": artist.slug, "name": "Juan Gris"}
    assert told["image_url"] == f"http://testserver/artworks/{work.pk}/preview.jpg"
    assert (told["width"], told["height"], told["is_public_domain"]) == (480, 360, True)


def test_a_picture_that_may_not_be_shown_has_no_address(settings):
    settings.SHOW_PROTECTED_PICTURES = False
    work = make_artwork(picture=small_painting(), rights="protected")

    told = get(f"/artworks/{work.pk}/")

    assert told["image_url"] is told["thumbnail_url"] is None


def test_an_unpublished_work_is_for_curators():
    work = make_artwork(is_published=False)

    assert codes(Script().get(f"/artworks/{work.pk}/")) == (404, "not_found")
    assert Script(make_user(is_superuser=True)).get(f"/artworks/{work.pk}/").status_code == 200


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**40])
def test_a_work_of_any_number_is_found_or_not(number):
    assert codes(Script().get(f"/artworks/{number}/")) == (404, "not_found")


def test_works_like_a_work_never_name_the_work_itself():
    works = [make_artwork(seed=seed) for seed in range(3)]

    found = get(f"/artworks/{works[0].pk}/similar/")["results"]

    assert {work["id"] for work in found} == {works[1].pk, works[2].pk}
    assert set(found[0]) == ARTWORK | {"similarity"}
    assert found[0]["similarity"] >= found[1]["similarity"]


def test_a_work_that_was_not_looked_at_yet_has_nothing_like_it():
    assert get(f"/artworks/{make_artwork().pk}/similar/") == {"results": []}


def test_the_model_in_use_tells_what_it_is():
    told = get("/model/")

    card = inference.model_card()
    assert told["version"] == card["version"]
    assert told["labels"] == card["labels"]
    assert set(told["metrics"]) == {"top1", "top3", "macro_f1", "macro_auc", "ece"}
    assert told["metrics"]["top1"] == card["metrics"]["test"]["top1"]
    assert told["data"]["fingerprint"] == card["data"]["fingerprint"]


@pytest.mark.parametrize(
    ("path", "most"),
    [("/artworks/", 2), ("/artists/", 5), ("/styles/", 2), ("/artworks/{pk}/similar/", 5)],
)
def test_lists_ask_the_same_number_of_queries_however_long(path, most, django_assert_max_num_queries):
    style = make_style("Cubism", slug="cubism", position=1)
    artists = [make_artist(style=style, nationality="Spanish") for _ in range(10)]
    works = [make_artwork(style=style, artist=artist, seed=number) for number, artist in enumerate(artists)]
    address = path.format(pk=works[0].pk)
    get(address)

    with django_assert_max_num_queries(most):
        get(address)


def test_pages_of_works_lead_forwards_and_back():
    works = [make_artwork() for _ in range(5)]

    first = get("/artworks/?page_size=2")
    second = get(first["next"])
    back = get(second["previous"])

    assert [row["id"] for row in first["results"] + second["results"]] == [work.pk for work in works[:0:-1]]
    assert back == first | {"next": back["next"]}
    assert Artwork.objects.count() == 5

import re
from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gallery import wall
from gallery.curators import curators
from gallery.models import Style
from tests import pictures
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


def test_a_wrong_filter_is_described_by_the_sentence_about_it(client):
    page = client.get(reverse("gallery:artwork-list"), {"year_from": "abc", "year_to": "9999999"})
    page = page.content.decode()

    described = re.findall(r'aria-describedby="([^"]+)"', page)
    assert {"id_year_from_error", "id_year_to_error"} <= {*described}
    assert all(page.count(f' id="{sentence}"') == 1 for sentence in described)


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


# Pages in full


FULL = {
    "materials": "oil, canvas",
    "width_cm": 81.3,
    "height_cm": 65,
    "place": "Giverny, France",
    "collection": "Musée d’Orsay",
    "period": "Late years",
    "series": "Water lilies",
    "tags": ["ponds", "bridges"],
    "description": "A pond, and the sky in it.",
    "genre": "landscape",
    "source_url": "https://example.org/picture",
}


def test_an_artwork_page_tells_all_that_is_known(client):
    work = make_artwork("Pond", artist=make_artist("Claude Monet"), rights="public_domain", **FULL)

    page = client.get(work.get_absolute_url()).content.decode()

    expected = ["oil, canvas", "65 × 81.3 cm", "Giverny", "Musée d’Orsay", "Late years", "Water lilies"]
    expected += ["ponds, bridges", "A pond, and the sky in it.", "Public domain", FULL["source_url"]]
    assert [text for text in expected if text not in page] == []


@pytest.mark.parametrize(
    ("rights", "words"),
    [
        ("public_domain", "free for everyone"),
        ("protected", "Protected by copyright"),
        ("unknown", "better ask"),
        ("generated", "Generated by StyleArt"),
    ],
)
def test_rights_are_said_in_words(client, rights, words):
    work = make_artwork(rights=rights)

    assert words in client.get(work.get_absolute_url()).content.decode()


def test_an_artwork_page_shows_more_by_the_artist(client):
    artist = make_artist("Juan Gris")
    work, _ = (
        make_artwork(n, artist=artist, picture=pictures.small_painting(len(n))) for n in ("Guitar", "Bottles")
    )

    response = client.get(work.get_absolute_url())

    assert [other.title for other in response.context["more_works"]] == ["Bottles"]


def test_a_picture_can_be_looked_at_closely(client):
    work = make_artwork(picture=small_painting())
    address = reverse("gallery:artwork-large", args=[work.pk])

    assert f'href="{address}"' in client.get(work.get_absolute_url()).content.decode()
    assert client.get(address).headers["Content-Type"] == "image/jpeg"


def test_an_artist_page_tells_life_styles_and_years(client):
    artist = make_artist(
        "Claude Monet", birth_year=1840, death_year=1926, biography="He painted.\n\nAnd gardened."
    )
    make_artwork(artist=artist, style=make_style("Impressionism"), year=1869)

    page = client.get(artist.get_absolute_url()).content.decode()

    expected = ["<p>He painted.</p>", "<p>And gardened.</p>", "Impressionism", "1 work here", "1840, born"]
    assert [text for text in expected if text not in page] == []


def test_an_artists_works_hang_in_the_order_of_their_years(client):
    artist = make_artist()
    for title, year in [("Late", 1920), ("Undated", None), ("Early", 1869)]:
        make_artwork(title, artist=artist, year=year)

    page = client.get(artist.get_absolute_url()).context["page"]

    assert [work.title for work in page] == ["Early", "Late", "Undated"]


@pytest.mark.parametrize(
    ("death_year", "shows_protected", "status"),
    [(1926, False, 200), (2020, False, 404), (None, False, 404), (2020, True, 200)],
)
def test_a_portrait_is_shown_where_it_may_be(client, settings, death_year, shows_protected, status):
    settings.SHOW_PROTECTED_PICTURES = shows_protected
    artist = make_artist(death_year=death_year)
    artist.portrait.save("face.png", ContentFile(small_painting()))
    address = reverse("gallery:artist-portrait", args=[artist.slug])

    assert client.get(address).status_code == status
    assert (f'src="{address}"' in client.get(artist.get_absolute_url()).content.decode()) == (status == 200)


def test_an_artist_without_portrait_has_initials(client):
    artist = make_artist("Claude Monet")

    assert ">CM<" in client.get(artist.get_absolute_url()).content.decode()
    assert client.get(reverse("gallery:artist-portrait", args=[artist.slug])).status_code == 404


def test_a_portrait_that_cannot_be_read_is_a_404(client):
    artist = make_artist(death_year=1800)
    artist.portrait.save("face.png", ContentFile(b"not a picture"))
    address = reverse("gallery:artist-portrait", args=[artist.slug])

    assert client.get(address).status_code == 404
    artist.portrait.storage.delete(artist.portrait.name)
    assert client.get(address).status_code == 404


def test_a_style_page_shows_when_its_works_were_painted(client):
    before, style = make_style("Realism", position=1), make_style("Impressionism", position=2)
    style.came_from.add(before)
    make_artwork(style=style, artist=make_artist(), year=1869)

    page = client.get(style.get_absolute_url()).content.decode()

    assert "Impressionism, 1860–1869: 1 work" in page
    assert "1 work by 1 artist here" in page
    assert page.index('chronology-name" href="' + before.get_absolute_url()) < page.index(
        "Impressionism, 1860"
    )


def test_the_lists_say_how_many_there_are(client):
    style = make_style()
    for n in range(3):
        make_artwork(f"{n}", style=style, year=1900 + n)
    address = reverse("gallery:artwork-list")

    said = {
        query: client.get(f"{address}?{query}").context["count"].number
        for query in [
            "",
            f"style={style.slug}",
            "year_from=1901",
            "q=2",
            "kind=studies",
            f"style={style.slug}&year_to=1900",
        ]
    }

    assert list(said.values()) == [3, 3, 2, 1, 0, 1]


@pytest.mark.parametrize("query", ["", "year_from=1850", "year_to=1850", "year_from=1850&year_to=1950"])
def test_counts_that_are_kept_agree_with_the_list(client, query):
    for year in [1800, 1850, 1900, 1950, None]:
        make_artwork(year=year)
    make_artwork(year=1900, is_published=False)

    context = client.get(f"{reverse('gallery:artwork-list')}?{query}").context

    assert context["count"].number == len(context["page"])


def test_pages_name_the_one_address_that_search_engines_keep(client):
    style = make_style()
    work = make_artwork(style=style, artist=make_artist())
    base = "http://testserver"

    def canonical(address: str) -> str:
        return re.search(r'rel="canonical" href="([^"]*)"', client.get(address).content.decode())[1]

    for page in [style, work, work.artist]:
        assert canonical(f"{page.get_absolute_url()}?from=mail") == f"{base}{page.get_absolute_url()}"
    assert canonical(f"/artworks/?style={style.slug}&kind=&utm=x") == f"{base}/artworks/?style={style.slug}"
    assert canonical("/artworks/") == f"{base}/artworks/"
    assert "noindex" in client.get("/artworks/?q=x").content.decode()


@pytest.mark.parametrize("name", ["style-list", "chronology", "artist-list", "artwork-list", "search"])
def test_every_kind_of_page_says_in_a_sentence_what_it_is(client, name):
    page = client.get(reverse(f"gallery:{name}")).content.decode()

    own = re.search(r'name="description" content="([^"]*)"', page)[1]
    home = re.search(r'name="description" content="([^"]*)"', client.get("/").content.decode())[1]
    assert own != home
    assert len(own) > 40


def test_no_page_asks_the_database_more_when_the_catalogue_grows(client):
    style, artist = make_style(position=1), make_artist("Artist", birth_year=1840)
    work = make_artwork(style=style, artist=artist, picture=small_painting())
    addresses = [row.get_absolute_url() for row in (style, artist, work)]
    addresses += [
        reverse(f"gallery:{name}") for name in ("style-list", "chronology", "artist-list", "artwork-list")
    ]

    def queries() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    def grow(count: int) -> None:
        for seed in range(1, count + 1):
            other = make_style(position=Style.objects.count() + 1)
            other.came_from.add(style)
            painter = make_artist(style=style)
            make_artwork(style=style, artist=painter, year=1850 + seed, seed=seed)
            for _ in range(3):
                make_artwork(style=other, artist=artist, year=1850 + seed)

    grow(3)
    few = queries()
    grow(12)
    many = queries()

    assert many == few
    assert max(many) <= 12


def test_a_style_of_studies_alone_tells_of_no_artists(client):
    style = make_style("Cubism")
    make_artwork("Study", style=style, artist=None, rights="generated")

    page = client.get(style.get_absolute_url()).content.decode()

    assert "1 work here" in page
    assert "0 artist" not in page

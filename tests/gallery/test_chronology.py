from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from gallery.chronology import Chronology, LifeLine
from gallery.models import ArtistStyle, Artwork, Style, StyleYear
from tests.factories import make_artist, make_artwork, make_style

pytestmark = pytest.mark.django_db


def counts() -> dict:
    """What the database says it has counted."""
    return {(row.style_id, row.year): row.artwork_count for row in StyleYear.objects.all()}


def real_counts() -> dict:
    """The same, counted work by work."""
    found: dict = {}
    for work in Artwork.objects.published():
        found[work.style_id, work.year] = found.get((work.style_id, work.year), 0) + 1
    return found


def real_artist_counts() -> dict:
    found: dict = {}
    for work in Artwork.objects.published().exclude(artist=None):
        found[work.artist_id, work.style_id] = found.get((work.artist_id, work.style_id), 0) + 1
    return found


def artist_counts() -> dict:
    return {(row.artist_id, row.style_id): row.artwork_count for row in ArtistStyle.objects.all()}


@pytest.fixture
def works():
    cubism, realism = make_style("Cubism", position=1), make_style("Realism", position=2)
    gris, monet = make_artist("Juan Gris"), make_artist("Claude Monet")
    return Artwork.objects.bulk_create(
        Artwork(title=str(n), style=(cubism, realism)[n % 2], artist=(gris, monet, None)[n % 3], year=year)
        for n, year in enumerate([1910, 1911, 1910, None, 1910, None, 1860, 1861])
    )


CHANGES = {
    "nothing": lambda works: None,
    "one comes": lambda works: make_artwork(style=works[0].style, year=1910),
    "a hidden one comes": lambda works: make_artwork(style=works[0].style, is_published=False),
    "one goes": lambda works: works[0].delete(),
    "many go": lambda works: Artwork.objects.filter(year=1910).delete(),
    "all go": lambda works: Artwork.objects.all().delete(),
    "one is hidden": lambda works: Artwork.objects.filter(pk=works[0].pk).update(is_published=False),
    "all are hidden": lambda works: Artwork.objects.update(is_published=False),
    "one gets another year": lambda works: Artwork.objects.filter(pk=works[0].pk).update(year=1700),
    "one loses its year": lambda works: Artwork.objects.filter(pk=works[0].pk).update(year=None),
    "all get another style": lambda works: Artwork.objects.update(style=works[1].style),
    "all get another artist": lambda works: Artwork.objects.update(artist=works[1].artist),
    "all lose their artist": lambda works: Artwork.objects.update(artist=None),
    "titles change": lambda works: Artwork.objects.update(title="Untitled"),
    "some change at once": lambda works: Artwork.objects.bulk_update(
        [Artwork(pk=work.pk, year=1900 + n, style=works[0].style) for n, work in enumerate(works)],
        ["year", "style"],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_counts_follow_whatever_happens_to_the_works(works, change):
    CHANGES[change](works)

    assert counts() == real_counts()
    assert artist_counts() == real_artist_counts()


def test_styles_and_artists_know_how_many_works_are_on_display(works):
    Artwork.objects.filter(pk=works[0].pk).update(is_published=False)

    styles = {style.name: (style.artwork_count, style.artist_count) for style in Style.objects.with_counts()}

    assert styles == {"Cubism": (3, 2), "Realism": (4, 2)}


def test_a_style_without_works_counts_none():
    make_style("Empty", position=1)

    assert list(Style.objects.with_counts().values_list("artwork_count", "artist_count")) == [(0, 0)]


def test_a_hill_stands_where_its_works_are():
    style = make_style("Cubism", position=1)
    for year in [1908, 1910, 1912, 1913, 1919, 1931, None]:
        make_artwork(style=style, year=year)

    (ridge,) = Chronology([style]).ridges

    assert [(decade.years, decade.artwork_count) for decade in ridge.decades] == [
        ("1900–1909", 1),
        ("1910–1919", 4),
        ("1930–1939", 1),
    ]
    assert (ridge.artwork_count, ridge.first, ridge.middle, ridge.last) == (6, 1900, 1910, 1930)
    assert ridge.highest.years == "1910–1919"


def test_the_summit_of_a_hill_is_over_its_highest_decade():
    style = make_style(position=1)
    for year in [1700, 1801, 1802, 1803, 1804, 1910]:
        make_artwork(style=style, year=year)

    (ridge,) = Chronology([style]).ridges
    points = [tuple(map(float, point.split())) for point in ridge.path.strip("MZ").split("L")]
    x, _ = min(points, key=lambda point: point[1])

    left, width = (float(ridge.highest.x[:-1]) * 10, float(ridge.highest.width[:-1]) * 10)
    assert left <= x <= left + width


@pytest.mark.parametrize("years", [[1], [1199, 1950], [2026], [1400] * 3, [1999, 2000], []])
def test_hills_stay_on_the_page_whatever_the_years(years):
    style = make_style(position=1, start_year=1860)
    for year in years:
        make_artwork(style=style, year=year)

    chronology = Chronology([style])
    (ridge,) = chronology.ridges

    places = [float(length[:-1]) for decade in ridge.decades for length in (decade.x, decade.width)]
    assert all(0 <= place <= 100 for place in places)
    assert all(0 <= float(tick.x[:-1]) <= 100 for tick in chronology.ticks)
    assert bool(ridge.path) == any(year >= 1199 for year in years)


def test_a_decade_leads_to_its_works(client):
    style = make_style(position=1)
    make_artwork("Mine", style=style, year=1869)
    make_artwork("Too late", style=style, year=1870)
    make_artwork("Another style", year=1869)
    (ridge,) = Chronology([style]).ridges

    page = client.get(ridge.decades[0].address).context["page"]

    assert [work.title for work in page] == ["Mine"]


def test_the_page_has_a_picture_a_table_and_links_without_scripts(client):
    style = make_style("Cubism", position=1, start_year=1907, end_year=1922)
    make_artwork(style=style, year=1911)

    page = client.get(reverse("gallery:chronology")).content.decode()

    assert "Cubism, 1910–1919: 1 work" in page
    assert page.count(f'href="{style.get_absolute_url()}"') == 2
    assert "<table" in page
    assert "<path" in page


def test_without_dated_works_the_page_shows_what_books_say(client):
    make_style("Cubism", position=1, start_year=1907, end_year=1922)

    page = client.get(reverse("gallery:chronology")).content.decode()

    assert "No work here has a year yet" in page
    assert "Cubism, 1907–1922" in page


def test_the_number_of_queries_stays_the_same(client, django_assert_num_queries):
    def queries() -> int:
        with django_assert_num_queries(2):
            client.get(reverse("gallery:chronology"))

    for n in range(1, 16):
        make_artwork(style=make_style(position=n), year=1500 + 10 * n)
        if n in (2, 15):
            queries()


def test_an_artists_years_reach_from_birth_to_death():
    artist = make_artist(birth_year=1840, death_year=1926)
    for year in [1869, 1870, 1872, 1920, None]:
        make_artwork(artist=artist, year=year)
    make_artwork(artist=artist, year=1900, is_published=False)

    life = LifeLine(artist)

    assert (life.start, life.end, life.artwork_count) == (1840, 1926, 4)
    assert [(step.start, step.end, step.artwork_count) for step in life.steps] == [
        (1865, 1869, 1),
        (1870, 1874, 2),
        (1920, 1924, 1),
    ]


def test_a_step_of_an_artists_life_leads_to_its_works(client):
    artist = make_artist(birth_year=1840, death_year=1926)
    make_artwork("Mine", artist=artist, year=1869)
    make_artwork("Later", artist=artist, year=1890)

    address = LifeLine(artist).steps[0].address

    assert parse_qs(urlsplit(address).query)["artist"] == [artist.slug]
    assert [work.title for work in client.get(address).context["page"]] == ["Mine"]


def test_the_steps_of_a_life_are_links_for_those_who_listen_too(client):
    artist = make_artist(birth_year=1840, death_year=1926)
    make_artwork(artist=artist, year=1869)

    page = client.get(artist.get_absolute_url()).content.decode()

    assert '<svg role="group" aria-label="' in page  # of an image nothing inside would be told


def test_an_artist_without_dated_works_has_no_line():
    artist = make_artist(birth_year=1840)
    make_artwork(artist=artist)

    assert not LifeLine(artist)

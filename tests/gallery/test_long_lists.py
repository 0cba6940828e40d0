"""Lists that go on: every work once, on addresses that last."""

import re

import pytest
from django.urls import reverse

from gallery import colour_search, views, wall
from gallery.models import Opinion
from ml import inference
from tests import pictures
from tests.factories import make_artist, make_artwork, make_style, small_painting

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(views, "WALL_SIZE", 2)
    monkeypatch.setattr(views, "PAGE_SIZE", 3)


def next_page(page: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]*)"', page)
    return found and found[1].replace("&amp;", "&")


def test_the_works_of_a_style_follow_at_the_end_of_its_page_each_once(client, small_pages):
    style = make_style("Cubism", slug="cubism", position=12)
    hung = {make_artwork(style=style, picture=pictures.small_painting(n)).pk for n in range(9)}
    address, found, walls = style.get_absolute_url(), [], set()

    while address:
        response = client.get(address)
        first = response.context["page"].number == 1
        found += [work.pk for work in response.context["works"]] if first else []
        found += [work.pk for work in response.context["more_works"]]
        walls.add(tuple(work.pk for work in response.context["works"]))
        query = next_page(response.content.decode())
        address = query and style.get_absolute_url() + query

    assert sorted(found) == sorted(hung)
    assert len(walls) == 1  # the wall on top stays


def test_a_style_with_few_works_has_one_wall_and_no_pages(client):
    style = make_style("Cubism", slug="cubism", position=12)
    make_artwork(style=style, picture=small_painting())

    page = client.get(style.get_absolute_url()).content.decode()

    assert "More works" not in page
    assert "wall-pages" not in page


def test_neighbours_of_a_style_come_with_years_and_words_in_the_language(
    client, django_assert_max_num_queries
):
    style = make_style("Cubism", slug="cubism", position=12)
    for place in range(1, 9):
        other = make_style(position=place, start_year=1800 + place, end_year=1900)
        other.texts.create(language="fr", summary=f"En bref {place}.")
        style.came_from.add(other)

    with django_assert_max_num_queries(14):
        page = client.get(style.get_absolute_url(), headers={"Accept-Language": "fr"}).content.decode()

    assert "En bref 8." in page
    assert "1808–1900" in page


def test_a_style_of_studies_alone_speaks_of_no_artists(client):
    style = make_style("Cubism", slug="cubism", position=12)
    make_artwork(style=style, picture=small_painting(), rights="generated")
    crowded = make_style("Realism", slug="realism", position=6)
    make_artwork(style=crowded, artist=make_artist())

    assert "0 artists" not in client.get(style.get_absolute_url()).content.decode()
    assert "1 work by 1 artist here" in client.get(crowded.get_absolute_url()).content.decode()


def test_the_works_of_a_colour_have_pages(client, small_pages):
    for width in range(64, 68):
        make_artwork(picture=pictures.plain("PNG", width, 64))
    colour_search.catch_up(works=4)
    address = reverse("gallery:colour-detail", args=["000000"])

    first, second = client.get(address), client.get(f"{address}?page=2")

    assert [len(page.context["page"]) for page in (first, second)] == [3, 1]
    assert next_page(first.content.decode()) == "?page=2"
    assert client.get(f"{address}?page=x").status_code == 200


def test_what_a_page_adds_is_said_in_words(client):
    for number in range(25):
        make_artwork(f"Work {number}")

    first = client.get("/artworks/").content.decode()
    last = client.get("/artworks/" + next_page(first)).content.decode()

    assert 'data-said="24 more works"' in first
    assert 'data-said="1 more work"' in last


def say(work, label: str, *, certainty: str = "sure", version: str = "") -> None:
    """Let the model have this opinion of a work, whatever it really saw."""
    said = {"label": label, "probability": 0.91, "certainty": certainty}
    version = version or inference.model_version()
    Opinion.objects.update_or_create(artwork=work, model_version=version, defaults=said)


def test_the_example_is_a_study_of_which_the_model_in_use_is_rightly_sure(client):
    style = make_style("Cubism", slug="cubism", position=12)
    studies = [
        make_artwork(style=style, picture=pictures.small_painting(n), rights="generated") for n in range(5)
    ]
    say(studies[0], "Realism")
    say(studies[1], "Cubism", certainty="likely")
    say(studies[2], "Cubism", version="another model")
    say(studies[2], "Realism")
    say(studies[3], "Cubism")
    say(studies[4], "Realism")
    say(make_artwork(style=style, picture=pictures.small_painting(9)), "Cubism")

    example = wall.example_of_the_day()
    page = client.get("/").content.decode()

    assert (example.work, example.of_hundred) == (studies[3], 91)
    assert len(example.alike) == 4
    assert "This is Cubism, quite sure." in page


def test_without_a_sure_study_the_home_page_shows_no_example(client):
    make_artwork(picture=small_painting(), rights="generated")

    assert "An answer looks like this" not in client.get("/").content.decode()


@pytest.mark.parametrize("address", ["/about/", "/model/", "/data/", "/chronology/"])
def test_the_pages_about_the_site_are_chapters_of_one_book(client, address):
    page = client.get(address).content.decode()

    contents = re.search(r'<nav class="book-contents".*?</nav>', page, re.S)[0]
    assert contents.count("<li>") == 4
    assert contents.count('aria-current="page"') == 1
    assert f'href="{address}"' not in contents
    assert '<nav class="book-turn"' in page
    assert f'<link rel="canonical" href="http://testserver{address}">' in page


def test_the_sitemap_names_the_page_about_the_site(client):
    assert "/about/</loc>" in client.get("/sitemap-pages.xml").content.decode()


def test_the_page_about_the_site_says_how_long_things_are_kept(client, settings):
    settings.TRASH_DAYS, settings.EXPORT_DAYS = 12, 3

    page = client.get("/about/").content.decode()

    assert "in the trash for 12 days" in page
    assert "stays ready for 3 days" in page


def test_an_artists_page_leads_to_others_of_the_style(client):
    style = make_style("Cubism", slug="cubism", position=12)
    artists = [make_artist(f"Painter {n}", style=style) for n in range(3)]

    page = client.get(artists[1].get_absolute_url())

    assert [one.artist for one in page.context["others"]] == [artists[0], artists[2]]
    assert "Others of Cubism" in page.content.decode()
    assert "Others of" not in client.get(make_artist().get_absolute_url()).content.decode()

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils.translation import override

from gallery import search
from gallery.models import Artist, Artwork
from tests.factories import make_artist, make_artwork, make_style

pytestmark = pytest.mark.django_db

SEARCH = reverse("gallery:search")
SUGGESTIONS = reverse("gallery:search-suggestions")


def found(text: str) -> list[str]:
    """Titles, best first."""
    return [work.title for work in search.ranked(Artwork.objects.all(), text).order_by("-score", "-pk")]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("La Montagne Sainte-Victoire", "sainte victoire"),
        ("La Montagne Sainte-Victoire", "SAINTE-VICT"),
        ("Nymphéas", "nympheas"),
        ("Nympheas", "Nymphéas"),
        ("L’Estaque", "estaque"),
        ("L'Estaque", "l’estaque"),
        ("St.John", "john"),
        ("Study no.5 -1890", "1890"),
        ("Straße in Łódź", "strasse lodz"),
        ("Sommeraften på Skagen, Krøyer", "kroyer"),
        ("Æbler og Œuvres", "aebler oeuvres"),
        ("Ямщик", "ямщик"),
        ("神奈川沖浪裏", "神奈川"),
        ("100 % (a|b) & c:*", "a b c"),
    ],
)
def test_accents_case_and_signs_do_not_matter(title, text):
    make_artwork(title)
    make_artwork("Something else")

    assert found(text) == [title]


def test_every_word_must_be_there_and_the_last_may_be_begun():
    make_artwork("Starry Night", artist=make_artist("Vincent van Gogh"))
    make_artwork("Night Café", artist=make_artist("Vincent van Gogh"))

    assert found("night van gog") == found("gogh nig") != []
    assert found("star night") == []
    assert found("starry ni") == ["Starry Night"]


def test_a_single_letter_begins_no_words():
    make_artwork("Vase")
    make_artwork("V")

    assert found("v") == ["V"]


def test_the_best_come_first():
    make_artwork("A garden with a starry night in the distance, seen from a window")
    make_artwork("Over the Rhône: starry night")
    make_artwork("Starry night")

    assert found("starry night") == [
        "Starry night",
        "Over the Rhône: starry night",
        "A garden with a starry night in the distance, seen from a window",
    ]


@pytest.mark.parametrize("text", ["'", "\\", "&|!()<->", ":*", "a' | 'b", "%", "\0", "🎨", "--", "x" * 300])
def test_no_sign_breaks_the_search(client, text):
    make_artwork("Anything")

    assert client.get(SEARCH, {"q": text}).status_code == 200
    assert client.get(SUGGESTIONS, {"q": text}).status_code == 200
    assert client.get(reverse("gallery:artwork-list"), {"q": text}).status_code == 200


def test_of_very_many_works_the_newest_are_put_in_order(monkeypatch):
    monkeypatch.setattr(search, "MAX_RANKED", 3)
    for n in range(5):
        make_artwork(f"Landscape {n}")

    assert found("landscape") == ["Landscape 4", "Landscape 3", "Landscape 2"]


def test_what_a_curator_renames_is_found_under_its_new_name():
    work = make_artwork("Old name")
    work.title = "New name"
    work.save()

    assert (found("old"), found("new")) == ([], ["New name"])


def test_styles_are_found_by_name_and_by_what_is_counted_there():
    make_style("Impressionism", includes=["Impressionism", "Post-Impressionism"])
    make_style("Pop Art")

    assert [style.name for style in search.styles_for("post impress")] == ["Impressionism"]
    assert [style.name for style in search.styles_for("POP")] == ["Pop Art"]
    assert search.styles_for("p") == []


def test_artists_whose_name_begins_so_and_who_have_most_works_come_first():
    make_artist("Jean Monet")
    known = make_artist("Monet, Claude")
    busy = make_artist("Monet")
    make_artwork(artist=busy)

    names = [artist.name for artist in search.artists_for("mone", count=3)]

    assert names == [busy.name, known.name, "Jean Monet"]


def test_the_page_shows_works_artists_and_styles(client):
    artist = make_artist("Juan Gris")
    make_artwork("Grisaille", artist=artist, style=make_style("Grisaille style"))

    page = client.get(SEARCH, {"q": "gris"}).content.decode()

    assert [text for text in ["Juan Gris", "Grisaille style", "2 works"] if text not in page] == ["2 works"]
    assert "1 work<" in page


def test_hidden_works_are_not_found(client):
    make_artwork("Secret garden", is_published=False)

    assert "Secret garden" not in client.get(SEARCH, {"q": "garden"}).content.decode()
    assert "Secret garden" not in client.get(SUGGESTIONS, {"q": "garden"}).content.decode()


def test_an_empty_result_says_what_to_try(client):
    page = client.get(SEARCH, {"q": "xyzzy"}).content.decode()

    assert "Nothing here is called “xyzzy”" in page
    assert "Try fewer words" in page


def test_what_was_asked_for_is_shown_as_text(client):
    page = client.get(SEARCH, {"q": '"><script>alert(1)</script>'}).content.decode()

    assert "<script>alert" not in page


def test_one_can_turn_the_pages_of_a_result(client):
    for n in range(30):
        make_artwork(f"Landscape {n}")
    first = client.get(SEARCH, {"q": "landscape"}).context["page"]

    second = client.get(SEARCH, {"q": "landscape", "after": first.after}).context["page"]

    assert (len(first), len(second)) == (24, 6)
    assert {work.pk for work in first} & {work.pk for work in second} == set()


def test_suggestions_lead_to_their_pages(client):
    work = make_artwork("Water lilies", artist=make_artist("Claude Monet"))

    page = client.get(SUGGESTIONS, {"q": "wat"}).content.decode()

    assert f'href="{work.get_absolute_url()}"' in page
    assert "Claude Monet" in page


@pytest.mark.parametrize("address", [SEARCH, SUGGESTIONS])
def test_the_number_of_queries_stays_the_same(client, address, django_assert_max_num_queries):
    def add(count: int) -> None:
        for n in range(count):
            make_artwork(f"Landscape {n}", artist=make_artist(f"Landscape painter {n}"), style=make_style())

    add(2)
    with django_assert_max_num_queries(12) as few:
        client.get(address, {"q": "landscape"})
    add(20)
    with django_assert_max_num_queries(12) as many:
        client.get(address, {"q": "landscape"})

    assert len(many) == len(few)


def test_python_and_the_database_part_words_at_the_same_signs():
    title = "".join(f"w{n}{sign}" for n, sign in enumerate(search.SIGNS)) + "end"
    make_artwork(title)

    missed = [word for word in search.words(title) if not found(word)]

    assert missed == []
    assert len(search.words(title)) == len(search.SIGNS) + 1


def test_artists_too_are_found_without_accents():
    make_artist("Édouard Manet")
    make_artist("Édouard Vuillard")

    assert [artist.name for artist in search.holding(Artist.objects.all(), "edouard man")] == [
        "Édouard Manet"
    ]


@pytest.mark.parametrize(
    ("language", "text"), [("en", "water lilies"), ("fr", "nenuphars"), ("de", "Seerosen, Nachmittag")]
)
def test_a_study_is_found_by_the_title_that_the_page_shows(client, language, text):
    make_artwork("Water lilies, afternoon", rights="generated")
    make_artwork("A pond")

    page = client.get(SEARCH, {"q": text}, headers={"Accept-Language": language}).content.decode()

    with override(language):
        shown = Artwork.objects.get(title__startswith="Water").shown_title
    assert f'<html lang="{language}">' in page
    assert shown in page
    assert found(text) == ["Water lilies, afternoon"]


def test_works_that_are_no_studies_are_found_by_their_own_title_alone():
    work = make_artwork("Water lilies, afternoon", rights="public_domain")

    assert found("Seerosen") == []

    work.rights = "generated"
    work.save(update_fields=["rights"])
    assert found("Seerosen") == ["Water lilies, afternoon"]


def test_studies_that_hang_already_get_their_titles_with_the_upgrade():
    work = make_artwork("Water lilies, afternoon", artist=make_artist("Somebody"), rights="generated")
    whole = work.search_text
    Artwork.objects.update(search_text="water lilies, afternoon somebody")
    upgrade = import_module("gallery.migrations.0018_titles_of_studies_to_search")

    upgrade.tell_titles(apps, None)

    work.refresh_from_db()
    assert work.search_text == whole
    assert found("somebody seerosen") == ["Water lilies, afternoon"]

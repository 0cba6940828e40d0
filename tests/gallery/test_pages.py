import json
from base64 import urlsafe_b64encode

import pytest

from gallery.models import Artist, Artwork
from gallery.pages import count_up_to, cursor, page_of
from tests.factories import make_artist, make_artwork, make_style

pytestmark = pytest.mark.django_db


def make_works(count: int) -> None:
    style = make_style()
    Artwork.objects.bulk_create(Artwork(title=f"{n}", style=style) for n in range(1, count + 1))


def page(asked: dict | None = None, *, size: int = 3):
    return page_of(Artwork.objects.all(), asked or {}, order=["-pk"], size=size)


def titles(page) -> str:
    return " ".join(work.title for work in page)


def test_one_can_walk_to_the_end_and_back():
    make_works(8)

    first = page()
    second = page({"after": first.after})
    third = page({"after": second.after})
    back = page({"before": third.before})

    assert [titles(one) for one in (first, second, third, back)] == ["8 7 6", "5 4 3", "2 1", "5 4 3"]
    assert [one.number for one in (first, second, third, back)] == [1, 2, 3, 2]
    assert (first.before, third.after) == ("", "")


def test_going_back_to_the_beginning_gives_the_whole_first_page():
    make_works(8)
    second = page({"after": page().after})
    Artwork.objects.get(title="8").delete()

    again = page({"before": second.before})

    assert titles(again) == "7 6 5"
    assert (again.number, again.before) == (1, "")


def test_an_address_keeps_its_works_while_others_come():
    make_works(6)
    address = {"after": page().after}
    before = titles(page(address))
    make_works(4)

    assert titles(page(address)) == before


def test_rows_with_the_same_name_are_told_apart_by_their_id():
    for _ in range(5):
        make_artist("Jan Brueghel")
    make_artist("Anna Ancher")

    def artists(asked: dict):
        return page_of(Artist.objects.all(), asked, order=["search_text", "pk"], size=2)

    pages = [artists({})]
    while pages[-1].after:
        pages.append(artists({"after": pages[-1].after}))

    assert [len(one) for one in pages] == [2, 2, 2]
    assert len({artist.pk for one in pages for artist in one}) == 6


def test_names_of_all_kinds_can_be_turned_over():
    names = ["a\u200bb", "\u00a0x", "日本", "'; --", "é", "🎨"]
    for name in names:
        make_artist(name)

    pages = [page_of(Artist.objects.all(), {}, order=["search_text", "pk"], size=1)]
    while pages[-1].after and len(pages) < 10:
        pages.append(
            page_of(Artist.objects.all(), {"after": pages[-1].after}, order=["search_text", "pk"], size=1)
        )

    assert {one.rows[0].name for one in pages} == set(names)


@pytest.mark.parametrize(
    "text",
    [
        "?",
        "ä",
        "AAAA",
        cursor(2, ("x",)),
        cursor(2, (1, 2)),
        cursor(2, (2**70,)),
        cursor(2, (None,)),
        cursor(2, (True,)),
        urlsafe_b64encode(json.dumps([2, "\0"]).encode()).decode(),
        urlsafe_b64encode(b'[2, "\\ud800"]').decode(),
        urlsafe_b64encode(b"[" * 100_000).decode(),
        cursor(9, (-1,)),
    ],
)
def test_a_cursor_that_leads_nowhere_shows_the_first_page(text):
    make_works(4)

    assert titles(page({"after": text})) == "4 3 2"


def test_a_cursor_before_the_beginning_shows_the_first_page():
    make_works(4)

    assert titles(page({"before": cursor(2, (2**40,))})) == "4 3 2"


def test_a_deep_page_takes_one_query_like_the_first(django_assert_num_queries):
    make_works(30)
    deep = page({"after": page({"after": page().after}).after})

    with django_assert_num_queries(1):
        page()
    with django_assert_num_queries(1):
        page({"after": deep.after})


def test_counting_stops_where_nobody_reads_on():
    make_works(5)

    few, many = count_up_to(Artwork.objects.all(), 5), count_up_to(Artwork.objects.all(), 4)

    assert (few.number, few.is_all, many.number, many.is_all) == (5, True, 4, False)


@pytest.mark.parametrize(
    "query", ["", "style=mine", "style=mine&year_from=1900", "year_to=1950", "q=work", "kind=paintings"]
)
def test_every_choice_of_works_can_be_turned_over_to_its_end(client, query):
    style = make_style(slug="mine")
    Artwork.objects.bulk_create(
        Artwork(title=f"{n}", style=style, year=1900, search_text="work") for n in range(60)
    )

    address, seen = f"/artworks/?{query}", []
    while address:
        shown = client.get(address).context["page"]
        seen += [work.pk for work in shown]
        address = shown.after and f"/artworks/?{query}&after={shown.after}"

    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 60


def test_pages_are_told_apart_by_what_was_asked(client):
    for n in range(30):
        make_artwork(f"{n}")
    first = client.get("/artworks/").context["page"]

    second = client.get("/artworks/", {"after": first.after})

    assert len(second.context["page"]) == 6
    assert "page 2" in second.content.decode()

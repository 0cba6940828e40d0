from xml.etree import ElementTree

import pytest
from django.urls import reverse

from gallery import sitemaps
from tests.factories import make_artist, make_artwork, make_style

pytestmark = pytest.mark.django_db

INDEX = reverse("gallery:sitemap-index")


def addresses(client, address: str) -> list[str]:
    """What a sitemap lists, as paths."""
    response = client.get(address)
    assert response.status_code == 200, address
    tree = ElementTree.fromstring(response.content)  # noqa: S314 - our own answer
    return [place.text.removeprefix("http://testserver") for place in tree.findall(".//{*}loc")]


def all_addresses(client) -> list[str]:
    return [address for file in addresses(client, INDEX) for address in addresses(client, file)]


def test_every_page_of_the_catalogue_is_in_it_once(client):
    rows = [make_style(position=1), make_artist(), make_artwork(style=make_style()), make_artwork()]

    listed = all_addresses(client)

    assert [row for row in rows if listed.count(row.get_absolute_url()) != 1] == []
    assert "/chronology/" in listed
    assert len(listed) == len(set(listed))


def test_every_page_in_it_answers(client):
    make_artwork(style=make_style(position=1), artist=make_artist())

    wrong = [address for address in all_addresses(client) if client.get(address).status_code != 200]

    assert wrong == []


def test_hidden_works_are_left_out(client):
    work = make_artwork(is_published=False)

    assert work.get_absolute_url() not in all_addresses(client)


def test_many_works_are_split_into_files_that_stay_the_same(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "BLOCK", 2)
    works = [make_artwork() for _ in range(5)]

    files = [file for file in addresses(client, INDEX) if "works" in file]
    listed = {file: addresses(client, file) for file in files}

    assert sorted(len(one) for one in listed.values() if one) in ([1, 2, 2], [1, 1, 2, 1])
    assert {address for one in listed.values() for address in one} == {
        work.get_absolute_url() for work in works
    }
    works[0].delete()
    last = files[-1]
    assert addresses(client, last) == listed[last]


@pytest.mark.parametrize("page", ["0", "99", "x", "-1", "1e3", "²"])
def test_a_file_that_is_not_there_is_a_404(client, page):
    address = reverse("gallery:sitemap", args=["works"])

    assert client.get(address, {"p": page}).status_code == 404
    assert client.get("/sitemap-nothing.xml").status_code == 404


def test_a_file_takes_the_same_queries_however_many_works(client, django_assert_num_queries):
    for count in (1, 20):
        for _ in range(count):
            make_artwork()
        with django_assert_num_queries(2):
            client.get(reverse("gallery:sitemap", args=["works"]))


def test_robots_are_told_where_it_is_and_what_to_leave(client):
    response = client.get("/robots.txt")

    text = response.content.decode()
    assert response.headers["Content-Type"].startswith("text/plain")
    assert f"Sitemap: http://testserver{INDEX}" in text
    assert "Disallow: /predictions/" in text

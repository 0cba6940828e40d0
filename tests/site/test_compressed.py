"""What is sent compressed, and what is not."""

import gzip
import re

import pytest

from tests.factories import make_artwork, make_house_styles, small_painting

pytestmark = pytest.mark.django_db
ASKED = {"accept-encoding": "gzip, deflate, br"}


def test_a_page_is_sent_compressed_to_who_asks_for_it(client):
    plain = client.get("/artworks/")
    sent = client.get("/artworks/", headers=ASKED)

    assert "Content-Encoding" not in plain.headers
    assert sent.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in sent.headers["Vary"]
    assert int(sent.headers["Content-Length"]) == len(sent.content) < len(plain.content) / 2
    assert "<h1" in gzip.decompress(sent.content).decode()


def test_the_api_is_sent_compressed(client):
    make_house_styles()

    sent = client.get("/api/v1/styles/", headers=ASKED)

    assert sent.headers["Content-Encoding"] == "gzip"


def test_pictures_are_sent_as_they_are(client):
    work = make_artwork(style=make_house_styles()[0], picture=small_painting())

    sent = client.get(f"/artworks/{work.pk}/preview.jpg", headers=ASKED)

    assert sent.status_code == 200
    assert "Content-Encoding" not in sent.headers
    assert int(sent.headers["Content-Length"]) == len(b"".join(sent.streaming_content))


def test_a_page_has_another_length_each_time_so_that_nobody_guesses_by_it(client):
    lengths = {client.get("/accounts/login/", headers=ASKED).headers["Content-Length"] for _ in range(8)}
    token = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
    pages = [gzip.decompress(client.get("/accounts/login/", headers=ASKED).content) for _ in range(2)]

    assert len(lengths) > 1
    assert token.search(pages[0])[1] != token.search(pages[1])[1]

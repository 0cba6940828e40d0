"""The local WikiArt itself: it must answer as the real one does, or the importer's tests prove little."""

import http.client
import json
import subprocess
import sys
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from scraper import answers
from scraper.records import ArtistRecord, PaintingRecord, Unusable
from tests import wikiart_server
from tests.scraper import folders
from tests.wikiart_server import KINDS, Faults, World

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world():
    return World.made_up(200)


@pytest.fixture
def server(world):
    with wikiart_server.running(world=world, retry_after_s=3) as server:
        yield server


def get(server, path, **options):
    request = urllib.request.Request(server.url + path, **options)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.read()


def get_json(server, path, **options):
    return json.loads(get(server, path, **options)[1])


def failure(server, path):
    with pytest.raises(urllib.error.HTTPError) as error:
        get(server, path)
    with error.value as answer:
        return answer.code, answer.read(), answer.headers


# What lucasdavid/wikiart asks for


def test_the_old_downloaders_calls_work(server, world):
    artists = get_json(server, "/en/App/Artist/AlphabetJson?v=new&inPublicDomain=true")
    slug = artists[0]["url"]
    works = get_json(server, f"/en/App/Painting/PaintingsByArtist?artistUrl={slug}&json=2")
    details = [get_json(server, f"/en/App/Painting/ImageJson/{work['contentId']}") for work in works]

    assert {"contentId", "artistName", "url", "lastNameFirst", "birthDay", "dictonaries"} <= artists[0].keys()
    assert list(works[0]) == [
        "title", "contentId", "artistContentId", "artistName", "completitionYear", "yearAsString", "width", "image",
        "height",
    ]  # fmt: skip
    assert {detail["artistUrl"] for detail in details} == {slug}
    assert [detail["url"] for detail in details] == [work.slug for work in world.by_slug[slug].works]


def test_the_list_of_artists_fails_without_its_version(server):
    code, body, _ = failure(server, "/en/App/Artist/AlphabetJson")

    assert (code, body[:15]) == (500, b"<!DOCTYPE html>")


# Listing pages


def test_a_listing_pages_until_it_is_empty(server, world):
    pages = [get_json(server, f"/en/paintings-by-genre/portrait?json=2&page={number}") for number in (1, 2)]

    assert pages[0]["AllPaintingsCount"] == len(world.by_genre["portrait"])
    assert pages[0]["PageSize"] == 60
    assert pages[1]["Paintings"] is None


def test_a_listing_answers_a_post_too(server):
    assert get_json(server, "/en/paintings-by-genre/portrait?json=2&page=1", data=b"x=1", method="POST")[
        "Paintings"
    ]


def test_a_listing_stops_at_3600(monkeypatch, world):
    monkeypatch.setattr("tests.wikiart_server.families.MOST_SHOWN", 120)
    with wikiart_server.running(world=world) as server:
        popular = [
            get_json(server, f"/en/popular-paintings/alltime?json=2&page={number}") for number in (2, 3)
        ]

    assert len(popular[0]["Paintings"]) == 60
    assert (popular[1]["Paintings"], popular[1]["AllPaintingsCount"]) == (None, 200)


# API v2


def test_a_token_that_is_encoded_twice_breaks_the_server(server):
    page = get_json(server, "/en/api/2/MostViewedPaintings")

    token = page["paginationToken"]
    assert (token, page["hasMore"]) == ("%2b60%2b%3d%3d", True)
    assert get_json(server, f"/en/api/2/MostViewedPaintings?paginationToken={token}")["data"]
    assert (
        failure(server, f"/en/api/2/MostViewedPaintings?paginationToken={token.replace('%', '%25')}")[0]
        == 500
    )


def test_a_session_needs_the_right_codes(world):
    with wikiart_server.running(world=world, codes=("a", "b")) as server:
        key = get_json(server, "/en/Api/2/login?accessCode=a&secretCode=b")["SessionKey"]
        wrong, body, _ = failure(server, "/en/Api/2/login?accessCode=a&secretCode=x")
        other, *_ = failure(server, "/en/api/2/UpdatedArtists?authSessionKey=nonsense")

        assert get_json(server, f"/en/api/2/UpdatedArtists?authSessionKey={key}")["data"]

    assert (wrong, set(json.loads(body)), other) == (404, {"message", "status"}, 401)


def test_past_the_hourly_limit_it_says_so(world):
    with wikiart_server.running(world=world, api_calls_per_hour=2) as server:
        [get(server, "/en/api/2/UpdatedArtists") for _ in range(2)]
        code, body, _ = failure(server, "/en/api/2/UpdatedArtists")

        assert get(server, "/en/App/Artist/AlphabetJson?v=new")[0] == 200  # the others have no such limit

    assert (code, json.loads(body)["message"]) == (429, "Requests limit exceeded")


def test_too_many_calls_at_once_are_refused(world):
    with wikiart_server.running(world=world, calls=(2, 60.0), retry_after_s=3) as server:
        [get(server, "/en/App/Artist/AlphabetJson?v=new") for _ in range(2)]
        code, _, headers = failure(server, "/en/App/Artist/AlphabetJson?v=new")

    assert (code, headers["Retry-After"]) == (429, "3")


@pytest.mark.parametrize(
    "path", ["/en/nobody?json=2", "/en/api/2/Painting?id=7", "/en/App/Painting/ImageJson/7"]
)
def test_what_nobody_knows_is_404_with_a_message(server, path):
    code, body, _ = failure(server, path)

    assert (code, set(json.loads(body))) == (404, {"message", "status"})


# Pictures


def test_pictures_have_the_size_that_the_lists_tell(server, world):
    for work in world.works[:3]:
        _, body = get(server, f"{urllib.request.quote(work.picture)}!Large.{work.picture.rpartition('.')[2]}")

        with Image.open(BytesIO(body)) as image:
            assert image.size == (work.width, work.height)


def test_some_originals_are_gone_and_some_works_are_withheld(server, world):
    gone = next(work for work in world.works if not work.has_original and "FRAME" not in work.picture)

    assert failure(server, urllib.request.quote(gone.picture))[0] == 404
    assert world.works[17].picture == "/Content/images/FRAME-600x480.jpg"
    assert get(server, world.works[17].picture)[0] == 200


# Faults


def test_the_same_seed_gives_the_same_faults():
    addresses = [f"/en/{number}" for number in range(500)]
    first, again, other = (
        [faults.next(address, "json") for address in addresses]
        for faults in (Faults(0.2, 1), Faults(0.2, 1), Faults(0.2, 2))
    )

    assert first == again != other
    assert 60 < sum(map(bool, first)) < 140
    assert set(first) == {"", "reset", "error", "html", "slow", "busy"}


def test_a_call_is_not_cursed_for_ever():
    faults = Faults(0.5, 1)

    assert "" in {faults.next("/en/same", "json") for _ in range(20)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_shows(server, world, kind):
    path = (
        f"{world.works[0].picture}!Large.jpg"
        if kind == "truncated"
        else "/en/paintings-by-genre/portrait?json=2&page=1"
    )
    whole = get(server, path)[1]
    server.faults.plan(kind)

    try:
        status, body = get(server, path)
    except urllib.error.HTTPError as error:
        with error:
            assert error.code in (429, 500)
    except (
        ConnectionError,
        http.client.IncompleteRead,
        http.client.RemoteDisconnected,
        urllib.error.URLError,
    ):
        assert kind in ("reset", "truncated")
    else:
        assert status == 200
        assert (body == whole) is (kind == "slow")
    assert server.faults.given == {kind: 1}


def test_calls_are_counted(server):
    server.faults.plan("error", containing="Most")
    failure(server, "/en/api/2/MostViewedPaintings?x=1")
    get(server, "/en/api/2/MostViewedPaintings?x=2")

    assert server.requests["/en/api/2/MostViewedPaintings"] == 2
    assert server.sent["/en/api/2/MostViewedPaintings"] == 1
    assert get_json(server, "/-/requests")["requests"]["/en/api/2/MostViewedPaintings"] == 2


# Worlds


def test_a_world_is_the_same_each_time_and_another_by_another_seed():
    titles = [
        [(work.title, work.slug, work.year_text) for work in World.made_up(50, seed).works]
        for seed in (1, 1, 2)
    ]

    assert titles[0] == titles[1] != titles[2]


def test_a_world_holds_every_quirk(world, server):
    listed = [
        item
        for style in world.by_style
        for item in get_json(server, f"/en/paintings-by-style/{style}?json=2&page=1")["Paintings"]
    ]
    text = json.dumps(listed, ensure_ascii=False)
    years = {item["year"] for item in listed}
    known = [record for record in answers.recognise(listed) if isinstance(record, PaintingRecord)]

    assert {"c.1488", "1920-1930", "XX cent.", "", "0001", "?"} <= years
    assert all(
        mark in text for mark in ("&amp;#", "&#39;", "&#160;", ".jpeg", "(1)", "-é", "not_detected_", "FRAME")
    )
    assert any("\u0301" in work.title or "\u0300" in work.title for work in world.works)
    assert any(work.legacy_id > 2**53 for work in world.works)
    assert len(known) == len(listed)
    assert not [record for record in answers.recognise(listed) if isinstance(record, Unusable)]


def test_a_world_can_show_a_folder(tmp_path):
    folders.make_paintings(tmp_path, 4)

    with wikiart_server.running(folder=tmp_path) as server:
        [artist] = answers.recognise(get_json(server, "/en/App/Artist/AlphabetJson?v=new"))
        page = get_json(server, f"/en/{artist.wikiart_slug}/mode/all-paintings?json=2&page=1")
        picture = get(server, server.world.works[0].picture)[1]

    assert isinstance(artist, ArtistRecord)
    assert (artist.name, page["AllPaintingsCount"]) == ("Juan Gris", 4)
    assert picture == (tmp_path / "images/cubism/juan-gris_fruit-dish-0-1917.jpg").read_bytes()


def test_the_generated_studies_are_a_world():
    world = World.of_studies()

    assert len(world.works) == 216
    with Image.open(BytesIO(world.works[13].paint())) as image:
        assert image.size == (world.works[13].width, world.works[13].height)


def test_it_starts_from_the_command_line():
    command = [sys.executable, "-m", "tests.wikiart_server", "--port", "0", "--works", "5"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            url = line.strip().partition("WIKIART_URL=")[2]
            with urllib.request.urlopen(f"{url}/en/App/Artist/AlphabetJson?v=new", timeout=10) as answer:
                artists = json.load(answer)
        finally:
            process.terminate()

    assert line.startswith("WikiArt, 5 works: ")
    assert len(artists) == 1

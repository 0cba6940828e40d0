import logging
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image

from scraper.answers import read_painting
from scraper.picture import PART
from scraper.records import ArtistRecord, PaintingRecord, Unusable
from scraper.wikiart import (
    Access,
    NotFound,
    NotReady,
    PictureMissing,
    Refused,
    Stopped,
    Unreachable,
    WikiArt,
    WrongCodes,
)
from tests import wikiart_server
from tests.scraper.local_wikiart import records, wikiart
from tests.wikiart_server import World

CODES = ("acc3ss", "s3cret")


@pytest.fixture(scope="module")
def world():
    return World.made_up(400)


@pytest.fixture
def server(world):
    with wikiart_server.running(world=world, codes=CODES, retry_after_s=0, slow_s=0.05) as server:
        yield server


def with_codes(server, **fields):
    return wikiart(server, access_code=CODES[0], secret_code=CODES[1], **fields)


def painter_of(world, *, is_free):
    return next(painter for painter in world.painters if painter.is_free is is_free)


def slugs(works):
    return [f"{work.painter.slug}/{work.slug}" for work in works]


# Artists


def test_an_artist_comes_with_life_and_nationality(server, world):
    painter = world.painters[4]

    with wikiart(server) as client:
        artist = client.fetch_artist(painter.slug)

    assert (artist.name, artist.wikiart_slug, artist.legacy_id) == (
        painter.name,
        painter.slug,
        str(painter.legacy_id),
    )
    assert (artist.birth_year, artist.death_year) == (painter.birth, painter.death)
    assert artist.biography.startswith(f"{painter.name} painted quietly.\n\n")
    assert artist.nationality == "Swedish"


def test_an_artist_that_nobody_knows_is_named(server):
    with wikiart(server) as client, pytest.raises(NotFound, match="WikiArt knows no artist “nobody-at-all”"):
        client.fetch_artist("nobody-at-all")


def test_artists_come_all_or_only_the_free_ones(server, world):
    with wikiart(server) as client:
        everybody = records(client.fetch_artists(public_domain_only=False))
        free = records(client.fetch_artists())

    assert [artist.wikiart_slug for artist in everybody] == [painter.slug for painter in world.painters]
    assert [artist.wikiart_slug for artist in free] == [
        painter.slug for painter in world.painters if painter.is_free
    ]


def test_the_list_of_artists_goes_on_after_any_of_them(server, world):
    with wikiart(server) as client:
        pages = list(client.fetch_artists(public_domain_only=False))
        rest = records(client.fetch_artists(public_domain_only=False, start_after=pages[3].position))
        nothing = records(client.fetch_artists(start_after=pages[-1].position))

    assert [artist.wikiart_slug for artist in rest] == [painter.slug for painter in world.painters[4:]]
    assert nothing == []


def test_artists_that_changed_come_from_api_v2(server, world):
    with wikiart(server) as client:
        found = records(client.fetch_updated_artists(date(2024, 1, 31)))

    assert [artist.wikiart_id for artist in found] == [painter.id for painter in world.painters]


# Lists of works


def test_a_style_comes_whole_page_by_page(server, world):
    with wikiart(server) as client:
        pages = list(client.fetch_artworks_by_style("realism"))

    works = world.by_style["realism"]
    assert [record.name for record in records(pages)] == slugs(works)
    assert {page.total for page in pages} == {len(works)}
    assert {record.styles for record in records(pages)} == {("Realism",)}
    assert all(record.artist.birth_year for record in records(pages))


def test_a_list_goes_on_where_it_stopped(server, world):
    with wikiart(server) as client:
        pages = list(client.fetch_artworks_by_genre("portrait"))
        rest = list(client.fetch_artworks_by_genre("portrait", start_after=pages[0].position))
        nothing = list(client.fetch_artworks_by_genre("portrait", start_after=pages[-1].position))

    assert len(pages) > 1
    assert records(rest) == records(pages[1:])
    assert records(nothing) == []


def test_a_genre_comes_with_the_genre(server):
    with wikiart(server) as client:
        found = records(client.fetch_artworks_by_genre("still-life"))

    assert {record.genres for record in found} == {("still life",)}


@pytest.mark.parametrize("kind", ["style", "genre"])
def test_a_list_that_nobody_knows_is_named(server, kind):
    with wikiart(server) as client, pytest.raises(NotFound, match=f"knows no {kind} “nothing”"):
        records(getattr(client, f"fetch_artworks_by_{kind}")("nothing"))


def test_a_list_without_any_works_is_named_too():
    world = World.made_up(3)
    world.by_style["empty"] = []
    with (
        wikiart_server.running(world=world) as server,
        wikiart(server) as client,
        pytest.raises(NotFound, match="lists no works of the style “empty”"),
    ):
        records(client.fetch_artworks_by_style("empty"))


def test_a_short_page_is_asked_for_again(server, world):
    server.faults.plan("short", times=2, containing="paintings-by-style/realism?json=2&page=1")

    with wikiart(server) as client:
        found = records(client.fetch_artworks_by_style("realism"))

    assert {record.name for record in found} == set(slugs(world.by_style["realism"]))
    assert server.faults.given["short"] == 2


def test_a_page_that_stays_short_is_reported(server, world):
    server.faults.plan("short", times=99, containing="paintings-by-style/realism?json=2&page=1")

    with wikiart(server) as client:
        found = records(client.fetch_artworks_by_style("realism"))

    [unusable] = [record for record in found if isinstance(record, Unusable)]
    missing = len(world.by_style["realism"]) - (len(found) - 1)
    assert missing > 0
    assert (unusable.name, unusable.reason) == (
        "realism, page 1",
        f"Not all of its works came; {missing} are missing. Try again.",
    )


def test_a_list_that_is_cut_at_3600_says_so(world, monkeypatch):
    monkeypatch.setattr("tests.wikiart_server.families.MOST_SHOWN", 60)
    with wikiart_server.running(world=world) as server, wikiart(server) as client:
        found = records(client.fetch_artworks_by_genre("portrait"))

    total = len(world.by_genre["portrait"])
    assert total > 60
    assert len(found) == 61
    assert (
        found[-1].reason == f"WikiArt lists {total} works there and shows 60. Import by artist for the rest."
    )


def test_the_most_viewed_works_follow_the_tokens_to_their_end(server, world):
    with wikiart(server) as client:
        pages = list(client.fetch_most_viewed())

    assert [record.wikiart_id for record in records(pages)] == [work.id for work in world.works]
    assert len(pages) == 7  # 400 works; the last page has a token, too


def test_the_most_viewed_works_go_on_after_a_token(server):
    with wikiart(server) as client:
        pages = list(client.fetch_most_viewed())
        rest = list(client.fetch_most_viewed(start_after=pages[4].position))
        nothing = list(client.fetch_most_viewed(start_after=pages[-1].position))

    assert pages[4].position == "+300+=="
    assert records(rest) == records(pages[5:])
    assert nothing == []


def test_an_empty_page_that_is_not_the_last_is_asked_for_again(server, world):
    server.faults.plan("short", times=3, containing="MostViewedPaintings")

    with wikiart(server) as client:
        found = records(client.fetch_most_viewed())

    assert len(found) == len(world.works)


# Works of an artist


def test_free_works_of_an_artist_are_marked_and_carry_both_ids(server, world):
    painter = painter_of(world, is_free=True)

    with wikiart(server) as client:
        found = records(client.fetch_artworks_of_artist(painter.slug))

    assert [record.name for record in found] == slugs(painter.works)
    assert {record.in_public_domain for record in found} == {True}
    assert [(record.wikiart_id, record.legacy_id) for record in found] == [
        (work.id, str(work.legacy_id)) for work in painter.works
    ]


def test_protected_works_of_an_artist_come_only_when_asked_for(server, world):
    painter = painter_of(world, is_free=False)

    with wikiart(server) as client:
        free = records(client.fetch_artworks_of_artist(painter.slug))
        everything = records(client.fetch_artworks_of_artist(painter.slug, public_domain_only=False))

    assert free == []
    assert [record.name for record in everything] == slugs(painter.works)
    assert {record.in_public_domain for record in everything} == {None}


def test_free_works_that_the_listing_lacks_come_last(server, world, monkeypatch):
    monkeypatch.setattr("tests.wikiart_server.families.MOST_SHOWN", 0)
    painter = painter_of(world, is_free=True)

    with wikiart(server) as client:
        found = records(client.fetch_artworks_of_artist(painter.slug))

    works = [record for record in found if isinstance(record, PaintingRecord)]
    assert {record.legacy_id for record in works} >= {
        str(work.legacy_id) for work in painter.works if work.number % 50 != 17
    }
    assert {record.artist.wikiart_slug for record in works} == {painter.slug}


def test_the_works_of_an_artist_go_on_where_they_stopped(world):
    world = World(seed=2)
    other = World.made_up(40, seed=2)
    for number in range(150):  # more than a page by one painter
        work = other.works[number % 40]
        world.add(f"Work {number}", "Cubism", world.painter(0, random.Random(3)), 200, 200, work.paint,
                  random.Random(number))  # fmt: skip
    with wikiart_server.running(world=world) as server, wikiart(server) as client:
        slug = world.painters[0].slug
        pages = list(client.fetch_artworks_of_artist(slug, public_domain_only=False))
        rest = list(
            client.fetch_artworks_of_artist(slug, public_domain_only=False, start_after=pages[0].position)
        )

    assert [len(page.records) for page in pages] == [60, 60, 30, 0]
    assert records(rest) == records(pages[1:])


# Details


@pytest.mark.parametrize("has_codes", [False, True])
def test_details_fill_what_a_list_lacks(server, world, has_codes):
    painter = painter_of(world, is_free=True)
    client = with_codes(server) if has_codes else wikiart(server)

    with client:
        listed = records(client.fetch_artworks_of_artist(painter.slug))[0]
        whole = client.fetch_details(listed)

    assert (listed.has_details, whole.has_details) == (False, True)
    assert (listed.styles, whole.styles) == ((), painter.works[0].styles)
    assert bool(whole.media) is has_codes
    assert (whole.in_public_domain, whole.width_px) == (True, listed.width_px)
    assert whole.artist.birth_year == painter.birth


def test_details_of_a_style_without_codes_cost_no_calls_of_api_v2(server, world):
    with wikiart(server) as client:
        listed = [
            record for record in records(client.fetch_artworks_by_style("cubism")) if record.picture_path
        ]
        whole = [client.fetch_details(record) for record in listed[:20]]

    assert all(record.has_details and record.legacy_id for record in whole)
    assert {record.artist.wikiart_slug for record in whole} < {painter.slug for painter in world.painters}
    assert not [path for path in server.requests if "/api/2/" in path.lower()]


def test_details_of_an_item_without_address_give_the_address(server, world):
    work = world.works[0]
    item = PaintingRecord(name="x", source_key="x", title="x", styles=(), legacy_id=str(work.legacy_id))

    with wikiart(server) as client:
        whole = client.fetch_details(item)

    assert (whole.name, whole.wikiart_slug) == (f"{work.painter.slug}/{work.slug}", work.slug)


def test_a_work_that_one_family_has_forgotten_is_found_in_another(server, world):
    work = world.works[0]
    item = PaintingRecord(name="x", source_key="x", title="x", styles=(), legacy_id="77", wikiart_id=work.id)

    with wikiart(server) as client:
        assert client.fetch_details(item).wikiart_slug == work.slug


def test_details_of_another_work_are_not_taken(server, world):
    item = PaintingRecord(
        name="a/b",
        source_key="x",
        title="x",
        styles=(),
        legacy_id=str(world.works[0].legacy_id),
        wikiart_slug="b",
    )

    with wikiart(server) as client, pytest.raises(NotFound, match="no details of a/b"):
        client.fetch_details(item)


def test_all_families_agree_about_every_work(server, world):
    with wikiart(server) as plain, with_codes(server) as session:
        for work in world.works[:60]:
            both = PaintingRecord(
                name="x", source_key="x", title="x", styles=(), legacy_id=str(work.legacy_id)
            )
            legacy, api = plain.fetch_details(both), session.fetch_details(replace(both, wikiart_id=work.id))
            facts = [
                (told.wikiart_slug or work.slug, told.title, told.artist.name, told.styles, told.genres, told.place,
                 told.width_cm, told.height_cm, told.picture_path)
                for told in (legacy, api)
            ]  # fmt: skip

            assert facts[0] == facts[1]


# Access codes


def test_a_session_begins_with_the_codes_and_is_used_again(server, world):
    with with_codes(server) as client:
        records(client.fetch_most_viewed())

    assert server.requests["/en/Api/2/login"] == 1
    assert server.sessions == {"session0001": 7}


def test_a_session_that_ended_is_begun_anew(world):
    with (
        wikiart_server.running(world=world, codes=CODES, session_calls=3) as server,
        with_codes(server) as client,
    ):
        found = records(client.fetch_most_viewed())

    assert len(found) == len(world.works)
    assert len(server.sessions) == 3


def test_wrong_codes_are_told_without_saying_them(server):
    client = wikiart(server, access_code="wr0ng", secret_code="s3cret")

    with client, pytest.raises(WrongCodes, match="WIKIART_ACCESS_CODE") as trouble:
        records(client.fetch_most_viewed())

    assert "wr0ng" not in repr(trouble.value)


def test_codes_and_keys_are_in_no_log_no_error_and_no_repr(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.faults.plan("error", times=2, containing="login")
    server.faults.plan("error", times=20, containing="MostViewed")

    with with_codes(server) as client, pytest.raises(Unreachable) as trouble:
        records(client.fetch_most_viewed())

    told = f"{caplog.text}{trouble.value!r}{trouble.value.__context__!r}{client!r}{client._access!r}"
    assert "MostViewedPaintings" in told
    assert not [secret for secret in (*CODES, "session0001") if secret in told]


def test_the_hourly_limit_is_waited_for(world):
    options = {"codes": CODES, "api_calls_per_hour": 3, "hour_s": 0.3}
    with (
        wikiart_server.running(world=world, **options) as server,
        with_codes(server, limit_wait_s=0.1) as client,
    ):
        found = records(client.fetch_most_viewed())

    assert len(found) == len(world.works)


def test_a_limit_that_does_not_pass_ends_the_matter(world):
    options = {"codes": CODES, "api_calls_per_hour": 3}
    with (
        wikiart_server.running(world=world, **options) as server,
        with_codes(server, patience_s=0.2) as client,
        pytest.raises(Unreachable, match="limit of calls"),
    ):
        records(client.fetch_most_viewed())


# Pictures


def listed_works(client, world):
    return records(client.fetch_artworks_of_artist(painter_of(world, is_free=True).slug))


def with_picture(client, world):
    return next(record for record in listed_works(client, world) if record.picture_path)


@pytest.mark.parametrize(
    ("image_size", "path_end"), [("Large", "!Large.jpg"), ("HD", "!HD.jpg"), ("Original", "")]
)
def test_a_picture_is_fetched_in_the_wished_size(server, world, tmp_path, image_size, path_end):
    with wikiart(server, image_size=image_size) as client:
        record = with_picture(client, world)
        path = client.fetch_picture(record, tmp_path / "1")

    assert server.sent[f"{record.picture_path}{path_end}"] == 1
    with Image.open(path) as image:
        assert image.size == (record.width_px, record.height_px)
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_an_original_that_is_gone_is_taken_in_the_next_size(server, world, tmp_path):
    work = next(work for work in world.works if not work.has_original and work.picture.startswith("/images"))
    record = PaintingRecord(name="x", source_key="x", title="x", styles=(), picture_path=work.picture)

    with wikiart(server, image_size="Original") as client:
        client.fetch_picture(record, tmp_path / "1")

    suffix = work.picture.rpartition(".")[2]
    assert server.requests[work.picture] == 1
    assert server.sent[f"{work.picture}!HD.{suffix}"] == 1


def test_threads_may_fetch_pictures_side_by_side(server, world, tmp_path):
    with wikiart(server) as client:
        wanted = [record for record in listed_works(client, world) if record.picture_path]
        with ThreadPoolExecutor(4) as threads:
            paths = list(
                threads.map(
                    lambda pair: client.fetch_picture(pair[1], tmp_path / str(pair[0])), enumerate(wanted)
                )
            )

    assert len({path.read_bytes() for path in paths}) == len(wanted)


@pytest.mark.parametrize("fault", ["truncated", "reset", "html", "error", "slow", "busy"])
def test_a_picture_that_comes_badly_is_fetched_again(server, world, tmp_path, fault):
    with wikiart(server) as client:
        record = with_picture(client, world)
        server.faults.plan(fault, times=2, containing=".jpg")
        path = client.fetch_picture(record, tmp_path / "1")

    assert path.stat().st_size > 1000
    assert server.faults.given[fault] >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_picture_that_never_comes_whole_leaves_nothing(server, world, tmp_path):
    server.faults.plan("reset", times=99, containing=".jpg")

    with wikiart(server) as client, pytest.raises(Unreachable):
        client.fetch_picture(with_picture(client, world), tmp_path / "1")

    assert list(tmp_path.iterdir()) == []


def test_a_half_file_of_a_killed_run_is_written_over(server, world, tmp_path):
    (tmp_path / f"1{PART}").write_bytes(b"half a picture")

    with wikiart(server) as client:
        client.fetch_picture(with_picture(client, world), tmp_path / "1")

    assert [path.name for path in tmp_path.iterdir()] == ["1"]


@pytest.mark.parametrize(
    "image",
    ["https://uploads.wikiart.org/Content/images/FRAME-600x480.jpg", "", None, "https://x/images/../a.jpg"],
)
def test_a_placeholder_is_no_picture(server, tmp_path, image):
    record = read_painting({"title": "Dance", "contentId": 7, "image": image})
    before = server.requests.total()

    with wikiart(server) as client, pytest.raises(PictureMissing, match="shows no picture"):
        client.fetch_picture(record, tmp_path / "1")

    assert server.requests.total() == before


def test_a_picture_that_nobody_has_is_missing(server, tmp_path):
    record = PaintingRecord(name="x", source_key="x", title="x", styles=(), picture_path="/images/x/gone.jpg")

    with wikiart(server) as client, pytest.raises(PictureMissing, match="under its address"):
        client.fetch_picture(record, tmp_path / "1")

    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_another_shape_is_another_picture(server, world, tmp_path):
    with wikiart(server) as client:
        record = replace(with_picture(client, world), width_px=1000, height_px=100)

        with pytest.raises(PictureMissing, match="not of the shape 1000 × 100"):
            client.fetch_picture(record, tmp_path / "1")

    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_is_damaged_at_wikiart_is_given_up_soon(tmp_path):
    world = World.made_up(3)
    world.works[0].paint = lambda: b"\xff\xd8\xff\xe0 no picture at all"
    record = PaintingRecord(
        name="x", source_key="x", title="x", styles=(), picture_path=world.works[0].picture
    )

    with (
        wikiart_server.running(world=world) as server,
        wikiart(server) as client,
        pytest.raises(PictureMissing, match="cannot be used"),
    ):
        client.fetch_picture(record, tmp_path / "1")

    assert sum(server.requests[path] for path in server.requests if "images" in path) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_is_too_large_in_bytes_is_not_kept(server, world, tmp_path):
    with (
        wikiart(server, max_picture_bytes=100, retries=1) as client,
        pytest.raises(Unreachable, match="more than"),
    ):
        client.fetch_picture(with_picture(client, world), tmp_path / "1")

    assert list(tmp_path.iterdir()) == []


def test_a_portrait_is_fetched_and_its_placeholder_is_not(server, world, tmp_path):
    with wikiart(server) as client:
        artist = client.fetch_artist(world.painters[1].slug)
        client.fetch_portrait(artist, tmp_path / "1")
        without = client.fetch_artist(world.painters[0].slug)

        with pytest.raises(PictureMissing):
            client.fetch_portrait(without, tmp_path / "2")

    assert [path.name for path in tmp_path.iterdir()] == ["1"]


# Manners


def test_the_user_agent_says_who_we_are(server):
    with wikiart(server, contact="curator@example.org") as client:
        records(client.fetch_artists())

    assert server.user_agents == {"StyleArt (import of a catalogue) +curator@example.org"}


def test_nothing_is_fetched_from_the_real_one_without_a_contact():
    with pytest.raises(NotReady, match="WIKIART_CONTACT"):
        WikiArt(Access())

    WikiArt(Access(contact="curator@example.org"))


def test_a_size_that_wikiart_does_not_have_is_refused(server):
    with pytest.raises(NotReady, match="WIKIART_IMAGE_SIZE"):
        wikiart(server, image_size="Huge")


def test_the_settings_say_what_the_issue_asked_for(settings):
    access = Access.from_settings(settings)

    assert (access.calls, access.calls_per_s, access.api_calls_per_hour) == (10, 2.5, 400)
    assert access.pictures_per_second == 20
    assert access == replace(Access(), contact=access.contact)


def test_real_limits_are_kept(world):
    with (
        wikiart_server.running(world=world, calls=(10, 0.5)) as server,
        wikiart(server, calls=10, calls_per_s=2.0, retries=0) as client,
    ):
        for _ in range(22):
            client.fetch_artist(world.painters[0].slug)

    assert server.requests[f"/en/{world.painters[0].slug}"] == 22  # none was refused


def test_robots_txt_is_obeyed(world):
    robots = "User-agent: *\nDisallow: /*/paintings-by-style"
    with (
        wikiart_server.running(world=world, robots=robots) as server,
        wikiart(server) as client,
        pytest.raises(Refused, match=r"robots\.txt"),
    ):
        records(client.fetch_artworks_by_style("realism"))

    assert not [path for path in server.requests if "paintings-by-style" in path]


def test_a_fetch_can_be_stopped_between_pages(server):
    stops = iter([False] * 12 + [True] * 99)

    with wikiart(server, stop=lambda: next(stops)) as client, pytest.raises(Stopped):
        records(client.fetch_most_viewed())


@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_full_of_faults_gives_the_same_in_the_end(world, seed):
    options = {"faults": 0.25, "seed": seed, "retry_after_s": 0, "slow_s": 0.01}
    with (
        wikiart_server.running(world=world, **options) as server,
        wikiart(server, retries=12) as client,
    ):
        by_style = records(client.fetch_artworks_by_style("realism"))
        viewed = records(client.fetch_most_viewed())
        artists = records(client.fetch_artists(public_domain_only=False))

    assert server.faults.given.total() > 3
    assert {record.name for record in by_style} == set(slugs(world.by_style["realism"]))
    assert [record.wikiart_id for record in viewed] == [work.id for work in world.works]
    assert all(isinstance(artist, ArtistRecord) for artist in artists)

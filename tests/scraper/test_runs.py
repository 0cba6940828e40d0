import json
import threading
from dataclasses import replace

import pytest
from django.db import connection, transaction

from gallery.locks import Taken, alone
from gallery.models import Artist, ArtistRedirect, Artwork
from scraper import importer, runs
from scraper.importer import Result
from scraper.models import ImportFailure, ImportRun, WantedPicture
from scraper.records import ArtistRecord, PaintingRecord
from scraper.wikiart import Stopped, Unreachable
from tests import wikiart_server
from tests.factories import make_artist, make_artwork
from tests.scraper.imports import files, go_on, results, start
from tests.scraper.local_wikiart import access

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(styles):
    with wikiart_server.running(works=90, seed=12, slow_s=0.02, retry_after_s=0) as running:
        yield running


@pytest.fixture
def free(server):
    """A painter of ten works, which are in the public domain."""
    return server.world.painters[2]


@pytest.fixture
def living(server):
    """A painter of forty works, which are protected."""
    return server.world.painters[1]


@pytest.fixture
def small_lots(monkeypatch):
    """Every record is saved by itself, as happens where calls are slow."""
    monkeypatch.setattr(runs, "LOT_S", 0.0)


def shown(painter) -> int:
    """How many works of a painter WikiArt shows a picture of."""
    return sum(work.picture != wikiart_server.world.PLACEHOLDER for work in painter.works)


def calls(server, part: str) -> int:
    """How many calls there were whose path holds this."""
    return sum(count for path, count in server.requests.items() if part in path)


def stopped_after(run: ImportRun, server, outcomes: int) -> int:
    """Let a turn end after so many outcomes; gives how many there were."""
    seen = []
    with pytest.raises(Stopped):
        for outcome in runs.go_on(run, access(server), is_over=lambda: len(seen) >= outcomes):
            seen.append(outcome)
    run.resume(in_background=False)
    return len(seen)


# What comes in


def test_an_artist_comes_in_with_life_works_and_pictures(server, free):
    run, outcomes = start(server, artists=(free.slug,))

    artist = Artist.objects.get()
    work = Artwork.objects.get(wikiart_id=free.works[0].id)
    assert results(outcomes) == {"new": len(free.works), "picture fetched": shown(free)}
    assert (artist.birth_year, artist.death_year) == (free.birth, free.death)
    assert artist.nationality == wikiart_server.world.NATIONS[free.nation]
    assert (work.genre, work.width_cm > 0, work.tags != []) == (free.works[0].genre, True, True)
    assert (work.rights, work.is_free_at_wikiart, work.embedding is not None) == ("public_domain", True, True)
    assert (run.state, run.records, run.pictures_new) == ("done", len(free.works), shown(free))


def test_the_portrait_of_an_artist_of_the_past_comes_along(server, free, living):
    start(server, artists=(free.slug, living.slug), limit=1)

    artist = Artist.objects.get(slug=free.slug)
    assert artist.portrait.name == f"portraits/{free.slug}.jpg"
    assert artist.portrait.open("rb").read() == wikiart_server.world.portrait(free.number)
    assert not Artist.objects.filter(slug=living.slug).exclude(portrait="").exists()
    assert not any("incoming" in file for file in files())


def test_running_twice_changes_nothing_and_asks_for_nothing_twice(server, free):
    start(server, artists=(free.slug,))
    before = list(Artwork.objects.order_by("pk").values())
    server.requests.clear()

    _run, outcomes = start(server, artists=(free.slug,))

    assert results(outcomes) == {"known": len(free.works)}
    assert list(Artwork.objects.order_by("pk").values()) == before
    assert calls(server, "ImageJson") == calls(server, "/images/") == 0


def test_protected_works_keep_their_facts_and_a_link_but_no_picture(server, living):
    start(server, artists=(living.slug,))

    assert Artwork.objects.filter(rights="protected", picture="").count() == len(living.works)
    assert Artwork.objects.first().wikiart_url.startswith(f"https://www.wikiart.org/en/{living.slug}/")
    assert calls(server, "/images/") == 0


def test_pictures_of_protected_works_come_where_they_are_asked_for(server, living):
    start(server, artists=(living.slug,), public_domain_only=False)

    assert Artwork.objects.exclude(picture="").count() == shown(living)


def test_protected_works_can_be_left_out_altogether(server, living, free):
    start(server, artists=(living.slug, free.slug), public_domain_only=True, images=False)

    assert set(Artwork.objects.values_list("rights", flat=True)) == {"public_domain"}


def test_a_style_comes_in_without_asking_for_each_work_where_that_is_wished(server):
    slug, works = next(iter(server.world.by_style.items()))

    start(server, styles=(slug,), details=False, images=False)

    assert Artwork.objects.filter(wikiart_style__icontains=works[0].styles[0]).count() == len(works)
    assert calls(server, "ImageJson") == calls(server, "/api/2/Painting") == 0


def test_all_means_every_artist(server):
    run, _ = start(server, all=True, images=False)

    assert Artwork.objects.count() == len(server.world.works)
    assert run.sources.count() == 1 + len(server.world.painters)


@pytest.mark.parametrize(
    "options", [{"most_viewed": True}, {"since": "2020-01-01"}, {"genres": ("landscape",)}]
)
def test_other_lists_come_in_too(server, options):
    _, outcomes = start(server, images=False, limit=30, **options)

    assert results(outcomes).get("new", 0) >= 10


def test_a_limit_ends_the_run(server, free):
    run, _outcomes = start(server, artists=(free.slug,), limit=7, images=False)

    assert (run.state, run.records, Artwork.objects.count()) == ("done", 7, 7)


def test_saved_answers_come_in_without_a_call(server, free, tmp_path):
    path = tmp_path / "saved.json"
    path.write_text(
        json.dumps([{**item, "url": f"work-{n}", "artistUrl": "jan-jansen"} for n, item in enumerate(ITEMS)])
    )

    run, outcomes = start(server, files=(str(path),), images=False)

    assert results(outcomes) == {"new": 2, "failed": 1}
    assert not server.requests
    assert run.failures.get().reason == "Its style is not known."


ITEMS = [
    {"title": "One", "contentId": 1, "artistName": "Jansen Jan", "style": "Cubism", "image": "https://x/images/a/1.jpg"},
    {"title": "Two", "contentId": 2, "artistName": "Jansen Jan", "style": "Cubism", "image": "https://x/images/a/2.jpg"},
    {"title": "Three", "contentId": 3, "artistName": "Jansen Jan", "style": None, "image": "https://x/images/a/3.jpg"},
]  # fmt: skip


def test_a_rehearsal_counts_and_writes_nothing(server, free):
    with transaction.atomic():
        run = runs.plan(runs.Options(artists=(free.slug,)))
        outcomes = list(runs.rehearse(run, access(server)))
        wanted = run.wanted_pictures.count()
        transaction.set_rollback(True)

    assert results(outcomes) == {"new": len(free.works)}
    assert wanted == shown(free)
    assert not Artwork.objects.exists() and not ImportRun.objects.exists() and files() == []


# Refreshing


def test_a_refresh_updates_what_no_curator_set(server, free):
    start(server, artists=(free.slug,), images=False)
    changed, kept = free.works[0], free.works[1]
    for work in Artwork.objects.filter(wikiart_id__in=[changed.id, kept.id]):
        work.title, work.genre, work.year = "Old title", "old genre", 1901
        work.curated_fields = ["title"] if work.wikiart_id == kept.id else []
        work.save()

    _, outcomes = start(server, artists=(free.slug,), images=False, refresh=True)

    first, second = (Artwork.objects.get(wikiart_id=work.id) for work in (changed, kept))
    assert results(outcomes) == {"changed": 2, "known": len(free.works) - 2}
    assert (first.title != "Old title", first.genre, first.year) == (True, changed.genre, changed.year)
    assert (second.title, second.genre, second.search_text.split()[0]) == ("Old title", kept.genre, "old")


def test_a_refresh_leaves_curated_facts_of_artists(server, free):
    make_artist(
        "J. v. d. M.", slug=free.slug, wikiart_slug=free.slug, birth_year=1700, curated_fields=["name"]
    )

    start(server, artists=(free.slug,), images=False, refresh=True)

    artist = Artist.objects.get()
    assert (artist.name, artist.birth_year) == ("J. v. d. M.", free.birth)


def test_without_a_refresh_only_gaps_are_filled(server, free):
    work = free.works[0]
    artist = make_artist("Somebody", slug=free.slug, wikiart_slug=free.slug)
    make_artwork("My title", artist=artist, wikiart_slug=work.slug, curated_fields=["genre"])

    start(server, artists=(free.slug,), images=False, limit=len(free.works))

    ours = Artwork.objects.get(wikiart_slug=work.slug)
    assert (ours.title, ours.genre, ours.wikiart_id) == ("My title", "", work.id)


# Rights


def test_rights_are_told_again_when_an_artists_dates_become_known(server, free):
    artist = make_artist("Somebody", slug=free.slug, wikiart_slug=free.slug)
    ours = make_artwork(artist=artist, rights="unknown")
    curated = make_artwork(artist=artist, rights="protected", curated_fields=["rights"])

    start(server, artists=(free.slug,), images=False)

    ours.refresh_from_db(), curated.refresh_from_db()
    assert (ours.rights, curated.rights) == ("public_domain", "protected")


def test_wikiarts_own_mark_counts(server, free, settings):
    settings.PUBLIC_DOMAIN_YEARS = 1000  # so that dates alone would protect everything

    start(server, artists=(free.slug,), images=False)

    assert set(Artwork.objects.values_list("rights", "is_free_at_wikiart")) == {("public_domain", True)}


# Artists who were merged


def test_works_of_a_merged_artist_go_to_the_one_who_stayed(server, free):
    stayed = make_artist("The One Who Stayed", slug="stayed", wikiart_slug="stayed", birth_year=1850)
    ArtistRedirect.objects.create(old_slug=free.slug, artist=stayed, wikiart_slug=free.slug)

    start(server, artists=(free.slug,), images=False, refresh=True)

    stayed.refresh_from_db()
    assert (stayed.name, stayed.artworks.count()) == ("The One Who Stayed", len(free.works))
    assert not Artist.objects.filter(slug=free.slug).exists()


# Stopping and going on


def test_a_run_that_is_stopped_goes_on_where_it_was(server, free, small_lots):
    run = runs.plan(runs.Options(artists=(free.slug,)))

    first = stopped_after(run, server, 3)
    second = stopped_after(run, server, len(free.works))
    rest = go_on(run, server)

    assert 3 <= first < len(free.works)
    assert first + second + len(rest) == len(free.works) + shown(free)
    assert (run.records, run.works_new, run.works_known) == (len(free.works), len(free.works), 0)
    assert max(count for path, count in server.sent.items() if "ImageJson" in path or "/images/" in path) == 1


def test_a_picture_that_was_fetched_before_a_kill_is_not_fetched_again(server, free):
    run, _ = start(server, artists=(free.slug,))
    work = Artwork.objects.get(wikiart_id=free.works[0].id)
    saved, path = work.picture.open("rb").read(), work.picture.name
    Artwork.objects.filter(pk=work.pk).update(picture="", sha256="")
    work.embeddings.all().delete()
    WantedPicture.objects.create(artwork=work, run=run, path=free.works[0].picture)
    (runs.incoming() / str(work.pk)).write_bytes(saved)  # as a kill right before the row was saved leaves it
    (runs.incoming() / "987654.part").write_bytes(saved[:100])
    server.requests.clear()

    run.resume(in_background=False)
    go_on(run, server)

    work.refresh_from_db()
    assert (work.picture.name, work.picture.open("rb").read()) == (path, saved)
    assert calls(server, "/images/") == 0
    assert not any("incoming" in file for file in files())


def test_a_row_that_asks_to_stop_ends_the_turn(server, free, small_lots, monkeypatch):
    monkeypatch.setattr(runs, "LOOK_S", 0.0)
    run = runs.plan(runs.Options(artists=(free.slug,)))
    seen = []

    with pytest.raises(Stopped):
        for outcome in runs.go_on(run, access(server)):
            seen.append(outcome)
            ImportRun.objects.filter(pk=run.pk).update(wants_stop=True)

    assert 0 < len(seen) < len(free.works)


def test_when_the_network_goes_nothing_is_lost(styles, small_lots):
    with wikiart_server.running(works=90, seed=12) as server:
        slug, port = server.world.painters[2].slug, server.server_port
        run = runs.plan(runs.Options(artists=(slug,), images=False))
        stopped_after(run, server, 4)
    with pytest.raises(Unreachable):
        list(runs.go_on(run, replace(access(server), retries=1)))
    run.resume(in_background=False)
    with wikiart_server.running(works=90, seed=12, port=port) as server:
        go_on(run, server)
        works = len(server.world.painters[2].works)

    assert (run.state, run.works_new, run.works_known) == ("done", works, 0)
    assert not run.failures.exists()


def test_the_list_that_cannot_be_read_does_not_hold_up_the_others(server, free, living):
    run = runs.plan(runs.Options(artists=(free.slug, living.slug), images=False, details=False))
    server.faults.plan("error", times=10**6, containing=f"/{free.slug}/mode")
    impatient = replace(access(server), retries=0)

    for _ in range(runs.TRIES - 1):
        with pytest.raises(Unreachable):
            list(runs.go_on(run, impatient))
        run.resume(in_background=False)
    list(runs.go_on(run, impatient))

    assert run.failures.get().kind == ImportFailure.Kind.SOURCE
    assert Artwork.objects.filter(artist__slug=living.slug).count() == len(living.works)


# What fails


def test_what_fails_is_named_and_kept_for_another_try(server, free):
    bad = free.works[3]
    server.faults.plan("error", times=10**6, containing=str(bad.legacy_id))
    server.faults.plan("error", times=10**6, containing=bad.id)
    run = runs.plan(runs.Options(artists=(free.slug,), images=False))
    list(runs.go_on(run, replace(access(server), retries=1)))
    failure = run.failures.get()
    server.faults._planned.clear()

    assert (failure.name, failure.is_settled) == (f"{free.slug}/{bad.slug}", False)
    assert run.try_again(run.failures.all()) == 1
    run.resume(in_background=False)
    outcomes = go_on(run, server)

    failure.refresh_from_db()
    assert [outcome.result for outcome in outcomes] == [Result.MENDED]
    assert (failure.is_settled, Artwork.objects.count()) == (True, len(free.works))


def test_an_unknown_artist_is_named(server):
    run, _outcomes = start(server, artists=("nobody-at-all",))

    assert run.state == "done"
    assert "nobody-at-all" in run.failures.get().reason


def test_a_picture_that_stays_damaged_is_given_up_and_the_rest_comes(server, free):
    bad = free.works[1]
    server.faults.plan("error", times=10**6, containing=bad.picture.rpartition(".")[0].replace("é", ""))

    run = runs.plan(runs.Options(artists=(free.slug,)))
    outcomes = list(runs.go_on(run, replace(access(server), retries=0)))

    failure = run.failures.get()
    assert results(outcomes)["to be tried again later"] == runs.TRIES - 1
    assert (failure.kind, failure.artwork.wikiart_id) == ("picture", bad.id)
    assert Artwork.objects.exclude(picture="").count() == shown(free) - 1
    assert not WantedPicture.objects.exists()


def test_a_text_that_the_database_refuses_fails_alone(styles):
    records = [record("One"), record("T\0wo"), record("Three")]

    saved = importer.Register().save(records)

    assert [each.outcome.result for each in saved] == [Result.NEW, Result.FAILED, Result.NEW]
    assert "does not take it" in saved[1].outcome.reason


def test_two_records_of_one_work_in_one_lot_are_one_work(styles):
    saved = importer.Register().save(
        [record("One"), replace(record("One"), genres=("portrait",)), record("Two")]
    )

    assert [each.outcome.result for each in saved] == [Result.NEW, Result.CHANGED, Result.NEW]
    assert sorted(Artwork.objects.values_list("title", "genre")) == [("One", "portrait"), ("Two", "")]


def record(title: str) -> PaintingRecord:
    slug = title.lower().replace("\0", "")
    artist = ArtistRecord("Jan Jansen", "jan-jansen", "jan-jansen")
    return PaintingRecord(
        name=slug,
        source_key=f"wikiart:{slug}",
        title=title,
        styles=("Cubism",),
        artist=artist,
        wikiart_slug=slug,
    )


def test_a_lot_of_known_works_takes_few_queries(styles, django_assert_max_num_queries):
    records = [record(f"Work {number}") for number in range(100)]
    importer.Register().save(records)
    register = importer.Register()

    with django_assert_max_num_queries(8):
        saved = register.save(records)

    assert {each.outcome.result for each in saved} == {Result.KNOWN}


def test_a_list_that_is_put_up_again_during_the_turn_is_read_again(server, free, tmp_path):
    path = tmp_path / "saved.json"
    path.write_text("nothing")
    run = runs.plan(runs.Options(files=(str(path),), artists=(free.slug,), images=False))
    turn = runs.go_on(run, access(server))
    failed = next(turn)
    path.write_text(json.dumps([{**ITEMS[0], "url": "one", "artistUrl": "jan-jansen"}]))
    run.try_again(run.failures.all())

    list(turn)

    run.refresh_from_db()
    assert failed.result == Result.FAILED
    assert (run.state, run.failures.get().is_settled) == ("done", True)
    assert Artwork.objects.filter(title="One").exists()


# Two at once


@pytest.mark.django_db(transaction=True)
def test_only_one_import_runs_at_a_time(server, free):
    run = runs.plan(runs.Options(artists=(free.slug,)))
    held, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold_the_lock, args=(held, done))
    thread.start()
    held.wait(20)

    with pytest.raises(Taken):
        list(runs.go_on(run, access(server)))

    done.set()
    thread.join()
    assert not server.requests


def hold_the_lock(held: threading.Event, done: threading.Event) -> None:
    with alone(importer.LOCK):
        held.set()
        done.wait(20)
    connection.close()

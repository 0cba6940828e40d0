import time
from contextlib import closing
from datetime import timedelta

import psycopg2
import pytest
from django.db import connection
from django.utils import timezone

from gallery.models import Artwork
from scraper import runs, tasks
from scraper.importer import LOCK
from scraper.models import SOON, ImportRun
from tests import wikiart_server
from tests.scraper.local_wikiart import HURRIED

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(styles, settings):
    with wikiart_server.running(works=90, seed=12) as running:
        settings.WIKIART_URL = settings.WIKIART_PICTURES_URL = running.url
        for name, value in HURRIED.items():
            setattr(settings, f"WIKIART_{name.upper()}", value)
        yield running


def an_import(server, **options) -> ImportRun:
    run = runs.plan(runs.Options(artists=(server.world.painters[2].slug,), images=False, **options))
    run.resume(in_background=True)
    return run


@pytest.fixture
def sent(monkeypatch):
    """The imports that were handed on to the worker."""
    sent = []
    monkeypatch.setattr(tasks.carry_on, "delay", sent.append)
    return sent


def test_an_import_goes_from_turn_to_turn_until_it_is_done(server, sent, monkeypatch):
    monkeypatch.setattr(runs, "LOT_S", 0.0)
    monkeypatch.setattr(tasks, "TURN_S", 0.0)  # each turn ends after its first record
    run = an_import(server)

    tasks.carry_on(run.pk)
    run.refresh_from_db()
    after_one_turn = run.state
    monkeypatch.setattr(tasks, "TURN_S", 60.0)
    tasks.carry_on(run.pk)

    run.refresh_from_db()
    assert (after_one_turn, sent) == ("queued", [run.pk])
    assert (run.state, Artwork.objects.count()) == ("done", 10)


def test_the_sweep_goes_on_with_what_nobody_is_at(server, sent):
    lost, busy, stopped, in_a_terminal = (an_import(server, limit=number) for number in range(1, 5))
    past, future = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(seconds=30)
    for run, state, until in [(lost, "running", past), (busy, "running", future), (stopped, "stopped", past)]:
        ImportRun.objects.filter(pk=run.pk).update(state=state, lease_until=until)
    ImportRun.objects.filter(pk=in_a_terminal.pk).update(
        state="running", lease_until=past, is_in_background=False
    )

    tasks.sweep_imports()

    assert sent == [lost.pk]


def test_when_wikiart_does_not_answer_the_import_waits_and_says_so(server, settings):
    run = an_import(server)
    settings.WIKIART_RETRIES = 0
    server.faults.plan("error", times=10**6)

    tasks.carry_on(run.pk)

    run.refresh_from_db()
    assert run.state == "queued"
    assert "Trying again in five minutes." in run.error
    assert run.lease_until > timezone.now() + timedelta(minutes=4)


def test_a_missing_setting_stops_the_import_and_says_which(server, settings):
    settings.WIKIART_URL, settings.WIKIART_CONTACT = "https://wikiart.example.org", ""
    run = an_import(server)

    tasks.carry_on(run.pk)

    run.refresh_from_db()
    assert run.state == "stopped"
    assert "WIKIART_CONTACT" in run.error


def test_an_import_that_was_stopped_before_its_turn_began_stays_stopped(server, sent):
    run, another = an_import(server, limit=1), an_import(server, limit=2)
    for stopped in ImportRun.objects.all():
        stopped.ask_to_stop()

    run.rest(until=SOON, error="Another import is running.")
    tasks.hand_on(another, at_once=False)

    assert (run.state, run.error, another.state) == ("stopped", "", "stopped")


@pytest.mark.django_db(transaction=True)
def test_an_import_that_waits_for_another_leaves_the_worker_to_others_meanwhile(server):
    run = an_import(server)
    with closing(psycopg2.connect(**connection.get_connection_params())) as first, first.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        began = time.monotonic()

        tasks.carry_on(run.pk)

        took_s = time.monotonic() - began
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("queued", "other_import")
    assert took_s < runs.PATIENCE_S / 2


@pytest.mark.django_db(transaction=True)
def test_a_second_message_for_an_import_leaves_alone_who_is_at_it(server):
    run = an_import(server)
    with closing(psycopg2.connect(**connection.get_connection_params())) as first, first.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        run.begin()

        tasks.carry_on(run.pk)

    assert run.live()
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("running", "")

import json
import resource
import signal
from contextlib import closing
from io import StringIO

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from gallery.models import Artwork
from scraper import runs
from scraper.importer import LOCK
from scraper.models import ImportRun
from tests import wikiart_server
from tests.scraper.imports import files
from tests.scraper.local_wikiart import HURRIED
from tests.scraper.test_runs_killed import OWN_PROCESS, begin, kill_after, run_to_its_end

ARTIST = "pieter-van-der-meulen"  # of the local WikiArt: ten works


@pytest.fixture
def server(styles, settings):
    with wikiart_server.running(works=90, seed=12, retry_after_s=0) as running:
        settings.WIKIART_URL = settings.WIKIART_PICTURES_URL = running.url
        for name, value in HURRIED.items():
            setattr(settings, f"WIKIART_{name.upper()}", value)
        yield running


def import_wikiart(*words: str) -> tuple[int, str, str]:
    """Exit code, and what it wrote on stdout and stderr."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_wikiart", *words, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
    return 0, out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_it_reports_what_came_in_and_that_all_was_known_the_second_time(server):
    first = import_wikiart("--artist", ARTIST, "--no-images")
    second = import_wikiart("--artist", ARTIST, "--no-images")

    assert first[0] == second[0] == 0
    assert "10 works new, 0 changed, 0 known, 0 pictures fetched, 0 failed." in first[1]
    assert "0 works new, 0 changed, 10 known, 0 pictures fetched, 0 failed." in second[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [[], ["--since", "yesterday"], ["--from-file", "no-such-file.json"], ["--all", "--since", "2026-01-01"]],
)
def test_wrong_usage_says_what_is_wrong(styles, words):
    with pytest.raises((CommandError, SystemExit)) as caught:
        call_command("import_wikiart", *words, stderr=StringIO())

    assert getattr(caught.value, "returncode", 2) in (1, 2)  # 1 is for callers from Python
    assert not ImportRun.objects.exists()


@pytest.mark.django_db
def test_a_dry_run_counts_and_writes_nothing(server):
    code, out, _ = import_wikiart("--artist", ARTIST, "--dry-run")

    assert code == 0
    assert "Dry run, nothing was written: 10 works new" in out
    assert not Artwork.objects.exists() and not ImportRun.objects.exists() and files() == []


@pytest.mark.django_db
def test_what_failed_is_named_exits_with_3_and_can_be_tried_again(server):
    bad = server.world.painters[2].works[4]
    for part in (str(bad.legacy_id), bad.id):
        server.faults.plan("html", times=7, containing=part)  # as often as it is tried at first

    code, out, err = import_wikiart("--artist", ARTIST, "--no-images")
    again = import_wikiart("--try-again")

    assert (code, again[0]) == (3, 0)
    assert "9 works new" in out and f"{ARTIST}/{bad.slug}: " in err
    assert "trying 1 again." in again[1]
    assert Artwork.objects.count() == 10


@pytest.mark.django_db
def test_the_same_words_go_on_with_a_run_that_was_stopped(server):
    run = runs.plan(runs.Options(artists=(ARTIST,), images=False))
    run.stop()

    _, out, _ = import_wikiart("--artist", ARTIST, "--no-images")

    run.refresh_from_db()
    assert f"Going on with Import {run.pk}" in out
    assert (ImportRun.objects.count(), run.state) == (1, "done")


@pytest.mark.django_db
def test_saved_answers_of_a_file_that_is_none_are_named(server, tmp_path):
    path = tmp_path / "letter.json"
    path.write_text(json.dumps("Dear curator"))

    code, _, err = import_wikiart("--from-file", str(path))

    assert code == 3
    assert "letter.json" in err


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_ctrl_c_ends_it_with_130_and_it_goes_on(server, settings):
    process = begin(server, settings, "--artist", ARTIST)
    assert kill_after(process, server, 8, with_signal=signal.SIGINT)

    code, said = run_to_its_end(server, settings, "--artist", ARTIST)

    assert process.returncode == 130
    assert (code, Artwork.objects.count()) == (0, 10)
    assert "Going on with" in said


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_ends_it_and_it_goes_on_when_there_is_room(server, settings):
    no_room = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2048, {resource.RLIM_INFINITY}))\n"
    )
    process = begin(server, settings, "--artist", ARTIST, program=no_room + OWN_PROCESS)
    said, _ = process.communicate(timeout=300)

    assert process.returncode == 1, said
    assert "Nothing is lost." in said
    code, said = run_to_its_end(server, settings, "--artist", ARTIST)
    assert (code, Artwork.objects.exclude(picture="").count()) == (0, 10), said
    assert not any("incoming" in file for file in files())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", [["--artist", ARTIST, "--no-images"], ["--try-again"]])
def test_a_second_one_leaves_the_first_at_its_work(server, monkeypatch, words):
    run = runs.plan(runs.Options(artists=(ARTIST,), images=False))
    run.failures.create(name="a painting", reason="It could not be read.")
    assert run.begin()
    monkeypatch.setattr(runs, "PATIENCE_S", 0)
    with closing(psycopg2.connect(**connection.get_connection_params())) as first, first.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])

        code, _, err = import_wikiart(*words)

        assert (code, "Another import is running" in err) == (1, True)
        assert run.live()

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from classifier import squares
from classifier.models import Prediction
from gallery import embeddings
from ml import inference
from styleart_site import doctor
from styleart_site.backups import BackupError, restoring
from styleart_site.backups.restoring import NEW, OLD
from styleart_site.doctor import Finding, Level
from tests import factories

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.django_db


@pytest.fixture
def house(settings, models_dir, tmp_path):
    """A site in good order: a work, an answer, an index, folders of its own."""
    settings.DATA_DIR = tmp_path
    (tmp_path / "secret_key").write_text("a key")
    (tmp_path / "secret_key").chmod(0o600)
    factories.make_artwork("Kept", picture=factories.small_painting())
    embeddings.make_index(inference.model_version())
    return factories.make_done_prediction()


def findings(*, check: str | None = None) -> list[Finding]:
    return [found for found in doctor.examine() if check in (None, found.check)]


def only(check: str) -> Finding:
    (found,) = findings(check=check)
    return found


def make_old(path: Path) -> Path:
    """Two days old: no row is about to be saved for it."""
    os.utime(path, (time.time() - 200_000,) * 2)
    return path


def names(found: Finding) -> str:
    return f"{found.level}: {found.said}"


def test_in_a_house_in_good_order_only_the_worker_is_missing(house):
    unwell = [names(found) for found in findings() if found.level != Level.OK]

    assert unwell == ["trouble: No worker answered within 3 s"]
    assert {found.check for found in findings()} == set(doctor.CHECKS)


def test_a_file_that_a_row_names_and_is_not_there_is_trouble(house):
    Path(house.original.path).unlink()

    found = only("files")

    assert names(found) == f"trouble: 1 files that rows name are not there: {house.original.name}"
    assert "backup" in found.advice
    assert found.fix is None


def test_a_file_without_a_row_is_named_and_left_alone(house, settings):
    stray = Path(settings.MEDIA_ROOT, "originals/ab/stray")
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"whose?")
    assert only("files").level == Level.OK  # its row may be about to be saved

    make_old(stray)
    found = only("files")

    assert names(found) == "note: 1 files that no row names: originals/ab/stray"
    assert found.fix is None
    assert stray.exists()


def test_previews_of_what_is_gone_are_removed_and_others_stay(house):
    gone = factories.make_prediction()
    for prediction in (house, gone):
        make_old(prediction.preview().parent)
    folder = gone.derived_folder
    aside = folder.with_name("aside")
    shutil.copytree(folder, aside)
    gone.delete()
    if not folder.exists():  # as if the process had been killed before it removed them
        aside.rename(folder)
        make_old(folder)

    found = only("files")
    found.fix()

    assert found.said.startswith("1 previews of what is gone: derived/")
    assert not folder.exists()
    assert house.derived_folder.exists()


def test_squares_that_no_worker_took_are_removed_when_they_are_old(house):
    for one, is_old in ((house, True), (factories.make_prediction(), False)):
        squares.keep(one.pk, one.edit, np.zeros((224, 224, 3), np.uint8))
        if is_old:
            make_old(squares.folder() / str(one.pk))

    found = only("files")
    found.fix()

    assert found.said == f"1 previews of what is gone: derived/squares/{house.pk}"
    assert not (squares.folder() / str(house.pk)).exists()
    assert len(list(squares.folder().iterdir())) == 1


def test_copies_of_works_and_artists_that_are_gone_are_removed(house, settings):
    from gallery.models import Artwork

    kept = Artwork.objects.get()
    stray = Path(settings.MEDIA_ROOT, "derived/catalogue/ff", "f" * 64 + "-480.jpg")
    portrait = Path(settings.MEDIA_ROOT, "derived/portraits/987654-20300131.jpg")
    for path in (stray, portrait):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"copy")
        make_old(path)
    make_old(kept.copy(480))

    found = only("files")
    found.fix()

    assert found.said.startswith("2 previews of what is gone")
    assert not stray.exists()
    assert not portrait.exists()
    assert kept.copy(480).exists()


def test_a_missing_index_is_made(house):
    version = inference.model_version()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {embeddings._index_name(version)}")
    found = only("indexes")

    said = found.fix()

    assert found.level == Level.TROUBLE
    assert "was made" in said
    assert embeddings.has_index(version)
    assert only("indexes").level == Level.OK


def test_works_that_the_model_has_not_seen_are_counted(house):
    factories.make_artwork(
        "Unseen", picture=factories.pictures.small_painting("PNG")
    ).embeddings.all().delete()

    assert names(only("embeddings")).startswith("note: 1 of 2 works have no embedding of")


def test_code_and_database_of_different_age_are_told_apart(house):
    recorder = MigrationRecorder(connection)
    recorder.record_applied("gallery", "9999_tomorrow")
    assert names(only("migrations")).endswith(
        "1 migrations are not known here, such as gallery.9999_tomorrow"
    )
    recorder.record_unapplied("gallery", "9999_tomorrow")

    last = MigrationRecorder.Migration.objects.filter(app="classifier").order_by("-name").first()
    recorder.record_unapplied("classifier", last.name)

    assert names(only("migrations")) == "trouble: 1 migrations are missing"


def test_a_model_that_is_named_and_gone_is_trouble(house, models_dir):
    models_dir.mkdir()
    (models_dir / "previous").symlink_to("forgotten-1")

    assert f"trouble: {models_dir}/previous leads nowhere" in [
        names(found) for found in findings(check="model")
    ]


def test_a_model_that_cannot_be_read_is_trouble(house, monkeypatch, tmp_path):
    monkeypatch.setenv("STYLEART_MODEL", str(tmp_path))

    model = findings(check="model")

    assert [found.level for found in model] == [Level.TROUBLE]
    assert findings(check="queue")  # the others are made all the same


def test_a_picture_that_waits_too_long_is_trouble(house):
    waiting = factories.make_prediction(b"another")
    Prediction.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(hours=1))

    assert names(only("queue")) == "trouble: 1 pictures wait, the oldest for 60 minutes"


def test_redis_away_is_trouble_and_the_rest_is_looked_at(house, tmp_path):
    from styleart_site.celery import app

    address, app.conf.broker_read_url = app.conf.broker_read_url, f"redis+socket://{tmp_path}/nobody.sock"
    try:
        found = findings()
    finally:
        app.conf.broker_read_url = address

    by_check = {each.check: each for each in found}
    assert by_check["redis"].level == Level.TROUBLE
    assert by_check["files"].level == Level.OK


def test_a_redis_that_takes_nothing_more_is_trouble_and_the_rest_is_looked_at(house):
    from styleart_site.celery import app

    with app.connection_for_read() as broker:
        redis = broker.default_channel.client
        redis.config_set("maxmemory", "1")  # as with a full disk, it refuses what would write
        try:
            found = findings()
        finally:
            redis.config_set("maxmemory", "0")

    by_check = {each.check: each for each in found}
    assert "OutOfMemoryError" in by_check["workers"].said
    assert by_check["files"].level == Level.OK


def test_a_key_that_others_may_read_is_closed(house, tmp_path):
    (tmp_path / "secret_key").chmod(0o644)

    found = next(found for found in findings(check="folders") if found.fix)
    found.fix()

    assert found.level == Level.TROUBLE
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert only("folders").level == Level.OK


def test_what_a_killed_restore_has_left_is_taken_back(house, settings):
    media = Path(settings.MEDIA_ROOT)
    (media / OLD).mkdir()
    (media / OLD / ".mark").write_text("never came through")
    (media / "originals").rename(media / OLD / "originals")
    found = only("restores")

    found.fix()

    assert found.level == Level.TROUBLE
    assert house.read_bytes()
    assert only("restores").level == Level.OK


def test_what_a_restore_has_unpacked_is_deleted_when_it_was_killed_and_not_before(house, settings, tmp_path):
    unpacked = Path(settings.MEDIA_ROOT, NEW, "originals/aa/a")
    unpacked.parent.mkdir(parents=True)
    unpacked.write_bytes(b"a picture")
    with restoring._alone():
        assert names(only("restores")) == "note: A restore is at work"
        with pytest.raises(BackupError, match="at work"):
            restoring.recover()
    found = only("restores")

    said = found.fix()

    assert found.level == Level.TROUBLE
    assert said == "What a restore had unpacked when it was broken off was deleted."
    assert not unpacked.parents[2].exists()
    assert house.read_bytes()


def test_clocks_that_differ_are_told():
    def level(seconds: float) -> list[Level]:
        found: Iterator[tuple] = doctor._clock("Redis", time.time() + seconds)
        return [each[0] for each in found]

    assert (level(0.5), level(-10), level(60)) == ([], [Level.NOTE], [Level.TROUBLE])


def test_the_command_says_it_in_lines_and_in_json(house, capsys):
    with pytest.raises(CommandError, match="1 of these need") as caught:
        call_command("doctor", "--quick")
    lines = capsys.readouterr().out

    with pytest.raises(CommandError):
        call_command("doctor", "--json")
    told = json.loads(capsys.readouterr().out)

    assert caught.value.returncode == 3
    assert "trouble workers     No worker answered" in lines
    assert "→ Start one" in lines
    assert "files" not in [line.split()[1] for line in lines.splitlines() if not line.startswith(" ")]
    assert {each["check"] for each in told} == set(doctor.CHECKS)
    assert {each["level"] for each in told} == {"ok", "trouble"}


def test_fixing_says_what_it_did(house, capsys, tmp_path):
    (tmp_path / "secret_key").chmod(0o640)

    with pytest.raises(CommandError, match="1 of these need"):  # the worker
        call_command("doctor", "--quick", "--fix")

    assert f"{tmp_path}/secret_key is closed to others now." in capsys.readouterr().out


def call_on_real_site(tmp_path: Path, database_url: str, *options: str) -> subprocess.CompletedProcess:
    """The command for a site with this database, and a Redis that is away."""
    site = {
        "DATABASE_URL": database_url,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "SECRET_KEY": "only-for-this-test-0123456789-0123456789-0123456789",
        "ALLOWED_HOSTS": "localhost",
        "EMAIL_HOST": "localhost",
        "EMAIL_PORT": "9",
        "STYLEART_DATA": str(tmp_path),
    }
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *options],
        cwd=ROOT, env=os.environ | site, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_without_a_database_it_says_so_and_ends_with_1(tmp_path):
    done = call_on_real_site(tmp_path, "postgres://u:p@127.0.0.1:9/none")

    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_database_is_trouble_that_is_told_in_short_to_the_end(empty_database, tmp_path):
    done = call_on_real_site(tmp_path, empty_database, "--json")
    told = {each["check"]: each for each in json.loads(done.stdout)}

    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert told.keys() == doctor.CHECKS.keys()
    assert told["postgresql"]["advice"].endswith("in this database: CREATE EXTENSION vector")
    assert "Install" not in told["postgresql"]["advice"]  # it is only not there
    assert told["files"]["said"].startswith("It could not be checked: ")
    assert not [each for each in told.values() if "\n" in each["said"]]


def test_demo_accounts_on_a_real_site_are_trouble_and_can_be_closed(house, settings, capsys):
    call_command("create_demo_accounts")
    assert only("accounts").level == Level.OK
    settings.EMBEDDED = False

    found = only("accounts")

    assert (found.level, "curator@example.org" in found.said) == (Level.TROUBLE, True)
    assert "curator@example.org" in found.fix()
    assert only("accounts").level == Level.OK


def test_what_cannot_be_put_right_is_said_and_hinders_nothing(house, settings, monkeypatch, capsys):
    (Path(settings.MEDIA_ROOT) / OLD).mkdir(parents=True)

    def fail():
        raise OSError(39, "Directory not empty")

    monkeypatch.setattr(doctor.restoring, "recover", fail)

    with pytest.raises(CommandError):
        call_command("doctor", "--fix", "--quick")

    written = capsys.readouterr()
    assert "restores: this could not be put right: [Errno 39] Directory not empty" in written.err
    assert "mail" in written.out or "clocks" in written.out

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from classifier import squares, waiting
from classifier.models import Prediction
from gallery.models import Artwork
from ml import inference
from styleart_site import demo
from styleart_site.backups import BackupError, archive, making, restoring
from tests import factories
from tests.live import wait_until
from tests.pictures import small_painting

ROOT = Path(__file__).parent.parent.parent

# What a restored site must say as the one before did: rows, files, one answer, one search.
FACTS = """
import hashlib, json
from django.conf import settings
from pathlib import Path
from classifier.models import Prediction
from gallery.models import Artwork
from gallery.similar import similar_to
from styleart_site.backups import database
prediction = Prediction.objects.get(title="The drill")
work = Artwork.objects.exclude(picture="").order_by("pk").first()
root = Path(settings.MEDIA_ROOT)
MOVING = ("django_session", "account_", "styleart_site_signoflife")  # a running site adds some at any time
files = [path for folder in ("catalogue", "originals") for path in root.glob(f"{folder}/**/*") if path.is_file()]
rows = database.count_rows()
print("FACTS" + json.dumps({
    "rows": {table: rows[table] for table in rows if not table.startswith(MOVING)},
    "files": {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    "answer": [prediction.status, prediction.probabilities, prediction.model_version, prediction.verdict],
    "kept": hashlib.sha256(prediction.read_bytes()).hexdigest() == prediction.sha256,
    "search": [[found.pk, found.similarity] for found in similar_to(work.embedding, exclude=work)],
}))
"""
SEND = """
from django.contrib.auth import get_user_model
from classifier.models import Prediction, Sender, Upload
from classifier.tasks import classify
from ml.inference import inspect
from tests.factories import small_painting
user = get_user_model().objects.get(email="visitor@example.org")
upload = Upload(small_painting(), inspect(small_painting()), "The drill")
prediction, _ = Prediction.objects.submit(upload, Sender(user=user))
classify.delay(prediction.pk)
"""


def manage(data_dir: Path, *words: str) -> str:
    """Run manage.py in a process of its own, on this data folder."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env=os.environ | {"STYLEART_DATA": str(data_dir)}, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def facts(data_dir: Path) -> dict:
    return json.loads(manage(data_dir, "shell", "-v0", "-c", FACTS).split("FACTS")[1])


@pytest.mark.services
def test_the_drill_a_running_site_is_backed_up_and_restored_elsewhere(site, tmp_path):
    manage(site.data_dir, "shell", "-v0", "-c", SEND)

    def is_answered() -> bool:
        asked = "SELECT 1 FROM classifier_prediction WHERE title = 'The drill' AND status = 'done'"
        return bool(site.query(asked))

    wait_until(is_answered, timeout_s=60)
    before = facts(site.data_dir)
    manage(site.data_dir, "backup", str(tmp_path / "site.tar"))
    new = tmp_path / "new"
    try:
        said = manage(new, "restore", str(tmp_path / "site.tar"))

        assert facts(new) == before
        assert before["answer"][0] == "done"
        assert before["kept"]
        assert len(before["search"]) > 5
        assert (new / "secret_key").read_text() == (site.data_dir / "secret_key").read_text()
        assert "manage.py doctor" in said
        assert "SECRET_KEY" not in said
    finally:
        subprocess.run([sys.executable, "-m", "styleart_site.embedded", "stop", new], cwd=ROOT, check=False)


# The rest happens in the database of the tests.


@pytest.fixture(autouse=True)
def nobody_listens(transactional_db):
    """A restore wants the database for itself, and a test before this may have left its listener there."""
    waiting.listen_no_more()


@pytest.fixture
def house(transactional_db, settings, models_dir, tmp_path):
    """A site with two works, a prediction and an activated model."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    folder = models_dir / "another-2"
    factories.make_model(folder)
    (models_dir / "active").symlink_to("another-2")
    factories.make_artwork("Kept", picture=factories.small_painting())
    factories.make_artwork("Without picture")
    return factories.make_prediction(title="Asked")


def make(target: Path, progress=lambda done, total: None, **options) -> making.Report:
    chosen = {"with_derived": False, "with_secret_key": True} | options
    return making.make(target, progress=progress, **chosen)


def restore(source: Path) -> restoring.Report:
    return restoring.restore(source, progress=lambda at: None)


def all_files(*folders: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    }


def titles() -> set[str]:
    return set(Artwork.objects.values_list("title", flat=True))


def repack(source: Path, target: Path, extra: Sequence[str] = (), **changed: bytes) -> None:
    """An archive with other content in some members, or more of them, and sums that agree with it."""
    with (
        source.open("rb") as old,
        target.open("wb") as new,
        archive.Writer(new, is_compressed=False) as writer,
    ):
        for member in archive.read(old):
            content = member.file.read()
            writer.add_bytes(member.name, changed.get(member.name.replace(".json", ""), content))
        for name in extra:
            writer.add_bytes(name, b"evil")
        writer.finish()


def changed_about(source: Path, **fields) -> bytes:
    return json.dumps(restoring.read_about(source) | fields).encode()


def test_all_comes_back_after_everything_was_lost(house, settings, models_dir, tmp_path):
    original = house.read_bytes()
    make(tmp_path / "site.tar")
    before = all_files(Path(settings.MEDIA_ROOT), models_dir)
    Prediction.objects.all().delete()
    Artwork.objects.all().delete()
    for path in before:
        Path(path).unlink(missing_ok=True)

    report = restore(tmp_path / "site.tar")

    assert all_files(Path(settings.MEDIA_ROOT), models_dir) == before
    assert titles() == {"Kept", "Without picture"}
    assert Prediction.objects.get(title="Asked").read_bytes() == original
    assert inference.model_version() == "another-2"
    assert (models_dir / "active").readlink() == Path("another-2")
    assert report.files == 2


def test_the_usual_tools_can_read_and_check_it(house, tmp_path):
    make(tmp_path / "site.tar.gz")
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xzf", tmp_path / "site.tar.gz", "-C", tmp_path / "out"], check=True)

    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "out", capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
    assert (tmp_path / "out/media" / house.original.name).read_bytes() == house.read_bytes()
    assert (tmp_path / "site.tar.gz").stat().st_mode & 0o077 == 0


def test_what_can_be_made_again_comes_along_only_when_asked_for(house, tmp_path):
    house.preview()
    squares.keep(house.pk, house.edit, np.zeros((224, 224, 3), np.uint8))
    make(tmp_path / "lean.tar", with_secret_key=False)
    make(tmp_path / "full.tar", with_derived=True)

    def names(path: Path) -> list[str]:
        with path.open("rb") as file:
            return [member.name for member in archive.read(file)]

    assert not [name for name in names(tmp_path / "lean.tar") if "derived" in name or name == "secret_key"]
    assert [name for name in names(tmp_path / "full.tar") if name.endswith("preview.jpg")]
    assert not [name for name in names(tmp_path / "full.tar") if "squares" in name]
    assert "secret_key" in names(tmp_path / "full.tar")


def test_what_is_deleted_while_it_is_packed_stays_deleted(house, tmp_path):
    second = factories.make_prediction(b"other bytes", title="Regretted")

    def delete_it(done: int, total: int) -> None:  # the first file is packed, the rest not yet
        Prediction.objects.exclude(original="").filter(pk__in=[house.pk, second.pk]).delete()

    report = make(tmp_path / "site.tar", delete_it)
    restore(tmp_path / "site.tar")

    assert (report.files, report.gone, report.missing) == (2, 1, 0)
    assert Prediction.objects.get().read_bytes()  # packed before it went


def test_a_file_that_was_missing_all_the_time_is_told(house, tmp_path):
    Path(house.original.path).unlink()

    with pytest.raises(CommandError, match="1 files that rows name are not there") as caught:
        call_command("backup", tmp_path / "site.tar")

    assert caught.value.returncode == 3
    assert restore(tmp_path / "site.tar").files == 1
    assert Prediction.objects.filter(title="Asked").exists()


def test_stopped_halfway_it_leaves_nothing_and_keeps_the_last_one(house, tmp_path):
    target = tmp_path / "backups/site.tar"
    target.parent.mkdir()
    make(target)
    good = target.read_bytes()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(target, stop)

    assert [path.name for path in target.parent.iterdir()] == ["site.tar"]
    assert target.read_bytes() == good


def test_what_a_killed_backup_has_left_is_written_over(house, tmp_path):
    (tmp_path / ".site.tar.part").write_bytes(b"half a backup" * 10_000)
    (tmp_path / ".site.tar.work").mkdir()
    (tmp_path / ".site.tar.work/database.dump").write_bytes(b"all that anybody wrote")

    make(tmp_path / "site.tar")

    assert restoring.check(tmp_path / "site.tar", progress=lambda at: None)["model"] == "another-2"
    assert not list(tmp_path.glob(".site.tar.*"))


def test_an_existing_file_is_not_overwritten_unless_asked(house, tmp_path):
    (tmp_path / "site.tar").write_bytes(b"mine")

    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", tmp_path / "site.tar")

    assert (tmp_path / "site.tar").read_bytes() == b"mine"


def test_a_system_with_something_in_it_is_refused(house, tmp_path):
    make(tmp_path / "site.tar")

    with pytest.raises(CommandError, match=r"not empty: it has .*2 artworks.*--replace"):
        call_command("restore", tmp_path / "site.tar")


def test_files_without_rows_are_something_too(house, settings, tmp_path):
    """The database broke and a new one was made: today's uploads are still there."""
    make(tmp_path / "site.tar")
    for work in Artwork.objects.all():
        Artwork.objects.filter(pk=work.pk).delete()
    Prediction.objects.all().delete()
    lost = Path(settings.MEDIA_ROOT) / "originals/today.jpg"
    lost.parent.mkdir(parents=True, exist_ok=True)
    lost.write_bytes(b"today's")

    with pytest.raises(CommandError, match=r"not empty: it has .*files in .*/media.*--replace"):
        call_command("restore", tmp_path / "site.tar")

    assert lost.read_bytes() == b"today's"


def test_tables_of_another_program_are_something_too(house, tmp_path):
    from django.db import connection

    make(tmp_path / "site.tar")
    assert not any("not ours" in words for words in restoring.what_is_here())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ledger (amount int)")
    try:
        with pytest.raises(CommandError, match="1 tables that are not ours, such as ledger"):
            call_command("restore", tmp_path / "site.tar")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE ledger")


def test_demo_accounts_are_closed_where_they_come_to_a_real_site(house, settings, tmp_path):
    call_command("create_demo_accounts", stdout=StringIO())
    own = factories.make_user("own@example.org", password=demo.CURATOR[1])
    make(tmp_path / "site.tar")
    settings.EMBEDDED = False

    report = restore(tmp_path / "site.tar")

    assert report.closed == ("visitor@example.org", "curator@example.org")
    assert "nobody can sign in to them" in " ".join(report.steps())
    assert not list(demo.open_to_all())
    own.refresh_from_db()
    assert own.is_active and own.check_password(demo.CURATOR[1])


def test_stopped_after_the_database_came_through_it_says_so_and_is_finished(
    house, settings, tmp_path, monkeypatch
):
    make(tmp_path / "site.tar")
    (settings.DATA_DIR / "secret_key").write_text("another")
    factories.make_artwork("Newer", picture=small_painting(3))
    now = set(all_files(Path(settings.MEDIA_ROOT)))

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    with (
        monkeypatch.context() as hurried,
        pytest.raises(CommandError, match=r"in its place.* doctor --fix") as caught,
    ):
        hurried.setattr(restoring, "_keep_secret_key", stop)
        call_command("restore", tmp_path / "site.tar", "--replace", "--no-input")
    said = restoring.recover()

    assert caught.value.returncode == 130
    assert said.startswith("A restore that was broken off was finished.")
    assert (settings.DATA_DIR / "secret_key").read_text() not in {"", "another"}
    assert titles() == {"Kept", "Without picture"}
    assert set(all_files(Path(settings.MEDIA_ROOT))) < now
    assert not restoring.has_leftovers() and not restoring.recover()


def test_replacing_asks_first(house, monkeypatch, tmp_path):
    make(tmp_path / "site.tar")
    factories.make_artwork("Newer")
    monkeypatch.setattr("sys.stdin", StringIO())  # as a script has it
    with pytest.raises(CommandError, match=r"Nothing was touched: .* --no-input"):
        call_command("restore", tmp_path / "site.tar", "--replace")
    monkeypatch.setattr("builtins.input", lambda question: "no")
    with pytest.raises(CommandError, match="Nothing was touched"):
        call_command("restore", tmp_path / "site.tar", "--replace")
    assert "Newer" in titles()

    monkeypatch.setattr("builtins.input", lambda question: "replace")
    call_command("restore", tmp_path / "site.tar", "--replace")

    assert titles() == {"Kept", "Without picture"}


def test_a_site_that_runs_is_refused(house, tmp_path):
    from django.db import connections

    make(tmp_path / "site.tar")
    other = connections["default"].copy()
    other.ensure_connection()
    try:
        with pytest.raises(BackupError, match="in use by 1 other"):
            restore(tmp_path / "site.tar")
    finally:
        other.close()


@pytest.mark.parametrize("name", ["site.tar", "site.tar.gz"])
def test_a_damaged_backup_or_one_that_was_cut_off_touches_nothing(house, settings, tmp_path, name):
    make(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    factories.make_artwork("Newer")
    before = all_files(Path(settings.MEDIA_ROOT))

    for place in (0.1, 0.3, 0.6, 0.9):
        middle = int(place * len(whole))
        for damaged in (whole[:middle], whole[:middle] + b"\0\1\2\3" + whole[middle + 4 :]):
            (tmp_path / name).write_bytes(damaged)
            with pytest.raises(BackupError):
                restore(tmp_path / name)

            assert "Newer" in titles()
            assert all_files(Path(settings.MEDIA_ROOT)) == before


def test_when_the_database_refuses_files_and_rows_are_as_before(house, settings, models_dir, tmp_path):
    make(tmp_path / "site.tar")
    rows = restoring.read_about(tmp_path / "site.tar")["rows"] | {"gallery_artwork": 3}
    repack(
        tmp_path / "site.tar", tmp_path / "wrong.tar", about=changed_about(tmp_path / "site.tar", rows=rows)
    )
    factories.make_artwork("Newer", picture=factories.pictures.small_painting("PNG"))
    before = all_files(Path(settings.MEDIA_ROOT), models_dir)

    with pytest.raises(BackupError, match="gallery_artwork has not the 3 rows it had"):
        restore(tmp_path / "wrong.tar")

    assert all_files(Path(settings.MEDIA_ROOT), models_dir) == before
    assert (models_dir / "active").is_symlink()
    assert "Newer" in titles()


def test_a_backup_from_the_future_is_refused(house, tmp_path):
    make(tmp_path / "site.tar")
    for fields, reason in (
        ({"format": 2}, "newer StyleArt"),
        ({"migrations": ["gallery.9999_tomorrow"]}, "gallery.9999_tomorrow is not known here"),
        ({"postgresql": "99.1"}, "from PostgreSQL 99.1"),
        ({"pgvector": "99.1"}, "from pgvector 99.1"),
    ):
        about = changed_about(tmp_path / "site.tar", **fields)
        repack(tmp_path / "site.tar", tmp_path / "newer.tar", about=about)

        with pytest.raises(BackupError, match=reason):
            restore(tmp_path / "newer.tar")


def test_a_file_that_wants_to_lie_elsewhere_is_refused(house, tmp_path):
    make(tmp_path / "site.tar")
    for name in ("../escape", "/etc/escape", "media/../../escape", "media/./escape", "elsewhere/escape"):
        repack(tmp_path / "site.tar", tmp_path / "evil.tar", [name])

        with pytest.raises(BackupError, match="not a"):
            restore(tmp_path / "evil.tar")

    assert not list(tmp_path.rglob("escape"))


def test_a_link_in_a_backup_is_refused(tmp_path):
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        link = tarfile.TarInfo("media/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)

    with (tmp_path / "evil.tar").open("rb") as file, pytest.raises(BackupError, match="not a plain file"):
        list(archive.read(file))


@pytest.mark.parametrize("moved", range(7))
def test_a_restore_that_is_killed_between_two_files_is_taken_back(house, settings, moved):
    """Three old entries go out, three new ones come in; the kill strikes after each of these moves."""
    folder = Path(settings.MEDIA_ROOT).with_name("swapped")
    for name in ("a", "b", "c"):
        (folder / name).mkdir(parents=True)
        (folder / name / "old").write_text(name)
        (folder / restoring.NEW / name).mkdir(parents=True)
        (folder / restoring.NEW / name / "new").write_text(name)
    before = all_files(*(folder / name for name in "abc"))
    swap = restoring.Swap(folder)
    child = os.fork()
    if child == 0:
        moves = iter(range(moved))
        sys.addaudithook(lambda event, args: _die_when_empty(event, moves))
        swap.make("mark")
        os._exit(0)
    assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == (9 if moved < 6 else 0)

    restoring.Swap(folder).undo()
    restoring.Swap(folder).undo()  # and once more

    assert all_files(*(folder / name for name in "abc")) == before
    assert not (folder / restoring.OLD).exists()


def _die_when_empty(event: str, moves) -> None:
    if event == "os.rename" and next(moves, None) is None:
        os._exit(9)


@pytest.mark.parametrize("deleted", range(7))
def test_a_restore_that_is_killed_while_it_deletes_what_was_there_is_finished(house, settings, deleted):
    from django.db import connection

    media = Path(settings.MEDIA_ROOT)
    for name in ("old/a", "old/b", "older", ".kept"):
        (media / name).parent.mkdir(exist_ok=True)
        (media / name).write_text(name)
    (media / restoring.NEW).mkdir()
    (media / restoring.NEW / "new.jpg").write_bytes(b"new")
    swap = restoring.Swap(media)
    swap.make("this-one")
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE django_migrations IS 'restored from backup this-one'")
    child = os.fork()
    if child == 0:
        deletions = iter(range(deleted))
        sys.addaudithook(lambda event, args: _die_when_empty(event.replace("remove", "rename"), deletions))
        swap.finish()
        os._exit(0)
    assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 9

    assert "was finished" in restoring.recover()

    assert all_files(media) == {str(media / "new.jpg"): b"new"}


@pytest.mark.parametrize("came_through", [True, False])
def test_the_database_says_whether_a_killed_restore_came_through(house, settings, tmp_path, came_through):
    from django.db import connection

    media = Path(settings.MEDIA_ROOT)
    before = set(all_files(media))
    (media / restoring.NEW / "originals").mkdir(parents=True)
    (media / restoring.NEW / "originals/new.jpg").write_bytes(b"new")
    restoring.Swap(media).make("this-one")
    with connection.cursor() as cursor:
        mark = "this-one" if came_through else "another"
        cursor.execute(f"COMMENT ON TABLE django_migrations IS 'restored from backup {mark}'")

    assert restoring.recover()

    expected = {str(media / "originals/new.jpg")} if came_through else before
    assert set(all_files(media)) == expected
    assert not restoring.recover()


def test_memory_does_not_grow_with_the_number_of_files(tmp_path):
    def pack(count: int) -> None:
        with (
            (tmp_path / "many.tar").open("wb") as file,
            archive.Writer(file, is_compressed=False) as writer,
        ):
            for number in range(count):
                writer.add_bytes(f"media/originals/{number:08d}.jpg", b"picture")
            writer.finish()

    def peak_bytes(count: int) -> int:
        tracemalloc.start()
        pack(count)
        with (tmp_path / "many.tar").open("rb") as file:
            assert sum(1 for _ in archive.read(file)) == count
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    fewest = min(peak_bytes(2000) for _ in range(3))  # threads of other tests may need memory meanwhile
    assert fewest < peak_bytes(500) + 200_000


def test_the_sums_are_those_of_the_files(tmp_path):
    file = io.BytesIO()
    with archive.Writer(file, is_compressed=False) as writer:
        writer.add_bytes("about.json", b"{}")
        writer.finish()

    file.seek(0)
    with tarfile.open(fileobj=file) as tar:
        assert (
            tar.extractfile("SHA256SUMS").read()
            == f"{hashlib.sha256(b'{}').hexdigest()}  about.json\n".encode()
        )

import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import numpy as np
import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from gallery.models import Artist, Artwork
from scraper import importer
from tests import pictures
from tests.scraper.folders import (
    MONET,
    make_downloader,
    make_item,
    make_manifest,
    make_paintings,
    make_research,
    manifest_row,
    picture,
    write,
)

ROOT = Path(__file__).parents[2]
PAINTINGS = ROOT.parent / "shared" / "paintings"
# The command as a process of its own, on the test's database and media folder.
MANY = 300  # so that an import of small pictures is not over before it is disturbed
OWN_PROCESS = """
import sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"], settings.MEDIA_ROOT = sys.argv[1:3]
django.setup()
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "import_folder", *sys.argv[3:]])
"""


def import_folder(folder: Path, **options) -> str:
    """Run the command in this process; gives what it wrote on stdout."""
    out = StringIO()
    call_command("import_folder", folder, stdout=out, **{"processes": 1} | options)
    return out.getvalue()


def failing_import(folder: Path, **options) -> tuple[int, str, str]:
    """Exit code, the message of the end, and what it wrote on stderr."""
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        import_folder(folder, stderr=err, **options)
    return caught.value.returncode, str(caught.value), err.getvalue()


@pytest.mark.parametrize("layout", ["manifest", "research", "downloader"])
def test_each_layout_is_recognised_and_imported(styles, tmp_path, layout):
    make = {
        "manifest": lambda: make_paintings(tmp_path, 2),
        "research": lambda: make_research(
            tmp_path, "Cubism/juan-gris_a-1917.jpg", "Rococo/antoine-watteau_b.jpg"
        ),
        "downloader": lambda: make_downloader(tmp_path, make_item(1), make_item(2), artists=[MONET]),
    }
    make[layout]()

    said = import_folder(tmp_path)

    assert f"2 records, layout: {layout}." in said
    assert "2 paintings new, 0 known, 0 not paintings, 0 failed" in said
    assert Artwork.objects.count() == 2


def test_a_layout_can_be_asked_for(styles, tmp_path):
    make_research(make_paintings(tmp_path, 2), "Cubism/juan-gris_guitar.jpg")

    assert "1 painting new, 0 known, 0 not paintings, 1 failed" not in import_folder(
        tmp_path, layout="manifest"
    )
    assert Artwork.objects.count() == 2


def test_a_moved_folder_is_known(styles, tmp_path):
    make_research(tmp_path / "here", "Cubism/juan-gris_guitar.jpg")
    import_folder(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")

    assert "0 paintings new, 1 known" in import_folder(tmp_path / "there")


def test_unreadable_files_are_named_and_the_exit_code_is_3(styles, tmp_path):
    make_paintings(tmp_path, 2)
    make_manifest(
        tmp_path, [manifest_row("images/cubism/a_letter.jpg"), manifest_row("images/cubism/gone.jpg")]
    )
    write(tmp_path / "images/cubism/a_letter.jpg", pictures.letter())

    code, _, err = failing_import(tmp_path)

    assert code == 3
    assert "images/cubism/a_letter.jpg: This file is not a picture." in err
    assert "images/cubism/gone.jpg: Its picture is missing." in err


def test_many_failures_go_to_a_file(styles, tmp_path, settings):
    settings.DATA_DIR = tmp_path / "var"
    rows = [manifest_row(f"images/x/gone-{number:02}.jpg") for number in range(25)]

    _, _, err = failing_import(make_manifest(tmp_path, rows))
    [path] = (tmp_path / "var" / "imports").iterdir()

    assert err.count("Its picture is missing.") == 20
    assert f"… and 5 more. All of them are in {path}." in err
    assert len(path.read_text().splitlines()) == 25


def test_photographs_are_counted_and_left_out(styles, tmp_path):
    make_paintings(tmp_path, 1)
    photograph = manifest_row("images/not-a-painting/photo_1.jpg", picture(1), style="not-a-painting")
    painting = manifest_row("images/cubism/juan-gris_fruit-dish-0-1917.jpg", picture(0))
    make_manifest(tmp_path, [photograph, painting])

    assert "1 painting new, 0 known, 1 not paintings, 0 failed" in import_folder(tmp_path)
    assert Artwork.objects.count() == 1


def test_a_dry_run_writes_nothing(styles, tmp_path, settings):
    said = import_folder(make_paintings(tmp_path, 3), dry_run=True)

    assert "Dry run, nothing was written: 3 paintings new" in said
    assert not Artwork.objects.exists()
    assert not Artist.objects.exists()
    assert not Path(settings.MEDIA_ROOT).exists()


def test_a_limit_takes_the_first_ones(styles, tmp_path):
    make_paintings(tmp_path, 4)

    assert "2 paintings new, 0 known" in import_folder(tmp_path, limit=2)
    assert "0 paintings new, 2 known" in import_folder(tmp_path, limit=2)
    assert "2 paintings new, 2 known" in import_folder(tmp_path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "There is no folder"),
        (lambda folder: folder.mkdir(), "no folder of paintings that is known"),
        (lambda folder: write(folder / "manifest.csv", b"a,b\n"), "no column path and style"),
        (lambda folder: write(folder / "manifest.csv", b"\xff\xfe\x00"), "cannot be read"),
    ],
)
def test_what_is_no_folder_of_paintings_ends_with_1(styles, tmp_path, make, message):
    make(tmp_path / "folder")

    code, said, _ = failing_import(tmp_path / "folder")

    assert code == 1
    assert message in said


@pytest.mark.django_db
def test_without_styles_the_command_says_what_to_do_first(tmp_path):
    code, said, _ = failing_import(make_paintings(tmp_path, 1))

    assert code == 1
    assert "load_sample" in said


def test_without_a_model_the_command_ends_with_1(styles, tmp_path, monkeypatch):
    monkeypatch.setenv("STYLEART_MODEL", str(tmp_path / "nothing"))

    code, said, _ = failing_import(make_paintings(tmp_path, 1))

    assert code == 1
    assert "no finished model" in said


def test_wrong_usage_ends_with_2(tmp_path):
    command = [sys.executable, "manage.py", "import_folder", str(tmp_path), "--limit", "0"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert ended.returncode == 2
    assert "--limit" in ended.stderr


@pytest.mark.django_db(transaction=True)
def test_two_imports_do_not_run_at_once(styles, tmp_path):
    make_paintings(tmp_path, 1)
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [importer.LOCK])

    code, said, _ = failing_import(tmp_path)
    other.close()

    assert (code, said) == (1, "Another import is running. Wait until it is done.")
    assert "1 painting new" in import_folder(tmp_path)


@pytest.mark.skipif(
    not PAINTINGS.exists(), reason=f"NOT TRIED: {PAINTINGS} is not here, so nothing real was imported."
)
def test_real_paintings_come_in(styles):
    said = import_folder(PAINTINGS, limit=30, processes=2)

    assert "30 paintings new, 0 known, 0 not paintings, 0 failed" in said
    assert Artwork.objects.filter(style__name="Abstract Art", artist__isnull=False).count() == 30


# As a process of its own: killed, interrupted


def start(folder: Path, media: Path) -> subprocess.Popen:
    arguments = [connection.settings_dict["NAME"], str(media), str(folder), "--processes", "2"]
    return subprocess.Popen(
        [sys.executable, "-c", OWN_PROCESS, *arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "styleart_site.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_works(process: subprocess.Popen, count: int) -> None:
    until = time.monotonic() + 60
    while Artwork.objects.count() < count:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.01)


def catalogue() -> tuple[list, np.ndarray]:
    """All that matters of every work, in the order of the files; the embeddings apart."""
    works = Artwork.objects.order_by("source_key").select_related("artist", "style")
    facts = [
        (
            work.source_key,
            work.title,
            work.year,
            work.artist.name,
            work.style.name,
            work.sha256,
            work.picture.name,
        )
        for work in works
    ]
    return facts, np.array([work.embedding for work in works])


@pytest.mark.django_db(transaction=True)
def test_killed_twice_and_run_again_equals_an_undisturbed_run(styles, tmp_path, settings):
    folder = make_paintings(tmp_path / "paintings", 90)
    for count in (3, 12):
        process = start(folder, settings.MEDIA_ROOT)
        wait_for_works(process, count)
        readers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate(timeout=30)  # ends only when nobody holds its pipes any more
        assert Artwork.objects.count() < 90
        assert not psutil.wait_procs(readers, timeout=10)[1]
    settings.MEDIA_ROOT = Path(settings.MEDIA_ROOT)
    import_folder(folder)
    disturbed = catalogue()
    files = {path.name: path.read_bytes() for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()}

    Artwork.objects.all().delete()
    Artist.objects.all().delete()
    settings.MEDIA_ROOT = tmp_path / "other media"
    import_folder(folder)
    undisturbed = catalogue()

    assert disturbed[0] == undisturbed[0]
    assert len(disturbed[0]) == 90
    np.testing.assert_array_equal(disturbed[1], undisturbed[1])
    assert files == {
        path.name: path.read_bytes() for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()
    }


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(styles, tmp_path, settings):
    process = start(make_paintings(tmp_path / "paintings", MANY), settings.MEDIA_ROOT)
    wait_for_works(process, 5)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the readers, too
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert f"{Artwork.objects.count()} paintings new" in out
    assert "Run the same command again to go on." in err
    assert "Traceback" not in err


@pytest.mark.django_db(transaction=True)
def test_the_import_goes_on_when_a_reader_is_killed(styles, tmp_path, settings):
    process = start(make_paintings(tmp_path / "paintings", 40), settings.MEDIA_ROOT)
    wait_for_works(process, 3)
    children = psutil.Process(process.pid).children()
    next(child for child in children if "spawn_main" in " ".join(child.cmdline())).kill()
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0, err
    assert "40 paintings new, 0 known, 0 not paintings, 0 failed" in out


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_ends_the_import_with_a_sentence(styles, tmp_path, settings):
    process = start(make_paintings(tmp_path / "paintings", MANY), settings.MEDIA_ROOT)
    wait_for_works(process, 3)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    out, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "paintings new" in out
    assert "The database does not answer any more. Run the same command again to go on." in err
    assert "Traceback" not in err

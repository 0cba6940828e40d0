import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from gallery import embeddings, similar, switching, tasks
from gallery.models import Artwork, Embedding
from ml import inference
from tests import pictures
from tests.factories import SHIPPED_MODEL, make_artwork, make_model

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models_dir")]
ROOT = Path(__file__).parents[2]
SHIPPED = json.loads((SHIPPED_MODEL / "model.json").read_text())["version"]
# The command as a process of its own, on the test's database, pictures and models.
OWN_PROCESS = """
import sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"], settings.MEDIA_ROOT, settings.MODELS_DIR = sys.argv[1:4]
import os
os.environ["STYLEART_ACTIVE_MODEL"] = settings.MODELS_DIR + "/active"
django.setup()
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "activate_model", *sys.argv[4:]])
"""
# What a web process or a worker does, as often as it is told to.
OTHER_PROCESS = """
import sys
from ml import inference
for line in sys.stdin:
    print(inference.classify(open(sys.argv[1], "rb").read()).model_version, flush=True)
"""


@pytest.fixture
def other_model(tmp_path) -> Path:
    return make_model(tmp_path / "trained", "another-2")


def activate(*arguments: object, **options) -> str:
    """Run the command in this process; gives what it wrote on stdout."""
    out = StringIO()
    call_command("activate_model", *map(str, arguments), stdout=out, **{"processes": 1} | options)
    return out.getvalue()


def failing_activate(*arguments: object) -> tuple[int, str, str]:
    """Exit code, the message of the end, and what it wrote on stderr."""
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        activate(*arguments, stderr=err)
    return caught.value.returncode, str(caught.value), err.getvalue()


def make_works(count: int) -> list[Artwork]:
    return [make_artwork(picture=pictures.small_painting(seed)) for seed in range(count)]


def similar_to(work: Artwork) -> set[Artwork]:
    """As the work's page finds them."""
    return set(similar.similar_to(work.embedding, exclude=work))


def test_another_model_takes_over_with_the_whole_catalogue(other_model, models_dir):
    works = make_works(3)

    said = activate(other_model)

    assert "another-2 is fine. 3 artworks to embed, then it takes over." in said
    assert said.endswith("another-2 is in use.\n")
    assert inference.classify(pictures.small_painting()).model_version == "another-2"
    assert inference.model_folder() == models_dir / "another-2"
    assert similar_to(works[0]) == {works[1], works[2]}


def test_the_old_model_serves_until_the_new_one_has_seen_everything(other_model):
    works = make_works(3)

    outcomes = switching.activate(other_model, processes=1)
    for _ in range(3):
        next(outcomes)
        assert inference.model_version() == SHIPPED
        assert similar_to(works[0]) == {works[1], works[2]}

    assert list(outcomes) == []
    assert inference.model_version() == "another-2"


def test_a_picture_that_comes_in_meanwhile_is_not_lost(other_model):
    make_works(2)

    outcomes = switching.activate(other_model, processes=1)
    next(outcomes)
    late = make_artwork(picture=pictures.small_painting(50))
    list(outcomes)

    assert late.embedding is not None
    assert late.embeddings.filter(model_version=SHIPPED).exists()


def test_a_picture_that_the_old_model_saw_in_the_last_moment_is_seen_again_by_the_worker(other_model):
    activate(other_model)
    late = make_artwork(picture=pictures.small_painting(51))
    late.embeddings.update(
        model_version=SHIPPED
    )  # its process had asked before the switch, and saved after it

    tasks.embed_artworks()

    assert late.embedding is not None


def test_one_command_goes_back_at_once_and_forth_again(other_model):
    works = make_works(3)
    activate(other_model)

    assert activate("--rollback") == f"{SHIPPED} is in use again.\n"
    assert inference.model_version() == SHIPPED
    assert similar_to(works[0]) == {works[1], works[2]}
    assert activate("--rollback") == "another-2 is in use again.\n"
    assert inference.model_version() == "another-2"


def test_works_that_came_after_the_switch_are_there_after_the_way_back(other_model):
    make_works(1)
    activate(other_model)
    late = make_artwork(picture=pictures.small_painting(52))

    said = activate("--rollback")
    assert "It has not seen 1 artworks yet" in said
    tasks.embed_artworks()

    assert late.embedding is not None


def test_without_a_model_before_there_is_no_way_back():
    code, said, _ = failing_activate("--rollback")

    assert code == 1
    assert "There is no model to go back to" in said


def test_the_embeddings_of_two_models_are_kept_and_no_more(other_model, tmp_path):
    make_works(2)
    activate(other_model)
    assert embeddings.count_by_version() == {SHIPPED: 2, "another-2": 2}

    activate(make_model(tmp_path / "third", "third-3"))

    assert embeddings.count_by_version() == {"another-2": 2, "third-3": 2}


def test_known_models_are_listed_with_what_they_are_for(other_model):
    make_works(2)
    assert activate("--list").startswith(f"{SHIPPED}, in use: 2 of 2 artworks embedded; ")

    activate(other_model)
    lines = activate("--list").splitlines()

    assert lines[0].startswith("another-2, in use: 2 of 2 artworks embedded; ")
    assert lines[1].startswith(f"{SHIPPED}, before: 2 of 2 artworks embedded; ")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "model.tflite").unlink(), "model.tflite is missing"),
        (lambda folder: (folder / "model.tflite").write_bytes(b"something else"), "do not belong together"),
        (lambda folder: (folder / "model.json").unlink(), "model.json is missing"),
        (lambda folder: change_card(folder, labels=["Vorticism"]), "but model.tflite has"),
        (lambda folder: change_card(folder, version="../elsewhere"), "cannot be the name of a folder"),
        (lambda folder: change_card(folder, version="active"), "cannot be the name of a folder"),
        (lambda folder: drop_from_card(folder, "sha256"), "does not say 'sha256'"),
    ],
    ids=[
        "no network",
        "other network",
        "no card",
        "other labels",
        "other place",
        "a link's name",
        "no sha256",
    ],
)
def test_what_does_not_work_is_refused_with_the_reason_and_changes_nothing(
    other_model, models_dir, spoil, reason
):
    spoil(other_model)

    code, said, _ = failing_activate(other_model)

    assert code == 1
    assert reason in said
    assert not models_dir.exists()
    assert inference.model_version() == SHIPPED


def change_card(folder: Path, **fields) -> None:
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | fields))


def drop_from_card(folder: Path, field: str) -> None:
    card = json.loads((folder / "model.json").read_text())
    del card[field]
    (folder / "model.json").write_text(json.dumps(card))


def test_another_model_of_a_known_version_is_refused(other_model, tmp_path):
    activate(other_model)
    namesake = make_model(tmp_path / "namesake", "another-2")
    change_card(namesake, temperature=3.0)

    code, said, _ = failing_activate(namesake)

    assert code == 1
    assert "Another model of version another-2 is known" in said


def test_a_model_that_the_environment_names_wins_and_the_command_says_so(other_model, monkeypatch):
    monkeypatch.setenv("STYLEART_MODEL", str(SHIPPED_MODEL))

    code, said, _ = failing_activate(other_model)

    assert code == 1
    assert "STYLEART_MODEL names the model in use" in said
    assert inference.model_version() == SHIPPED


def test_one_picture_that_cannot_be_read_is_named_and_holds_nothing_up(other_model):
    torn, *others = make_works(12)
    Path(torn.picture.path).write_bytes(pictures.cut_off_jpeg())

    code, _, err = failing_activate(other_model)

    assert code == 3
    assert err.count(torn.picture.name) == 1
    assert inference.model_version() == "another-2"
    assert len(similar_to(others[0])) == 10


def test_a_catalogue_whose_pictures_are_gone_keeps_its_model(other_model):
    for work in make_works(4)[:2]:
        Path(work.picture.path).unlink()

    code, said, _ = failing_activate(other_model)

    assert code == 1
    assert "2 of 4 pictures could not be read, so the model in use stays." in said
    assert inference.model_version() == SHIPPED


def test_a_model_can_be_activated_from_the_place_it_was_copied_to(other_model, models_dir):
    activate(other_model)
    activate("--rollback")

    activate(models_dir / "another-2")

    assert inference.model_version() == "another-2"


def test_in_the_background_the_worker_goes_on_step_by_step_until_the_switch(other_model, monkeypatch):
    make_works(3)
    sent = []
    monkeypatch.setattr(tasks, "WORKS", 2)
    monkeypatch.setattr(tasks.embed_artworks, "delay", lambda **arguments: sent.append(arguments))

    assert "The worker embeds the artworks, then it takes over" in activate(other_model, "--background")
    assert "another-2, being prepared: 0 of 3" in activate("--list")
    versions = []
    while sent:
        tasks.embed_artworks(**sent.pop())
        versions.append(inference.model_version())

    assert versions == [SHIPPED, SHIPPED, "another-2"]
    assert embeddings.count_by_version() == {SHIPPED: 3, "another-2": 3}


def test_a_preparation_whose_messages_are_lost_goes_on_every_minute(other_model, monkeypatch):
    make_works(1)
    monkeypatch.setattr(tasks.embed_artworks, "delay", lambda **arguments: None)
    activate(other_model, "--background")

    tasks.embed_artworks()
    tasks.embed_artworks()

    assert inference.model_version() == "another-2"


def test_a_running_process_uses_the_new_model_at_its_next_question(other_model, tmp_path):
    (tmp_path / "a.jpg").write_bytes(pictures.small_painting())
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path / "a.jpg")],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip

        def ask() -> str:
            print("again", file=other.stdin, flush=True)
            return other.stdout.readline().strip()

        before = ask()
        activate(other_model)
        after = ask()
        activate("--rollback")
        afterwards = ask()
        other.stdin.close()

    assert (before, after, afterwards) == (SHIPPED, "another-2", SHIPPED)


def test_the_network_of_the_old_model_is_dropped(other_model):
    import gc
    import weakref

    old = weakref.ref(inference.load_model())
    activate(other_model)
    inference.classify(pictures.small_painting())
    gc.collect()

    assert old() is None


# As a process of its own: killed, interrupted


def start(folder: Path, settings) -> subprocess.Popen:
    arguments = [connection.settings_dict["NAME"], str(settings.MEDIA_ROOT), str(settings.MODELS_DIR)]
    return subprocess.Popen(
        [sys.executable, "-c", OWN_PROCESS, *arguments, str(folder), "--processes", "2"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "styleart_site.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_embeddings(process: subprocess.Popen, count: int) -> None:
    until = time.monotonic() + 60
    while Embedding.objects.filter(model_version="another-2").count() < count:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_goes_on_where_it_was(other_model, settings):
    works = make_works(60)
    process = start(other_model, settings)
    wait_for_embeddings(process, 5)
    process.kill()
    process.communicate()
    seen = Embedding.objects.filter(model_version="another-2").count()

    assert 5 <= seen < 60
    assert inference.model_version() == SHIPPED
    assert len(similar_to(works[0])) == 12

    assert f"{60 - seen} artworks embedded, 0 failed." in activate(other_model)
    assert inference.model_version() == "another-2"
    assert embeddings.count_by_version() == {SHIPPED: 60, "another-2": 60}


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_ends_it_cleanly_with_the_old_model_in_use(other_model, settings):
    make_works(80)
    process = start(other_model, settings)
    wait_for_embeddings(process, 3)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the readers, too
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert f"{SHIPPED} is in use." in out
    assert "Run the same command again to go on." in err
    assert "Traceback" not in err

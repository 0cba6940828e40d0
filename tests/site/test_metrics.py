"""What /metrics says, to whom, and how many processes count together."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from classifier.models import FAILURES
from classifier.tasks import classify
from gallery.similar import similar_to
from ml import inference
from styleart_site import counting, metrics
from styleart_site.models import SignOfLife
from styleart_site.tasks import sweep_exports, tidy_signs_and_numbers
from tests import pictures
from tests.api.callers import Script
from tests.factories import (
    make_artwork,
    make_done_prediction,
    make_embedding,
    make_prediction,
    make_user,
)
from tests.live import ROOT

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-prometheus-0123456789abcdef"


@pytest.fixture(autouse=True)
def counted_anew():
    metrics.forget_counts()


def numbers(client) -> dict[tuple, float]:
    """Every sample as it is now: by name and label values."""
    body = client.get("/metrics").content.decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def grown(before: dict, after: dict, *key: str) -> float:
    return after.get(key, 0) - before.get(key, 0)


# Who may read


@pytest.fixture
def real_site(settings):
    settings.EMBEDDED = False
    settings.STAFF_NEEDS_TWO_FACTORS = True
    settings.METRICS_TOKEN = TOKEN
    return settings


def test_on_an_embedded_copy_the_machine_itself_may_read(client):
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_but_nobody_who_comes_through_a_proxy_on_it(client, header):
    assert client.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404


def test_and_nobody_from_elsewhere(client):
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.7").status_code == 404


def test_on_a_real_site_the_public_finds_nothing(client, real_site):
    assert client.get("/metrics").status_code == 404


def test_the_token_opens(client, real_site):
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "shown", ["Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
)
def test_nothing_else_does(client, real_site, shown):
    assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404


def test_an_empty_token_is_none(client, real_site):
    real_site.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_a_personal_access_token_does_not_open(real_site):
    script = Script(make_user(is_staff=True, is_superuser=True))

    assert script.client.get("/metrics", headers=script.headers).status_code == 404


@pytest.mark.parametrize(
    ("fields", "has_two_factors", "status"),
    [
        ({}, True, 404),
        ({"is_staff": True}, True, 404),
        ({"is_staff": True, "is_superuser": True}, False, 404),
        ({"is_staff": True, "is_superuser": True}, True, 200),
    ],
)
def test_of_people_only_superusers_with_two_factors_may(client, real_site, fields, has_two_factors, status):
    user = make_user(**fields)
    if has_two_factors:
        user.authenticator_set.create(type="totp", data={})
    client.force_login(user)

    assert client.get("/metrics").status_code == status


# What is counted


def test_uploads_by_outcome(client):
    script = Script()
    before = numbers(client)

    script.upload(pictures.small_painting(1))
    script.upload(pictures.small_painting(2))
    script.upload(pictures.letter())

    after = numbers(client)
    assert grown(before, after, "styleart_uploads_total", "queued") == 2
    assert grown(before, after, "styleart_uploads_total", "not_a_picture") == 1


def test_the_same_picture_again_is_known(client):
    owner = make_user()
    make_done_prediction(picture=pictures.small_painting(3), owner=owner)
    before = numbers(client)

    Script(owner).upload(pictures.small_painting(3))

    assert grown(before, numbers(client), "styleart_uploads_total", "known") == 1


def test_predictions_and_failures_by_state(client):
    make_prediction()
    make_done_prediction()
    make_prediction(status="failed", error_code="unreadable_image")

    now = numbers(client)

    assert now["styleart_predictions", "queued"] == 1
    assert now["styleart_predictions", "running"] == 0
    assert now["styleart_predictions", "done"] == 1
    assert now["styleart_predictions", "failed"] == 1
    assert now["styleart_prediction_failures", "unreadable_image"] == 1


def test_the_age_of_the_queue_is_that_of_the_oldest(client):
    make_prediction(queued_at=timezone.now() - timedelta(minutes=5))
    make_prediction()

    now = numbers(client)

    assert now["styleart_queue_length",] == 2
    assert 299 < now["styleart_queue_oldest_seconds",] < 330


def test_an_old_picture_that_is_tried_again_has_just_begun_to_wait(client):
    long_ago = timezone.now() - timedelta(days=30)
    prediction = make_prediction(
        status="failed", error_code="gave_up", created_at=long_ago, queued_at=long_ago
    )

    prediction.queue_again()

    assert numbers(client)["styleart_queue_oldest_seconds",] < 60


def test_an_empty_queue_has_no_age(client):
    assert numbers(client)["styleart_queue_oldest_seconds",] == 0


def test_tasks_by_name_and_outcome(client):
    before = numbers(client)

    classify.apply([str(make_prediction().pk)])
    classify.apply(["no id at all"])

    after = numbers(client)
    name = "classifier.tasks.classify"
    assert grown(before, after, "styleart_task_seconds_count", "success", name) == 1
    assert grown(before, after, "styleart_task_seconds_count", "failure", name) == 1


def test_searches_and_requests_are_timed(client):
    make_artwork(seed=1)
    before = numbers(client)

    similar_to(make_embedding(1))
    similar_to(make_embedding(1), year_from=1800)
    client.get("/styles/")
    client.get("/no-such-page/")

    after = numbers(client)
    assert grown(before, after, "styleart_search_seconds_count", "no") == 1
    assert grown(before, after, "styleart_search_seconds_count", "yes") == 1
    assert grown(before, after, "styleart_http_seconds_count", "gallery:style-list") == 1
    assert grown(before, after, "styleart_http_answers_total", "4xx") == 1


def test_the_model_is_named(client):
    versions = [key[1] for key in numbers(client) if key[0] == "styleart_model_info"]

    assert versions == [inference.model_version()]


def test_a_scheduled_task_leaves_a_sign(client):
    sweep_exports.apply()

    sign = SignOfLife.objects.get(kind="task", name="styleart_site.tasks.sweep_exports")
    assert sign.error == ""
    assert sign.seconds >= 0
    assert numbers(client)["styleart_task_age_seconds", sign.name] < 60


def test_programs_that_were_seen_lately_count(client):
    SignOfLife.objects.note("worker", "worker@one")
    SignOfLife.objects.note("worker", "worker@two")
    SignOfLife.objects.note("scheduler", "scheduler@one")
    SignOfLife.objects.filter(name="worker@two").update(seen_at=timezone.now() - timedelta(minutes=5))

    now = numbers(client)

    assert now["styleart_programs", "worker"] == 1
    assert now["styleart_programs", "scheduler"] == 1


def test_no_label_tells_of_people(client):
    user = make_user("somebody.in.particular@example.org")
    make_done_prediction(owner=user, title="A title of mine")
    Script(user).upload(pictures.small_painting(9), title="A title of mine")

    body = client.get("/metrics").content.decode()

    assert "particular" not in body
    assert "A title" not in body


# Several processes

COUNT = """
import os, sys
from pathlib import Path
from ml import inference
from styleart_site import counting
folder = Path(sys.argv[1])
counting.share(folder)
from prometheus_client import Counter, Histogram
made = Counter("made", "", ["kind"])
took = Histogram("took", "", ["kind"])
made.labels("parent").inc()
if os.fork() == 0:
    made.labels("child").inc(2)
    took.labels("child").observe(0.5)
    os._exit(0)
os.wait()
made.labels("parent").inc()
print(sorted(path.name for path in folder.glob("*.db")))
"""


def count_in_processes(folder) -> None:
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    subprocess.run(
        [sys.executable, "-c", COUNT, folder],
        cwd=ROOT,
        env=clean,
        check=True,
        capture_output=True,
        timeout=60,
    )


def sums_in(folder) -> dict[str, float]:
    """What the files of a folder add up to, as another process sees it."""
    script = (
        "import json, sys\n"
        "from prometheus_client import CollectorRegistry\n"
        "from prometheus_client.multiprocess import MultiProcessCollector\n"
        "registry = CollectorRegistry()\n"
        "MultiProcessCollector(registry, path=sys.argv[1])\n"
        "samples = [sample for family in registry.collect() for sample in family.samples]\n"
        "print(json.dumps({f'{one.name} {one.labels[\"kind\"]}': one.value for one in samples}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, folder], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_a_process_and_its_children_count_together(tmp_path):
    count_in_processes(tmp_path)

    counted = sums_in(tmp_path)

    assert counted["made_total parent"] == 2
    assert counted["made_total child"] == 2
    assert counted["took_count child"] == 1


def test_files_of_processes_that_ended_are_folded_without_loss(tmp_path):
    for _ in range(3):
        count_in_processes(tmp_path)
        with counting.at_rest(tmp_path):
            counting.fold(tmp_path)

    assert sums_in(tmp_path)["made_total child"] == 6
    assert sums_in(tmp_path)["took_count child"] == 3
    assert sorted(path.name.rpartition("-")[2] for path in tmp_path.glob("*.db")) == ["ended.db", "ended.db"]


def test_a_file_that_cannot_be_read_is_dropped(tmp_path):
    count_in_processes(tmp_path)
    next(tmp_path.glob("counter_*.db")).write_bytes(b"\xff" * 100)

    with counting.at_rest(tmp_path):
        counting.fold(tmp_path)

    assert sums_in(tmp_path)["took_count child"] == 1


def test_files_of_another_machine_stay_until_they_are_old(tmp_path):
    count_in_processes(tmp_path)
    path = next(tmp_path.glob("counter_*.db"))
    other = path.rename(tmp_path / f"counter_another-house-{path.stem.rpartition('-')[2]}.db")

    with counting.at_rest(tmp_path):
        counting.fold(tmp_path)
    assert other.exists()

    os.utime(other, (0, 0))
    with counting.at_rest(tmp_path):
        counting.fold(tmp_path)
    assert not other.exists()
    assert sums_in(tmp_path)["took_count child"] == 1


def test_the_room_of_a_file_is_taken_at_once(tmp_path):
    count_in_processes(tmp_path)

    for path in tmp_path.glob("*.db"):
        assert path.stat().st_blocks * 512 >= path.stat().st_size


def test_the_hourly_task_folds_and_forgets(settings, tmp_path):
    settings.METRICS_DIR = tmp_path
    count_in_processes(tmp_path)
    SignOfLife.objects.note("worker", "worker@gone")
    SignOfLife.objects.update(seen_at=timezone.now() - timedelta(days=8))

    tidy_signs_and_numbers()

    assert not SignOfLife.objects.exists()
    assert all(path.stem.endswith("-ended") for path in tmp_path.glob("*.db"))


# What alerts watch is there before it happens


def test_what_alerts_watch_begins_at_nought(client):
    metrics.expect_failures_of(["a.task.that.never.failed"])
    client.get("/healthz")

    now = numbers(client)

    assert now["styleart_task_seconds_count", "failure", "a.task.that.never.failed"] == 0
    assert ("styleart_http_answers_total", "5xx") in now
    failures = {key[1]: value for key, value in now.items() if key[0] == "styleart_prediction_failures"}
    assert failures == dict.fromkeys(FAILURES, 0)

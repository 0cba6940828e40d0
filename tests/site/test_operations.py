"""The page "Operations" of the admin, and the files for Grafana and Prometheus beside it."""

import json
import re
from datetime import timedelta

import pytest
import yaml
from django.contrib.auth.models import Permission
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from classifier.models import Prediction
from classifier.tasks import classify
from gallery import curators
from gallery.similar import similar_to
from styleart_site import metrics
from styleart_site.models import SignOfLife
from styleart_site.tasks import sweep_exports
from tests.api.callers import Script
from tests.factories import make_artwork, make_done_prediction, make_embedding, make_prediction, make_user
from tests.live import ROOT

pytestmark = pytest.mark.django_db
PAGE = "/admin/styleart_site/signoflife/"
FILES = ROOT / "docs" / "operations"


@pytest.fixture
def operator(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def make_failure(code: str = "gave_up", **fields) -> Prediction:
    return make_prediction(
        status="failed", error_code=code, attempt=3, **{"finished_at": timezone.now()} | fields
    )


# What it shows


def test_the_page_tells_how_the_work_goes(operator):
    SignOfLife.objects.note("worker", "worker@one")
    SignOfLife.objects.note("scheduler", "scheduler@one")
    make_prediction(queued_at=timezone.now() - timedelta(seconds=90))
    sweep_exports.apply()

    page = operator.get(PAGE)

    text = page.content.decode()
    assert page.status_code == 200
    assert page.context["queue"]["length"] == 1
    assert page.context["queue"]["oldest_s"] >= 90
    assert page.context["missing"] == []
    assert "worker@one" in text
    assert "Everything is there." in text
    assert next(task for task in page.context["schedule"] if task.name == "sweep exports").last


def test_what_is_missing_is_named(operator):
    SignOfLife.objects.note("scheduler", "scheduler@one")
    SignOfLife.objects.note("worker", "worker@one")
    SignOfLife.objects.filter(kind="worker").update(seen_at=timezone.now() - timedelta(minutes=2))

    page = operator.get(PAGE)

    assert page.context["missing"] == ["worker"]
    assert "missing" in page.content.decode()


def test_a_task_that_ended_with_an_error_says_so(operator):
    SignOfLife.objects.note("task", "classifier.tasks.sweep", seconds=0.5, error="OperationalError")

    assert "ended with OperationalError" in operator.get(PAGE).content.decode()


def test_a_task_is_late_after_twice_its_time(operator):
    SignOfLife.objects.note("task", "classifier.tasks.sweep", seconds=0.5)

    def is_late() -> bool:
        schedule = operator.get(PAGE).context["schedule"]
        return next(task for task in schedule if task.name == "sweep predictions").is_late

    assert not is_late()
    SignOfLife.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert is_late()


def test_a_task_that_never_ran_is_late_once_the_site_is_old_enough(operator):
    def late() -> set[str]:
        schedule = operator.get(PAGE).context["schedule"]
        return {task.name for task in schedule if task.is_late}

    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(minutes=1))
    assert late() == set()
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(hours=3))
    assert {"sweep predictions", "check files"} < late()
    assert "remove orphaned copies" not in late()  # has its day


def test_failures_stand_by_cause_the_most_frequent_first(operator):
    make_failure("unreadable_image")
    make_failure("gave_up")
    make_failure("gave_up", finished_at=timezone.now() - timedelta(days=3))

    causes = operator.get(PAGE).context["causes"]

    assert [(cause.code, cause.count, cause.lately) for cause in causes] == [
        ("gave_up", 2, 1),
        ("unreadable_image", 1, 1),
    ]


def test_nothing_of_the_senders_is_shown(operator):
    owner = make_user("somebody.in.particular@example.org")
    make_failure(owner=owner, title="A title of mine", error_detail="a detail")

    text = operator.get(PAGE).content.decode()

    assert "particular" not in text
    assert "A title" not in text
    assert "a detail" not in text
    assert "<img" not in text


def test_the_fragment_asks_for_itself_and_has_nothing_to_press(operator):
    make_failure()

    text = operator.get(f"{PAGE}state/").content.decode()

    assert f'hx-get="{PAGE}state/"' in text
    assert 'hx-swap="outerMorph"' in text
    assert "polling.js" in operator.get(PAGE).content.decode()  # which stops it where nobody sees the page
    assert "<form" not in text  # what keeps itself fresh would take the focus away


def test_the_number_of_queries_does_not_grow(operator, django_assert_max_num_queries):
    for number in range(5):
        make_failure()
        SignOfLife.objects.note("worker", f"worker@{number}")

    with django_assert_max_num_queries(20):
        operator.get(PAGE)


# Who may


def test_the_fragment_has_the_page_loaded_again_once_nobody_is_signed_in(client):
    response = client.get(f"{PAGE}state/", headers={"HX-Request": "true"})

    assert response.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("path", ["", "state/", "again/", "again/0b1c2d3e-0000-4000-8000-000000000000/"])
def test_curators_have_no_business_there(client, path):
    curator = make_user(is_staff=True)
    curator.groups.add(curators.curators())
    client.force_login(curator)

    assert client.get(f"{PAGE}{path}").status_code == 403
    assert client.post(f"{PAGE}{path}").status_code == 403


def test_who_may_only_look_sees_no_button_and_steers_nothing(client):
    viewer = make_user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_signoflife"))
    client.force_login(viewer)
    failure = make_failure()

    page = client.get(PAGE)
    refused = client.post(f"{PAGE}again/{failure.pk}/")

    assert page.status_code == 200
    assert "again/" not in page.content.decode()
    assert refused.status_code == 403
    failure.refresh_from_db()
    assert failure.status == "failed"


# Trying again


def test_one_is_tried_again(operator, django_capture_on_commit_callbacks):
    failure, other = make_failure(), make_failure()

    with django_capture_on_commit_callbacks() as sent:
        response = operator.post(f"{PAGE}again/{failure.pk}/", follow=True)

    failure.refresh_from_db()
    other.refresh_from_db()
    assert (failure.status, failure.attempt, failure.error_code) == ("queued", 0, "")
    assert other.status == "failed"
    assert len(sent) == 1
    assert "waits again" in response.content.decode()


def test_all_of_one_cause_are_tried_again(operator):
    mine, other = make_failure("missing_original"), make_failure("gave_up")

    response = operator.post(f"{PAGE}again/", {"code": "missing_original"}, follow=True)

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.status, other.status) == ("queued", "failed")
    assert "1 picture waits again" in response.content.decode()


def test_all_are_tried_again_and_the_sweep_sends_them(operator):
    failures = [make_failure(), make_failure("missing_original")]

    operator.post(f"{PAGE}again/")

    Prediction.objects.update(sent_at=timezone.now() - timedelta(seconds=30))
    assert set(Prediction.objects.sweep()) == {failure.pk for failure in failures}


def test_what_is_done_or_in_the_trash_stays_as_it_is(operator):
    done, trashed = make_done_prediction(), make_failure()
    trashed.trash()

    operator.post(f"{PAGE}again/")

    done.refresh_from_db()
    trashed.refresh_from_db()
    assert (done.status, trashed.status) == ("done", "failed")


def test_a_get_changes_nothing(operator):
    failure = make_failure()

    assert operator.get(f"{PAGE}again/").status_code == 405
    assert operator.get(f"{PAGE}again/{failure.pk}/").status_code == 405


# The files


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\bstyleart_\w+", text))


def alerts() -> list[dict]:
    groups = yaml.safe_load((FILES / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict:
    return json.loads((FILES / "grafana.json").read_text())


@pytest.fixture
def names_told(client):
    """Every name that /metrics has after a walk through all that is counted."""
    metrics.forget_counts()
    Script().upload()
    make_artwork(seed=1)
    similar_to(make_embedding(1))
    classify.apply([str(make_prediction().pk)])
    sweep_exports.apply()
    make_failure()
    client.get("/styles/")
    told = text_string_to_metric_families(client.get("/metrics").content.decode())
    return {sample.name for family in told for sample in family.samples}


def test_rules_say_numbers_rounded():
    assert not [rule["alert"] for rule in alerts() if "{{ $value }}" in rule["annotations"]["summary"]]


def test_every_number_of_dashboard_and_rules_is_there(names_told):
    panels = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    asked = names_in("\n".join(panels + [rule["expr"] for rule in alerts()]))

    assert len(asked) > 12
    assert asked - names_told == set()


def test_every_number_that_is_told_is_in_the_docs(names_told):
    listed = names_in((ROOT / "docs" / "observe.md").read_text())
    base = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in names_told}

    assert base - {re.sub(r"_total$", "", name) for name in listed} == set()


def test_every_rule_says_what_it_is_and_what_to_do():
    assert len(alerts()) >= 10
    for rule in alerts():
        assert {"alert", "expr", "labels", "annotations"} <= rule.keys()
        assert rule["annotations"].keys() == {"summary", "action"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
    assert len({rule["alert"] for rule in alerts()}) == len(alerts())


def test_the_panels_do_not_overlap():
    places = [
        (place["x"] + x, place["y"] + y)
        for place in (panel["gridPos"] for panel in dashboard()["panels"])
        for x in range(place["w"])
        for y in range(place["h"])
    ]

    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])

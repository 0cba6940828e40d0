"""Schemathesis asks all that the document allows, and much that it forbids, of the real application in this process.

API_EXAMPLES says how many examples of each operation it makes up (50).
"""

import os
import re
from pathlib import Path

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from schemathesis.transport.serialization import Binary

from classifier.models import Prediction
from gallery.models import Style
from gallery.sample_catalogue import load_facts
from styleart_site.models import AccessToken, Export, User
from tests import pictures
from tests.factories import make_artwork, make_done_prediction, make_prediction, make_user

schemathesis.openapi.format("binary", st.sampled_from(range(12)).map(pictures.small_painting).map(Binary))
pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("API_EXAMPLES") or 50)
DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
PLAIN = {"Accept-Encoding": "identity"}  # schemathesis reads what a WSGI application answers as it came
SETTINGS = hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
api = schemathesis.openapi.from_path(str(DOCUMENT))
api.app = get_wsgi_application()
stage = {}  # what stands ready for the calls


@pytest.fixture(scope="module", autouse=True)
def theatre(django_db_setup, django_db_blocker, tmp_path_factory):
    """The styles of the house, some works and somebody's things, in one transaction that is undone at the end."""
    folder = tmp_path_factory.mktemp("schemathesis")
    hasher = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # As Django's own test client does: the connection outlives the requests.
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    at_hand = override_settings(MEDIA_ROOT=folder, PASSWORD_HASHERS=hasher)
    with django_db_blocker.unblock(), at_hand, transaction.atomic():
        load_facts()
        styles = list(Style.objects.of_the_house())
        stage["folder"] = folder
        stage["artworks"] = [make_artwork(style=styles[n % 18], seed=n, year=1800 + n).pk for n in range(30)]
        yield
        transaction.set_rollback(True)
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def media_folder(settings, theatre):
    """In place of the one that every other test has: what is on stage keeps its files."""
    settings.MEDIA_ROOT = stage["folder"]


@pytest.fixture(autouse=True)
def works_without_worker(monkeypatch):
    """The tasks wait for a commit that never comes; no thread waits for them either."""
    monkeypatch.setattr("classifier.api.MOST_WAIT_S", 0)


def signed_in() -> dict[str, str]:
    """The header of a user with a token; of another one when that account was deleted."""
    if not User.objects.filter(pk=getattr(stage.get("user"), "pk", None), is_active=True).exists():
        stage["user"] = make_user()
    _, secret = AccessToken.objects.make(stage["user"], "schemathesis", days=1)
    return {"Authorization": f"Bearer {secret}"}


def _done() -> Prediction:
    mine = Prediction.objects.visible_to(stage["user"]).filter(status="done")
    return mine.first() or make_done_prediction(("Impressionism", 0.8), ("Realism", 0.2), owner=stage["user"])


def _failed() -> Prediction:
    mine = Prediction.objects.visible_to(stage["user"]).filter(status="failed")
    if mine.first() is None:
        picture = pictures.small_painting(stage.setdefault("seeds", iter(range(100, 10_000))).__next__())
        Prediction.objects.claim(make_prediction(picture, owner=stage["user"]).pk).mark_failed("gave_up")
    return mine.first()


# What stands ready for whoever asks rightly: made-up ids would never be found.
READY = {
    "/api/v1/predictions/{id}/retry/": lambda: {"id": str(_failed().pk)},
    "/api/v1/predictions/{id}": lambda: {"id": str(_done().pk)},
    "/api/v1/artworks/{id}": lambda: {"id": stage["artworks"][0]},
    "/api/v1/tokens/{id}": lambda: {"id": AccessToken.objects.make(stage["user"], "spare", days=1)[0].pk},
    "/api/v1/me/export/{id}": lambda: {"id": str(Export.objects.start(stage["user"]).pk)},
    "/api/v1/styles/{slug}": lambda: {"slug": "impressionism"},
    "/api/v1/artists/{slug}": lambda: {"slug": "claude-monet"},
}


def credentials_for(case) -> dict[str, str]:
    """The real token; none where the case tries a wrong sign-in instead.

    Schemathesis counts sign-in among the headers, so that all but a wrong key is wrong only without ours.
    """
    token = signed_in()
    if case.meta is None or case.meta.generation.mode.is_positive:
        return token
    key = (case.headers or {}).get("Idempotency-Key")
    has_wrong_key = key is not None and not re.fullmatch(r"[ -~]{1,255}", str(key))
    is_about_entering = any(
        map(case.meta.is_negative_at, [ParameterLocation.HEADER, ParameterLocation.COOKIE])
    )
    return {} if is_about_entering and not has_wrong_key else token


def furnish(case) -> None:
    """Put real things where schemathesis can only make names up: rows, cursors, fresh keys.

    It also makes up sessions beside the real token; its check of wrong credentials makes its own requests.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    (case.headers or {}).pop("X-Session-Token", None)
    (case.cookies or {}).clear()
    if case.meta.phase.name.value != "stateful" and "{" in case.path:
        make = next(make for path, make in READY.items() if case.path.startswith(path))
        case.path_parameters.update(make())
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = os.urandom(16).hex()
    if "cursor" in (case.query or {}):
        del case.query["cursor"]


def unsayable(case) -> list:
    """The checks that do not hold for an upload, whose values all travel as text.

    No document can say that the part to cut out lies within its picture, and a number is a title, too.
    """
    body = case.body if isinstance(case.body, dict) and "image" in case.body else {}
    crops = [positive_data_acceptance] if "crop" in body else []
    return crops + ([negative_data_rejection] if isinstance(body.get("title"), int | float) else [])


@api.parametrize()
@SETTINGS
def test_every_call_does_what_the_document_says(case):
    headers = credentials_for(case) | PLAIN
    furnish(case)
    case.call_and_validate(headers=headers, excluded_checks=unsayable(case))


class Visit(api.as_state_machine()):
    """One call after the other, each with what an earlier one answered."""

    def setup(self) -> None:
        """Every visit finds the same house, or Hypothesis could not tell what a failure comes from."""
        self.before = transaction.savepoint()

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.before)

    def get_call_kwargs(self, case) -> dict:
        return {"headers": credentials_for(case) | PLAIN}

    def before_call(self, case) -> None:
        furnish(case)

    def validate_response(self, response, case, additional_checks=None, **kwargs) -> None:
        case.validate_response(
            response, headers=kwargs["headers"], transport_kwargs=kwargs, excluded_checks=unsayable(case)
        )


def test_what_one_call_answers_the_next_can_use():
    Visit.run(settings=hypothesis_settings(SETTINGS, stateful_step_count=6))

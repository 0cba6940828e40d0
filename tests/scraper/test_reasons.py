"""Why an import failed, told in the language of the page."""

import copy
import pickle
import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation

from gallery.curators import curators
from ml import preprocess
from ml.inference import UnreadableImage
from scraper import reasons, runs, tasks
from scraper.models import ImportFailure, ImportRun
from scraper.reasons import Reason
from tests import wikiart_server
from tests.factories import make_user
from tests.scraper.imports import start
from tests.scraper.local_wikiart import HURRIED
from tests.scraper.test_wikiart import wikiart

SCRAPER = Path(reasons.__file__).parent


def codes_in_use() -> set[str]:
    """As the code of the importer writes them; names made of parts come out whole."""
    code = "\n".join(path.read_text() for path in SCRAPER.rglob("*.py") if path.name != "reasons.py")
    found = set(re.findall(r'(?:Reason|Again)\(\s*"([^"]+)"', code))
    found |= set(re.findall(r'return "(\w+)"', code[code.index("def _trouble") :][:900]))
    found |= {f"{kind}_{what}" for kind in ("artist", "style", "genre") for what in ("not_known",)}
    return found | {"style_empty", "genre_empty"}


def test_every_reason_has_a_sentence_and_every_sentence_is_somebodys_reason():
    used = codes_in_use()
    made_of_parts = {code for code in reasons.SENTENCES if code.startswith(("os_", "picture_"))}

    assert used - reasons.SENTENCES.keys() == set()
    assert reasons.SENTENCES.keys() - used - made_of_parts == set()


@pytest.mark.parametrize("code", preprocess._MESSAGES)
def test_whatever_is_wrong_with_a_picture_has_a_sentence(code):
    assert "cannot be used" in reasons.of(UnreadableImage(code))


def test_a_sentence_comes_back_from_its_code_and_facts():
    inner = Reason("server_failed", address="www.wikiart.org/en/x", status=503)
    reason = Reason("in_five_minutes", why=inner)

    kept = reasons.kept(reason)

    assert Reason.read(kept["code"], kept["facts"]) == reason
    assert reason == "www.wikiart.org/en/x: it failed (503). Trying again in five minutes."
    assert copy.deepcopy(reason).facts == pickle.loads(pickle.dumps(reason)).facts == {"why": inner}  # noqa: S301


def test_a_sentence_within_a_sentence_is_translated_too():
    inner = Reason("server_failed", address="www.wikiart.org", status=503)

    with translation.override("de"):
        told = Reason("in_five_minutes", why=inner).translated()

    assert "503" in told
    assert "it failed" not in told
    assert "Trying again" not in told


def test_a_sentence_without_code_or_of_another_version_is_told_as_it_was_kept():
    facts = {"address": "www.wikiart.org", "status": 503}
    newer = "www.wikiart.org: it failed (503)."

    with translation.override("fr"):
        assert reasons.said("It was cut off.", "", {}) == "It was cut off."
        assert reasons.said("It was cut off.", "of_tomorrow", {"a": 1}) == "It was cut off."
        assert reasons.said(newer, "server_failed", {"address": "www.wikiart.org"}) == newer
        # The last release, still running beside this one, changes the sentence and knows no code.
        assert reasons.said("It was cut off.", "server_failed", facts) == "It was cut off."
        assert reasons.said(newer, "server_failed", facts) != newer


def test_what_the_system_says_has_words_where_people_meet_it():
    assert reasons.of_system(OSError(28, "No space left on device")) == "No space left on device"
    assert reasons.of_system(OSError(71, "Protocol error")) == "Protocol error"


@pytest.mark.django_db
def test_a_failure_is_kept_with_code_and_facts_and_shown_in_the_language_of_the_page(styles):
    with wikiart_server.running(works=20, seed=5) as server:
        run, outcomes = start(server, artists=("nobody-at-all",), images=False)

    failure = run.failures.get()
    assert (failure.code, failure.facts) == ("artist_not_known", {"slug": "nobody-at-all"})
    assert failure.reason == failure.why == "WikiArt knows no artist “nobody-at-all”."
    assert outcomes[0].reason == failure.reason
    with translation.override("de"):
        assert str(failure) == "Künstler nobody-at-all: WikiArt kennt keinen Künstler „nobody-at-all“."


@pytest.mark.django_db
def test_a_failure_with_what_the_database_cannot_keep_is_told_all_the_same():
    failure = runs._failure("record", "a", Reason("artist_not_known", slug="a\0b\ud800"))
    failure.run = ImportRun.objects.create()
    failure.save()

    failure.refresh_from_db()
    with translation.override("fr"):
        assert "ab?" in failure.why
        assert failure.why != failure.reason


@pytest.mark.django_db
def test_what_fails_again_gets_its_new_reason_in_all_languages():
    run = ImportRun.objects.create()
    failure = ImportFailure.objects.create(run=run, kind="record", name="a", reason="As it was said once.")

    failure.fail_again(Reason("style_unknown"))

    failure.refresh_from_db()
    assert (failure.reason, failure.code) == ("Its style is not known.", "style_unknown")
    with translation.override("de"):
        assert failure.why == "Der Stil ist nicht bekannt."


@pytest.mark.django_db
def test_why_an_import_waits_is_told_in_the_language_of_the_page(client, styles, settings):
    user = make_user(is_staff=True, language="fr")
    user.groups.add(curators())
    client.force_login(user)
    run = runs.plan(runs.Options(styles=("cubism",)), is_in_background=True)
    with wikiart_server.running(works=20, seed=5) as server:
        settings.WIKIART_URL = settings.WIKIART_PICTURES_URL = server.url
        for name, value in (HURRIED | {"retries": 0}).items():
            setattr(settings, f"WIKIART_{name.upper()}", value)
        server.faults.plan("error", times=10**6)
        tasks.carry_on(run.pk)

    page = client.get(reverse("admin:scraper_importrun_progress", args=[run.pk])).content.decode()

    run.refresh_from_db()
    assert run.error_code == "in_five_minutes"
    assert "Nouvel essai dans cinq minutes." in page
    assert "Trying again" not in page


@pytest.mark.django_db
def test_an_import_that_goes_on_has_no_reason_any_more():
    run = runs.plan(runs.Options(styles=("cubism",)), is_in_background=True)
    run.stop(Reason("slow_answers"))

    run.resume(in_background=True)

    assert (run.why_it_stopped, run.error_code, run.error_facts) == ("", "", {})


def test_the_log_of_calls_names_host_and_path_alone(caplog):
    caplog.set_level("INFO", logger="scraper.polite")
    with wikiart_server.running(works=5, seed=5) as server:
        server.faults.plan("error", times=1)
        with wikiart(server) as line:
            list(line.fetch_most_viewed())

    [first, *_] = [record.getMessage() for record in caplog.records if record.name == "scraper.polite"]
    assert re.fullmatch(r"127\.0\.0\.1\S+: it failed \(500\)\. Try 2 in [\d.]+ s\.", first)

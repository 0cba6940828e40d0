"""What holds for every call: who asks, how often, what is refused and how it is said."""

import json
import re
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from classifier.counting import RequestCount
from styleart_site.api.problems import CODES
from styleart_site.models import AccessToken
from tests import pictures
from tests.factories import make_done_prediction, make_style, make_user

from .callers import API, Script, codes

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.django_db


# Who is calling


def test_a_token_opens_the_door_until_it_ends_or_is_revoked():
    user = make_user()
    token, secret = AccessToken.objects.make(user, "desk", days=1)
    ask = Script(is_anonymous=True).get

    first = ask("/me/", Authorization=f"Bearer {secret}")
    AccessToken.objects.update(expires_at=timezone.now())
    second = ask("/me/", Authorization=f"Bearer {secret}")
    token.delete()
    third = ask("/me/", Authorization=f"Bearer {secret}")

    assert first.json()["email"] == user.email
    assert codes(second) == codes(third) == (401, "authentication_failed")
    assert second.headers["WWW-Authenticate"].startswith("Bearer")


def test_only_a_hash_of_a_token_is_kept():
    _, secret = AccessToken.objects.make(make_user(), "desk", days=1)

    row = AccessToken.objects.values().get()

    assert secret not in str(row) and secret.removeprefix("styleart_") not in str(row)


def test_the_use_of_a_token_is_noted_to_the_minute():
    script = Script()
    script.get("/me/")
    first = AccessToken.objects.get().last_used_at
    script.get("/me/")

    assert first is not None
    assert AccessToken.objects.get().last_used_at == first


def test_the_token_of_a_closed_account_opens_nothing():
    script = Script()
    script.user.is_active = False
    script.user.save()

    assert codes(script.get("/me/")) == (401, "authentication_failed")


def test_an_app_shows_its_session_token():
    user = make_user(password="a-quiet-room-1")
    ask = Script(is_anonymous=True)
    told = ask.client.post(
        "/_allauth/app/v1/auth/login",
        json.dumps({"email": user.email, "password": "a-quiet-room-1"}),
        content_type="application/json",
    ).json()
    ask.client.cookies.clear()

    signed_in = ask.get("/me/", X_Session_Token=told["meta"]["session_token"])
    wrong = ask.get("/me/", X_Session_Token="nonsense")

    assert signed_in.json()["email"] == user.email
    assert codes(wrong) == (401, "authentication_failed")


def test_a_page_needs_its_csrf_token_to_write():
    prediction = make_done_prediction()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(prediction.owner)
    path = f"{API}/predictions/{prediction.pk}/"

    read = browser.get(path)
    write = browser.delete(path)

    assert read.status_code == 200
    assert codes(write) == (403, "permission_denied")


def test_the_catalogue_is_for_everybody_but_a_wrong_token_is_said():
    make_style()

    assert Script(is_anonymous=True).get("/styles/").status_code == 200
    assert codes(Script(is_anonymous=True).get("/styles/", Authorization="Bearer no")) == (
        401,
        "authentication_failed",
    )


# How often


def test_too_many_requests_are_told_when_to_come_again(settings):
    settings.API_REQUESTS_PER_MINUTE_ANONYMOUS = 2
    ask = Script(is_anonymous=True).get

    answers = [ask("/limits/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0].json()["requests_per_minute_anonymous"] == 2
    assert answers[0].headers["RateLimit-Limit"] == "2"
    assert codes(answers[2]) == (429, "throttled")
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert int(answers[2].headers["RateLimit-Reset"]) == int(answers[2].headers["Retry-After"])


def test_people_share_no_count_and_a_new_minute_begins_anew(settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    first, second = Script(), Script()

    asked = [first.get("/me/"), first.get("/me/"), second.get("/limits/")]
    RequestCount.objects.update(ends_at=timezone.now())
    asked.append(first.get("/me/"))

    assert asked[2].json()["requests_per_minute"] == 1
    assert [response.status_code for response in asked] == [200, 429, 200, 200]


def test_counts_that_have_run_out_are_forgotten():
    RequestCount.objects.hit("long ago", 60)
    RequestCount.objects.update(ends_at="2020-01-01T00:00:00Z")

    RequestCount.objects.hit("now", 60)

    assert RequestCount.objects.values_list("key", flat=True).get() == "now"


def test_uploads_have_limits_of_their_own(settings):
    settings.API_UPLOADS_PER_MINUTE = 1
    script = Script()

    first, second = script.upload(), script.upload(pictures.small_painting(2))

    assert script.get("/limits/").json()["uploads_per_minute"] == 1
    assert (first.status_code, first.headers["RateLimit-Limit"]) == (202, "1")
    assert codes(second) == (429, "throttled")
    assert script.get("/me/").status_code == 200


def test_uploads_take_nothing_from_the_other_requests_of_a_minute(settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    script = Script()

    sent = script.upload()
    asked = [script.get("/me/"), script.get("/me/")]

    assert sent.status_code == 202
    assert [response.status_code for response in asked] == [200, 429]


def test_a_replay_is_no_upload_but_has_a_limit_too(settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    script = Script()

    statuses = [script.upload(Idempotency_Key="one").status_code for _ in range(3)]

    assert statuses == [202, 202, 429]


def test_the_day_has_a_quota_and_the_account_says_what_is_left(settings):
    settings.API_UPLOADS_PER_DAY = 1
    script = Script()
    before = script.get("/me/").json()["uploads_left_today"]

    first, second = script.upload(), script.upload(pictures.small_painting(2))

    assert script.get("/limits/").json()["uploads_per_day"] == 1
    assert (before, script.get("/me/").json()["uploads_left_today"]) == (1, 0)
    assert first.status_code == 202
    assert codes(second) == (429, "quota_exceeded")
    assert int(second.headers["Retry-After"]) > 3600


# Parameters


@pytest.mark.parametrize(
    ("query", "field", "code", "words"),
    [
        ("colour=red", "colour", "unknown", "q, style, artist, genre, cursor, page_size"),
        ("page_size=0", "page_size", "invalid", "1 to 100"),
        ("page_size=101", "page_size", "invalid", "1 to 100"),
        ("page_size=ten", "page_size", "invalid", "1 to 100"),
        ("cursor=nonsense", "cursor", "invalid", "next and previous"),
        ("cursor=WzAsImEiXQ", "cursor", "invalid", "next and previous"),
        ("style=nonsense", "style", "does_not_exist", "There are: cubism"),
        ("style=", "style", "does_not_exist", "There are: cubism"),
        ("year_from=0", "year_from", "min_value", "1 to 2100"),
        ("year_to=2101", "year_to", "max_value", "1 to 2100"),
        ("year_to=1_900", "year_to", "invalid", "1 to 2100"),
        ("public_domain=maybe", "public_domain", "invalid", "true or false"),
        ("q=a&q=b", "q", "repeated", "once"),
        (f"q={'x' * 101}", "q", "max_length", "100"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(query, field, code, words):
    make_style("Cubism", slug="cubism", position=1)

    response = Script(is_anonymous=True).get(f"/artworks/?{query}")

    assert codes(response) == (400, "invalid_parameter")
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [(field, code)]
    assert words in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize("words", ["foo", ""])
def test_a_wrong_status_is_told_which_there_are(words):
    response = Script().get(f"/predictions/?status={words}")

    assert codes(response) == (400, "invalid_parameter")
    assert "queued, running, done, failed" in response.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/me/", "/limits/", "/model/", "/predictions/", "/tokens/", "/schema/", "/docs/"]
)
def test_a_parameter_nobody_knows_is_refused_everywhere(path):
    response = Script().get(f"{path}?wrong=1")

    assert codes(response) == (400, "invalid_parameter")


def test_writes_take_no_parameters():
    prediction = make_done_prediction()

    response = Script(prediction.owner).delete(f"/predictions/{prediction.pk}/?force=yes")

    assert codes(response) == (400, "invalid_parameter")


@pytest.mark.parametrize("moment", ["2026-11-22", "2026-11-22T09:30:00", "2026-02-31T00:00:00Z", "yesterday"])
def test_a_time_names_its_zone(moment):
    assert codes(Script().get(f"/predictions/?created_after={moment}")) == (400, "invalid_parameter")


# Entity tags


def test_what_has_not_changed_is_not_sent_again():
    prediction = make_done_prediction()
    script, path = Script(prediction.owner), f"/predictions/{prediction.pk}/"
    tag = script.get(path).headers["ETag"]

    same = script.get(path, If_None_Match=f'"other", W/{tag}')
    script.patch(path, {"title": "New"})
    changed = script.get(path, If_None_Match=tag)

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


@pytest.mark.parametrize(
    "path", ["/styles/", "/artists/", "/artworks/", "/limits/", "/model/", "/me/", "/tokens/", "/schema/"]
)
def test_every_read_has_an_entity_tag_that_holds(path):
    script = Script()
    script.get(path)
    tag = script.get(path).headers["ETag"]

    assert script.get(path, If_None_Match=tag).status_code == 304


def test_a_write_that_knows_an_old_state_is_refused():
    prediction = make_done_prediction()
    script, path = Script(prediction.owner), f"/predictions/{prediction.pk}/"
    old = script.get(path).headers["ETag"]
    new = script.patch(path, {"title": "New"}, If_Match=old).headers["ETag"]

    writes = [
        script.patch(path, {"title": "Newer"}, If_Match=old),
        script.delete(path, If_Match=old),
        script.post(f"{path}share/", If_Match=old),
        script.delete(f"{path}share/", If_Match=old),
        script.post(f"{path}retry/", If_Match=old),
        script.delete("/me/", If_Match=old),
    ]

    assert {codes(response) for response in writes} == {(412, "precondition_failed")}
    assert script.get(path).json()["title"] == "New"
    assert script.delete(path, If_Match=new).status_code == 204


@pytest.mark.parametrize("damage", [lambda tag: tag.strip('"'), lambda tag: tag[:-1], lambda tag: ""])
def test_a_write_whose_tag_was_damaged_is_no_write_without_one(damage):
    prediction = make_done_prediction()
    script, path = Script(prediction.owner), f"/predictions/{prediction.pk}/"
    old = script.get(path).headers["ETag"]
    script.patch(path, {"title": "New"})

    assert codes(script.patch(path, {"title": "Newer"}, If_Match=damage(old))) == (412, "precondition_failed")


def test_a_tag_without_quotation_marks_still_names_the_state():
    prediction = make_done_prediction()
    script, path = Script(prediction.owner), f"/predictions/{prediction.pk}/"
    tag = script.get(path).headers["ETag"].strip('"')

    assert script.patch(path, {"title": "New"}, If_Match=f"W/{tag}").status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_write_that_knows_the_state_passes_however_the_answer_was_packed(encoding):
    prediction = make_done_prediction()
    script, path = Script(prediction.owner), f"/predictions/{prediction.pk}/"
    tag = script.get(path, Accept_Encoding=encoding).headers["ETag"]

    assert tag.startswith("W/") == (encoding == "gzip")
    assert script.patch(path, {"title": "New"}, If_Match=tag).status_code == 200


@pytest.mark.parametrize("odd", ["\ud800", "caf\u00e9", "\0"])
def test_an_odd_style_is_a_problem_and_no_fault(odd):
    prediction = make_done_prediction()

    answer = Script(prediction.owner).patch(f"/predictions/{prediction.pk}/", {"feedback_style": odd})

    assert codes(answer) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/predictions/", [0, "2026-01-01T00:00:00+23:00", "0" * 32]),
        ("/predictions/", [0, "0001-01-01T00:00:00+10:00", "0" * 32]),
        ("/artists/", [0, "\ud800", "1"]),
    ],
)
def test_an_odd_cursor_is_a_problem_or_a_page_and_no_fault(path, keys):
    cursor = urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")

    assert Script(make_user()).get(f"{path}?cursor={cursor}").status_code in {200, 400}


# Problems


def test_every_refusal_below_api_is_a_problem():
    script = Script()
    answers = {
        codes(script.get("/nonsense/")),
        codes(script.get("/predictions/no-uuid/")),
        codes(script.ask("PUT", "/me/")),
        codes(script.ask("TRACE", "/limits/")),
        codes(script.get("/me/", Accept="text/html")),
        codes(script.post("/predictions/", {})),
        codes(
            script.client.post(f"{API}/tokens/", "{", content_type="application/json", headers=script.headers)
        ),
        codes(script.client.post(f"{API}/tokens/", "x", content_type="text/plain", headers=script.headers)),
        codes(
            script.client.generic(
                "POST", f"{API}/predictions/", b"", "multipart/form-data", CONTENT_LENGTH=10**9
            )
        ),
        codes(script.post("/tokens/", Transfer_Encoding="chunked")),  # a test has no chunks to send
    }

    assert answers == {
        (404, "not_found"),
        (405, "method_not_allowed"),
        (406, "not_acceptable"),
        (415, "unsupported_media_type"),
        (400, "parse_error"),
        (413, "body_too_large"),
        (411, "length_required"),
    }


def test_json_that_nests_without_end_is_a_problem_and_no_fault():
    script = Script(raises=False)

    answer = script.client.post(
        f"{API}/tokens/", "[" * 100_000, content_type="application/json", headers=script.headers
    )

    assert codes(answer) == (400, "parse_error")


def test_an_address_without_its_last_slash_leads_on_with_what_was_sent():
    answer = Script().post("/tokens", {"name": "a script"})

    assert (answer.status_code, answer.headers["Location"]) == (308, f"{API}/tokens/")


def test_a_method_that_is_not_taken_says_which_are():
    response = Script().ask("PUT", "/me/")

    assert response.headers["Allow"] == "GET, DELETE, HEAD, OPTIONS"


def test_a_fault_of_ours_is_a_problem_without_a_traceback(monkeypatch, settings):
    monkeypatch.setattr("styleart_site.api.views.storage_bytes", lambda user: 1 / 0)

    response = Script(raises=False).get("/me/")

    assert codes(response) == (500, "internal_error")
    assert "division" not in response.content.decode() and "/views.py" not in response.content.decode()


def test_pages_elsewhere_keep_their_own_errors(client):
    response = client.get("/nonsense/")

    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_every_problem_that_code_raises_is_listed():
    apps = ("gallery", "scraper", "classifier", "styleart_site")
    code = "".join(path.read_text() for app in apps for path in (ROOT / app).rglob("*.py"))
    raised = set(re.findall(r'\bproblem\(\s*"(\w+)"', code, re.IGNORECASE))

    assert {"no_heatmap", "idempotency_in_progress", "body_too_large"} <= raised
    assert raised <= set(CODES)


# What /limits/ says, next to those of requests and uploads above


def limits() -> dict:
    return Script(is_anonymous=True).get("/limits/").json()


def test_bytes_are_limited_as_the_limits_say(settings):
    settings.UPLOAD_MAX_BYTES = len(pictures.small_painting()) - 1

    assert limits()["max_bytes"] == settings.UPLOAD_MAX_BYTES
    assert codes(Script().upload()) == (413, "image_too_large")
    settings.UPLOAD_MAX_BYTES += 1
    assert Script().upload().status_code == 202


def test_the_formats_are_those_of_the_limits_and_no_others():
    told = limits()["formats"]
    script = Script()

    for kind in told:
        assert script.upload(pictures.plain(kind, 64, 64)).status_code == 202, kind
    for kind in {"JPEG", "PNG", "WebP", "AVIF", "GIF", "TIFF", "BMP", "JPEG2000", "ICO", "PPM"} - {*told}:
        assert codes(script.upload(pictures.plain(kind, 64, 64))) == (400, "invalid_image"), kind


def test_sides_are_limited_as_the_limits_say():
    least, most = limits()["min_side_px"], limits()["max_side_px"]
    script = Script()

    assert script.upload(pictures.plain("PNG", most, least)).status_code == 202
    for width, height in [(most + 1, least), (most, least - 1)]:
        assert codes(script.upload(pictures.plain("PNG", width, height))) == (400, "invalid_image")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "AVIF", "GIF", "TIFF"])
def test_the_pixels_of_each_format_are_limited_as_the_limits_say(kind):
    told = limits()

    assert told["max_pixels_by_format"][kind] <= told["max_pixels"]
    assert_limited(told["max_pixels_by_format"][kind], kind, mode="L", progressive=True)


def test_the_largest_pictures_are_taken_as_the_limits_say():
    told = limits()

    assert told["max_pixels"] == max(told["max_pixels_by_format"].values())
    assert_limited(told["max_jpeg_pixels"], "JPEG", mode="L")
    assert_limited(told["max_transparent_pixels"], "PNG", mode="RGBA")


def assert_limited(most_pixels: int, kind: str, **options) -> None:
    """So many pixels are taken, and not one row more."""
    script, width = Script(), 8000
    height = most_pixels // width

    assert script.upload(pictures.plain(kind, width, height, **options)).status_code == 202
    assert codes(script.upload(pictures.plain(kind, width, height + 1, **options))) == (
        400,
        "too_many_pixels",
    )


def test_pages_are_limited_as_the_limits_say():
    ask, most = Script(is_anonymous=True).get, limits()["page_size_max"]

    assert ask(f"/artworks/?page_size={most}").status_code == 200
    assert codes(ask(f"/artworks/?page_size={most + 1}")) == (400, "invalid_parameter")

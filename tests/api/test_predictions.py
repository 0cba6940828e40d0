from threading import Timer

import pytest
from django.db import connection
from django.utils import timezone

from classifier.models import Prediction
from classifier.tasks import classify
from ml import inference
from tests import pictures
from tests.factories import (
    make_artwork,
    make_done_prediction,
    make_house_styles,
    make_prediction,
    make_style,
    make_user,
)

from .callers import Script, codes

pytestmark = pytest.mark.django_db
FIELDS = {
    "id", "status", "created_at", "finished_at", "title", "note", "is_favourite", "image", "style", "confidence",
    "certainty", "probabilities", "model", "plot_url", "heatmap_url", "feedback_style", "error",
}  # fmt: skip
NULL_UNTIL_DONE = ["style", "confidence", "certainty", "probabilities", "model", "plot_url", "heatmap_url"]


def test_an_upload_is_accepted_and_says_where_to_ask():
    script = Script()

    response = script.upload(title="Above the sofa")

    prediction = Prediction.objects.get()
    told = response.json()
    assert response.status_code == 202
    assert response.headers["Location"] == f"http://testserver/api/v1/predictions/{prediction.pk}/"
    assert response.headers["Retry-After"] == "1"
    assert set(told) == FIELDS
    assert (told["status"], told["title"], prediction.owner) == ("queued", "Above the sofa", script.user)
    assert [told[name] for name in [*NULL_UNTIL_DONE, "finished_at", "error"]] == [None] * 9
    assert script.get(response.headers["Location"].removeprefix("http://testserver/api/v1")).json() == told


def test_the_answer_of_the_model_is_told_in_full():
    styles = make_house_styles()
    script = Script()
    script.upload()
    prediction = Prediction.objects.get()
    classify(str(prediction.pk))

    told = script.get(f"/predictions/{prediction.pk}/").json()

    assert told["status"] == "done"
    assert {row["style"] for row in told["probabilities"]} == {style.slug for style in styles}
    assert sum(row["probability"] for row in told["probabilities"]) == pytest.approx(1, abs=0.001)
    assert told["probabilities"] == sorted(told["probabilities"], key=lambda row: -row["probability"])
    assert told["confidence"] == pytest.approx(told["probabilities"][0]["probability"], abs=1e-5)
    assert told["style"]["slug"] == told["probabilities"][0]["style"]
    assert told["certainty"] in inference.CERTAINTIES
    assert told["model"] == {"version": inference.model_version()}
    assert told["error"] is None
    assert (told["image"]["width"], told["image"]["height"]) == (480, 360)


def test_a_style_that_the_catalogue_lacks_is_told_all_the_same():
    prediction = make_done_prediction(("Naïve Art (Primitivism)", 0.8), ("Realism", 0.2))

    told = Script(prediction.owner).get(f"/predictions/{prediction.pk}/").json()

    assert told["style"] == {"slug": "naive-art-primitivism", "name": "Naïve Art (Primitivism)"}


def test_the_same_picture_sent_again_is_the_prediction_that_is_there():
    script = Script()
    first = script.upload()

    second = script.upload(title="Another title")

    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    assert second.headers["Retry-After"] == "1"
    assert Prediction.objects.count() == 1


def test_two_people_may_send_the_same_picture():
    first, second = Script().upload(), Script().upload()

    assert {first.status_code, second.status_code} == {202}
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize(
    ("data", "status", "code", "own_code"),
    [
        (pictures.letter(), 400, "invalid_image", "not_a_picture"),
        (pictures.cut_off_jpeg(), 400, "invalid_image", "cut_off"),
        (pictures.svg(), 400, "invalid_image", "unsupported_kind"),
        (b"", 400, "invalid_image", "empty"),
        (pictures.png_bomb(), 400, "too_many_pixels", "too_many_pixels"),
        (b"\xff" * (17 * 1024 * 1024), 413, "image_too_large", "image_too_large"),
    ],
    ids=["letter", "cut off", "svg", "empty", "169 Mpx", "17 MB"],
)
def test_a_wrong_file_is_refused_with_its_code(data, status, code, own_code):
    response = Script().upload(data)

    assert codes(response) == (status, code)
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [("image", own_code)]
    assert not Prediction.objects.exists()


def test_a_missing_picture_is_named():
    response = Script().client.post("/api/v1/predictions/", {"title": "x"}, headers=Script().headers)

    assert codes(response) == (400, "invalid_request")
    assert response.json()["errors"][0]["field"] == "image"


def test_waiting_for_an_unfinished_answer_ends():
    response = Script().upload(Prefer="wait=1")

    assert (response.status_code, response.headers["Preference-Applied"]) == (202, "wait=1")


def look(prediction_id: str) -> None:
    """In the thread that hands over, which has a connection of its own then."""
    classify(prediction_id)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_whoever_prefers_to_wait_gets_the_answer(monkeypatch):
    make_house_styles()
    # The worker of this test: it looks as soon as the row is there.
    monkeypatch.setattr("classifier.tasks.classify.delay", look)

    response = Script().upload(Prefer="respond-async, wait=5")

    assert (response.status_code, response.json()["status"]) == (201, "done")
    assert response.headers["Location"].endswith(f"/predictions/{response.json()['id']}/")


@pytest.mark.django_db(transaction=True)
def test_whoever_prefers_to_wait_gets_the_answer_of_a_picture_sent_before_too():
    make_house_styles()
    script = Script()
    first = script.upload()
    worker = Timer(0.3, look, [first.json()["id"]])
    worker.start()

    second = script.upload(Prefer="wait=10")
    worker.join()
    third = script.upload(Prefer="wait=10")

    assert (first.json()["status"], second.json()["status"]) == ("queued", "done")
    for response in (second, third):
        assert (response.status_code, response.headers["Preference-Applied"]) == (200, "wait=10")
        assert "Retry-After" not in response.headers


def test_a_failure_says_why():
    prediction = Prediction.objects.claim(make_prediction().pk)
    prediction.mark_failed("missing_original")

    told = Script(prediction.owner).get(f"/predictions/{prediction.pk}/").json()

    assert told["status"] == "failed"
    assert told["error"]["code"] == "missing_original"
    assert "send the picture once more" in told["error"]["detail"]


def test_only_a_failed_prediction_can_be_tried_again():
    prediction = Prediction.objects.claim(make_prediction().pk)
    script = Script(prediction.owner)
    early = script.post(f"/predictions/{prediction.pk}/retry/")
    prediction.mark_failed("gave_up")

    response = script.post(f"/predictions/{prediction.pk}/retry/")

    assert codes(early) == (409, "not_failed")
    assert (response.status_code, response.json()["status"]) == (202, "queued")


def test_title_note_favourite_and_feedback_are_changed_and_nothing_else():
    prediction = make_done_prediction(title="Old")
    make_style("Cubism", slug="cubism", position=1)
    script = Script(prediction.owner)
    path = f"/predictions/{prediction.pk}/"

    first = script.patch(
        path, {"note": "Ñu", "is_favourite": True, "feedback_style": "cubism", "status": "failed"}
    )
    second = script.patch(path, {"feedback_style": None, "title": ""})

    told = first.json()
    assert (told["title"], told["note"], told["is_favourite"]) == ("Old", "Ñu", True)
    assert (told["feedback_style"], told["status"]) == ("cubism", "done")
    assert (second.json()["feedback_style"], second.json()["title"]) == (None, "")
    assert Prediction.objects.search("nu").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"title": 5}, "title"),
        ({"note": "nul\0"}, "note"),
        ({"is_favourite": "yes"}, "is_favourite"),
        ({"feedback_style": "nonsense"}, "feedback_style"),
        ({"feedback_style": 3}, "feedback_style"),
        ([], "non_field_errors"),
    ],
)
def test_a_wrong_change_names_its_field(body, field):
    prediction = make_done_prediction()

    response = Script(prediction.owner).patch(f"/predictions/{prediction.pk}/", body)

    assert codes(response) == (400, "invalid_request")
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_there_is_no_feedback_on_what_has_no_answer():
    prediction = make_prediction()
    make_style("Cubism", slug="cubism", position=1)

    response = Script(prediction.owner).patch(f"/predictions/{prediction.pk}/", {"feedback_style": "cubism"})

    assert codes(response) == (409, "no_answer_yet")


def test_a_deleted_prediction_is_gone_with_its_files(django_capture_on_commit_callbacks):
    prediction = make_done_prediction()
    path = f"/predictions/{prediction.pk}/"
    script = Script(prediction.owner)

    with django_capture_on_commit_callbacks(execute=True):
        response = script.delete(path)

    assert (response.status_code, response.content) == (204, b"")
    assert codes(script.get(path)) == (404, "not_found")
    assert not prediction.original.storage.exists(prediction.original.name)


def test_what_is_in_the_trash_is_not_found():
    prediction = make_done_prediction()
    prediction.trash()
    script = Script(prediction.owner)

    assert codes(script.get(f"/predictions/{prediction.pk}/")) == (404, "not_found")
    assert script.get("/predictions/").json()["results"] == []


CALLS = [
    ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "retry/"), ("GET", "similar/"), ("POST", "share/"),
    ("DELETE", "share/"), ("GET", "plot.svg"), ("GET", "plot.png"), ("GET", "heatmap.png"),
    ("GET", "preview.jpg"), ("GET", "thumbnail.jpg"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "rest"), CALLS)
def test_somebody_elses_prediction_is_not_found(method, rest):
    prediction = make_done_prediction()
    path = f"/predictions/{prediction.pk}/{rest}"

    assert codes(Script(make_user()).ask(method, path, {} if method == "PATCH" else None)) == (
        404,
        "not_found",
    )
    assert codes(Script(make_user(is_superuser=True)).ask(method, path)) == (404, "not_found")
    assert codes(Script(is_anonymous=True).ask(method, path)) == (401, "not_authenticated")
    assert Prediction.objects.filter(pk=prediction.pk).exists()


def test_similar_works_come_nearest_first_with_their_similarity():
    prediction = make_done_prediction()
    works = [make_artwork(seed=seed, year=1900 + seed) for seed in range(4)]

    found = Script(prediction.owner).get(f"/predictions/{prediction.pk}/similar/?limit=2").json()["results"]

    assert found[0]["id"] == works[0].pk
    assert found[0]["similarity"] == pytest.approx(1, abs=0.01)
    assert len(found) == 2 and found[0]["similarity"] >= found[1]["similarity"] >= -1


def test_similar_works_can_be_narrowed():
    prediction = make_done_prediction()
    works = [make_artwork(seed=seed, year=1900 + seed) for seed in range(4)]
    ask = Script(prediction.owner).get

    def found(query: str) -> set[int]:
        answer = ask(f"/predictions/{prediction.pk}/similar/?{query}").json()
        return {work["id"] for work in answer["results"]}

    assert found("year_from=1901&year_to=1902") == {works[1].pk, works[2].pk}
    assert found(f"style={works[3].style.slug}") == {works[3].pk}
    assert found("min_similarity=0.9") == {works[0].pk}
    assert found("min_similarity=0.900000000000000022") == {works[0].pk}
    assert found("public_domain=true") == set()
    assert found("artist=nobody-at-all") == set()


def test_what_needs_an_answer_says_that_there_is_none_yet():
    prediction = make_prediction()
    script = Script(prediction.owner)
    asked = [
        script.get(f"/predictions/{prediction.pk}/{rest}") for rest in ("similar/", "plot.svg", "heatmap.png")
    ]
    asked.append(script.post(f"/predictions/{prediction.pk}/share/"))

    assert {codes(response) for response in asked} == {(409, "no_answer_yet")}


def test_a_shared_page_can_be_seen_by_everybody_until_it_is_closed(client):
    prediction = make_done_prediction()
    script = Script(prediction.owner)

    told = script.post(f"/predictions/{prediction.pk}/share/", {"expires_in_days": 7}).json()
    seen = client.get(told["url"]).status_code
    again = script.post(f"/predictions/{prediction.pk}/share/").json()
    closed = script.delete(f"/predictions/{prediction.pk}/share/")

    assert set(told) == {"url", "expires_at"}
    assert seen == 200
    assert (again["url"], again["expires_at"]) == (told["url"], None)
    assert closed.status_code == 204
    assert client.get(told["url"]).status_code == 404


@pytest.mark.parametrize("days", [0, 366, "7", 1.5, True])
def test_a_page_is_shared_for_one_to_365_days(days):
    prediction = make_done_prediction()

    response = Script(prediction.owner).post(
        f"/predictions/{prediction.pk}/share/", {"expires_in_days": days}
    )

    assert codes(response) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("rest", "content_type", "start"),
    [
        ("plot.svg", "image/svg+xml", b"<?xml"),
        ("plot.png", "image/png", b"\x89PNG"),
        ("preview.jpg", "image/jpeg", b"\xff\xd8"),
        ("thumbnail.jpg", "image/jpeg", b"\xff\xd8"),
    ],
)
def test_pictures_come_privately_and_once(rest, content_type, start):
    prediction = make_done_prediction()
    script = Script(prediction.owner)

    response = script.get(f"/predictions/{prediction.pk}/{rest}")
    again = script.get(f"/predictions/{prediction.pk}/{rest}", If_None_Match=response.headers["ETag"])

    assert response.headers["Content-Type"] == content_type
    assert response.getvalue().startswith(start)
    assert "private" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert (again.status_code, again.content) == (304, b"")


def test_a_missing_file_is_a_problem_and_names_no_path(settings):
    prediction = make_done_prediction()
    prediction.original.storage.delete(prediction.original.name)

    response = Script(prediction.owner).get(f"/predictions/{prediction.pk}/preview.jpg")

    assert codes(response) == (404, "no_picture")
    assert str(settings.MEDIA_ROOT) not in response.content.decode()


# History


def test_the_history_is_in_pages_the_newest_first():
    owner = make_user()
    made = [make_prediction(pictures.small_painting(seed), owner=owner) for seed in range(5)]
    make_prediction()
    script = Script(owner)

    first = script.get("/predictions/?page_size=2").json()
    second = script.get(first["next"]).json()
    third = script.get(second["next"]).json()
    back = script.get(third["previous"]).json()

    ids = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert ids == [str(prediction.pk) for prediction in reversed(made)]
    assert (first["previous"], third["next"]) == (None, None)
    assert back["results"] == second["results"]


def test_a_page_stays_where_it_is_when_rows_come_and_go():
    owner = make_user()
    made = [make_prediction(pictures.small_painting(seed), owner=owner) for seed in range(4)]
    Prediction.objects.update(created_at=timezone.now())  # all at one moment
    script = Script(owner)
    first = script.get("/predictions/?page_size=2").json()
    Prediction.objects.get(pk=first["results"][0]["id"]).erase()

    second = script.get(first["next"]).json()

    seen = {row["id"] for row in first["results"] + second["results"]}
    assert seen == {str(prediction.pk) for prediction in made}


def test_the_history_can_be_searched_and_filtered():
    owner = make_user()
    style = make_style("Impressionism", slug="impressionism", position=1)
    done = make_done_prediction(owner=owner, title="Garden", is_favourite=True)
    waiting = make_prediction(pictures.small_painting(2), owner=owner, title="Harbour")
    script = Script(owner)

    def found(query: str) -> list[str]:
        response = script.get(f"/predictions/?{query}")
        assert response.status_code == 200, response.content
        return [row["title"] for row in response.json()["results"]]

    assert done.style == style
    assert found("status=queued") == ["Harbour"]
    assert found("style=impressionism") == ["Garden"]
    assert found("q=gárd") == ["Garden"]
    assert found("is_favourite=true") == ["Garden"]
    assert found("is_favourite=false") == ["Harbour"]
    moment = waiting.created_at.isoformat().replace("+00:00", "Z")
    assert found(f"created_after={moment}") == ["Harbour"]
    assert found(f"created_before={moment}") == ["Garden"]
    assert (
        found("created_before=0001-01-01T00:00:00Z")
        == found("created_before=0001-01-01T00:00:00%2B21:11")
        == []
    )
    assert found("created_after=9999-12-31T23:59:59-23:59") == []


def test_the_history_asks_the_same_number_of_queries_however_long(django_assert_max_num_queries):
    owner = make_user()
    script = Script(owner)
    for seed in range(12):
        make_done_prediction(picture=pictures.small_painting(seed), owner=owner)
    script.get("/predictions/")

    # token, count of requests, page, names of styles
    with django_assert_max_num_queries(4):
        assert len(script.get("/predictions/").json()["results"]) == 12

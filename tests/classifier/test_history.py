"""One's own pictures: the grid, several at once, the trash, and what one says of a picture."""

import base64
import csv
import io
import json
import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from classifier import views
from classifier.forms import AboutForm
from classifier.history import BY_TRASHING, ORDERS, Place, _beyond, page_of
from classifier.models import Prediction
from classifier.tasks import classify, erase_trash
from gallery.models import LabelSuggestion
from tests import pictures
from tests.factories import (
    make_done_prediction,
    make_house_styles,
    make_model,
    make_prediction,
    make_style,
    make_user,
    small_painting,
)
from tests.site.test_templates import check, read

pytestmark = pytest.mark.django_db
HISTORY = "/predictions/"
HTMX = {"HX-Request": "true"}


def url(name: str, *args) -> str:
    return reverse(f"classifier:{name}", args=args)


def packed(keys: list) -> str:
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def make_history(count: int, owner=None, **fields) -> list[Prediction]:
    """Rows alone, without files, each a minute older than the one before; half of them without an answer."""
    owner = owner or make_user()
    now = timezone.now()
    return Prediction.objects.bulk_create(
        Prediction(
            owner=owner,
            sha256=f"{number:064}",
            width=400,
            height=300,
            asked_model="made-up",
            created_at=now - timedelta(minutes=number),
            confidence=None if number % 2 else (number % 10) / 10,
            **fields,
        )
        for number in range(count)
    )


def walk(rows, order, size=7) -> tuple[list, list]:
    """All pages forwards, then back from the last one; gives the ids met on both ways."""
    forwards, backwards, cursor = [], [], ""
    while True:
        page = page_of(rows, order, cursor=cursor, size=size)
        forwards += [prediction.pk for prediction in page]
        if not page.next:
            break
        cursor = page.next
    while page.previous:
        page = page_of(rows, order, cursor=page.previous, size=size)
        backwards = [prediction.pk for prediction in page] + backwards
    return forwards, backwards


@pytest.mark.parametrize("name", ORDERS)
def test_pages_meet_every_prediction_once_in_order_and_the_same_on_the_way_back(name):
    make_history(24)
    order = ORDERS[name]
    sign = "-" if order.is_descending else ""
    expected = list(
        Prediction.objects.annotate(key=order.key)
        .order_by(f"{sign}key", f"{sign}pk")
        .values_list("pk", flat=True)
    )

    forwards, backwards = walk(Prediction.objects.all(), order)

    assert forwards == expected
    assert backwards == expected[: len(backwards)] == expected[:21]


def test_a_prediction_that_comes_meanwhile_does_not_shift_the_next_page():
    predictions = make_history(10)
    first = page_of(Prediction.objects.all(), ORDERS["newest"], size=5)

    make_prediction()
    second = page_of(Prediction.objects.all(), ORDERS["newest"], size=5, cursor=first.next)

    assert [prediction.pk for prediction in second] == [prediction.pk for prediction in predictions[5:]]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "W10",
        "eyJhIjogMX0",
        str(Place(0.5, "no id")),
        str(Place(0.5, 7)),
        "é",
        "A" * 999,
        str(Place(10**400, UUID(int=0))),
        packed(["0001-01-01T00:00:00+10:00", str(UUID(int=0)), 0]),
    ],
)
def test_a_broken_cursor_leads_to_the_first_page(client, cursor):
    user = make_user()
    make_history(3, owner=user)
    client.force_login(user)

    response = client.get(HISTORY, {"cursor": cursor})

    assert len(response.context["page"]) == 3


@pytest.mark.parametrize("order", ORDERS)
def test_a_number_beyond_all_leads_to_the_first_page(client, order):
    user = make_user()
    make_history(3, owner=user)
    client.force_login(user)

    response = client.get(HISTORY, {"cursor": str(Place(10**400, UUID(int=0))), "sort": order})

    assert len(response.context["page"]) == 3


def test_a_cursor_may_name_a_zone_that_the_database_does_not_know(client):
    user = make_user()
    make_history(3, owner=user)
    client.force_login(user)

    response = client.get(HISTORY, {"cursor": packed(["2999-01-01T00:00:00+23:00", str(UUID(int=0)), 0])})

    assert len(response.context["page"]) == 3


def test_where_nothing_is_left_behind_a_cursor_there_is_the_first_page():
    rows = make_history(30)
    last = page_of(Prediction.objects.all(), ORDERS["newest"], size=24).next
    Prediction.objects.filter(pk__in=[row.pk for row in rows[24:]]).delete()

    page = page_of(Prediction.objects.all(), ORDERS["newest"], size=24, cursor=last)

    assert [row.pk for row in page] == [row.pk for row in rows[:24]]
    assert (page.next, page.previous) == ("", "")


def test_a_cursor_of_another_order_leads_to_the_first_page():
    make_history(10)
    cursor = page_of(Prediction.objects.all(), ORDERS["newest"], size=3).next

    page = page_of(Prediction.objects.all(), ORDERS["surest"], size=20, cursor=cursor)

    assert len(page) == 10


def test_the_history_asks_as_much_of_the_database_for_many_as_for_few(client, django_assert_num_queries):
    few, many = make_user(), make_user()
    make_history(2, owner=few)
    make_history(300, owner=many)

    for user, cursor in [(few, ""), (many, page_of(Prediction.objects.of(many), ORDERS["newest"]).next)]:
        client.force_login(user)
        with django_assert_num_queries(6):  # session, user, count, page, trash, styles of the filter
            client.get(HISTORY, {"cursor": cursor})


def test_deep_pages_are_read_from_an_index():
    user = make_user()
    make_history(3000, owner=user)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE classifier_prediction")
    mine = Prediction.objects.visible_to(user)
    for name, index in [("newest", "prediction_history"), ("surest", "prediction_by_certainty")]:
        (middle,) = mine.annotate(key=ORDERS[name].key).order_by("-key", "-pk")[1500:1501]
        place = Place(middle.key, middle.pk)

        plan = plan_of(mine, ORDERS[name], place)

        assert index in plan
        assert "Sort" not in plan.replace("Incremental Sort", "")


def plan_of(rows, order, place) -> str:
    """How PostgreSQL means to read the page after a place."""
    return (
        rows.annotate(place=order.key)
        .filter(_beyond(place, is_descending=True))
        .order_by("-place", "-pk")[:25]
        .explain()
    )


def test_the_history_filters_by_all_it_offers(client):
    user = make_user()
    cubism = make_style("Cubism", position=1)
    sure = make_done_prediction(("Cubism", 1.0), owner=user, title="Guitar")
    unsure = make_done_prediction(
        ("Realism", 0.3), owner=user, picture=pictures.small_painting(2), certainty="unsure"
    )
    Prediction.objects.filter(pk=sure.pk).update(is_favourite=True)
    Prediction.objects.filter(pk=unsure.pk).update(created_at=timezone.now() - timedelta(days=40))
    client.force_login(user)
    month_ago = (timezone.localdate() - timedelta(days=30)).isoformat()

    def found(**wanted):
        return list(client.get(HISTORY, wanted).context["page"])

    assert found() == [sure, unsure]
    assert found(sort="oldest") == found(sort="least-sure") == [unsure, sure]
    assert found(sort="surest") == [sure, unsure]
    assert found(style=cubism.slug) == found(certainty="sure") == found(favourites="on") == [sure]
    assert found(certainty="unsure") == found(sent_to=month_ago) == [unsure]
    assert found(sent_from=month_ago) == [sure]
    assert found(sent_from=month_ago, certainty="unsure") == []


@pytest.mark.parametrize(
    "query", ["sent_from=tomorrow", "certainty=never", "sort=random", "sent_to=9999-12-31"]
)
def test_wrong_values_are_left_out(client, query):
    user = make_user()
    make_history(2, owner=user)
    client.force_login(user)

    assert len(client.get(f"{HISTORY}?{query}").context["page"]) == 2


def test_a_later_page_of_all_is_no_search(client):
    user = make_user()
    make_history(30, owner=user)
    client.force_login(user)
    later = client.get(HISTORY).context["page"].next

    page = client.get(HISTORY, {"cursor": later}).content.decode()
    asked_for_nothing = client.get(HISTORY, {"q": "", "sort": ""}).content.decode()
    found = client.get(HISTORY, {"status": "queued"}).content.decode()

    assert "30 pictures." in page
    assert "Show all" not in page + asked_for_nothing
    assert "30 pictures fit what you look for." in found
    assert "Show all" in found


def test_the_grid_says_style_certainty_date_and_state(client):
    user = make_user()
    make_done_prediction(("Cubism", 1.0), owner=user, title="Guitar")
    make_prediction(pictures.small_painting(2), owner=user)
    client.force_login(user)

    page = client.get(HISTORY).content.decode()

    expected = ["Guitar", "Cubism, quite sure", "Looking …", f"{timezone.now():%B %Y}"]
    assert [words for words in expected if words not in page] == []


def test_a_wrong_filter_is_described_by_the_sentence_about_it(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)

    page = client.get(HISTORY, {"style": "nonsense", "sent_from": "abc"}).content.decode()

    described = re.findall(r'aria-describedby="([^"]+)"', page)
    assert {"id_style_error", "id_sent_from_error"} <= {*described}
    assert all(page.count(f' id="{sentence}"') == 1 for sentence in described)


# Several at once


def select(client, action, *predictions, **fields):
    data = {"action": action, "selected": [prediction.pk for prediction in predictions], **fields}
    return client.post(url("prediction-selection"), data)


def test_deleting_one_leads_back_to_where_one_was(client):
    prediction, *_ = make_history(2, owner=make_user())
    client.force_login(prediction.owner)
    where = f"{HISTORY}?status=queued"
    delete = url("prediction-delete", prediction.pk)
    form = re.search(rf'action="{delete}">.*?</form>', client.get(where).content.decode())[0]

    response = client.post(delete, {"next": re.search(r'name="next" value="(.*?)"', form)[1]})

    assert response.url == where


def test_several_go_to_the_trash_and_come_back_with_one_undo(client):
    user = make_user()
    predictions = make_history(3, owner=user)
    client.force_login(user)

    response = select(client, "delete", *predictions[:2])
    (message,) = get_messages(response.wsgi_request)
    left = Prediction.objects.visible_to(user).count()
    client.post(url("prediction-undo", int(message.extra_tags.removeprefix("undo-all "))))

    assert str(message) == "2 pictures are in the trash for 30 days."
    assert left == 1
    assert Prediction.objects.visible_to(user).count() == 3


def test_the_page_after_deleting_several_offers_undo(client):
    user = make_user()
    predictions = make_history(2, owner=user)
    client.force_login(user)
    select(client, "delete", *predictions)

    page = client.get(HISTORY).content.decode()

    assert "/predictions/trash/undo/" in page


def test_an_undo_brings_back_only_ones_own(client):
    prediction = make_prediction()
    moment = prediction.trash()
    client.force_login(make_user())

    client.post(url("prediction-undo", round(moment.timestamp() * 1_000_000)))

    prediction.refresh_from_db()
    assert prediction.trashed_at == moment


@pytest.mark.parametrize("address", [url("prediction-undo", 1), url("trash-empty")])
def test_where_nothing_happened_nothing_is_said(client, address):
    client.force_login(make_user())

    response = client.post(address)

    assert response.status_code == 302
    assert list(get_messages(response.wsgi_request)) == []


def test_several_become_favourites_and_one_lands_where_one_was(client):
    user = make_user()
    predictions = make_history(3, owner=user)
    client.force_login(user)

    response = select(client, "favourite", *predictions[:2], next="/predictions/?q=cat")
    favourites = Prediction.objects.filter(is_favourite=True).count()
    select(client, "unfavourite", *predictions)

    assert response.url == "/predictions/?q=cat"
    assert favourites == 2
    assert not Prediction.objects.filter(is_favourite=True).exists()


@pytest.mark.parametrize(
    "where", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"]
)
def test_nobody_is_led_elsewhere(client, where):
    user = make_user()
    client.force_login(user)

    assert select(client, "favourite", *make_history(1, owner=user), next=where).url == HISTORY


def test_nobody_selects_what_belongs_to_others(client):
    theirs = make_history(1)
    client.force_login(make_user())

    response = select(client, "delete", *theirs)

    assert "not there any more" in str(next(iter(get_messages(response.wsgi_request))))
    assert Prediction.objects.alive().count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"action": "delete"}, "Choose some pictures first."),
        ({"action": "delete", "selected": "x"}, "Choose some pictures first."),
        ({"action": "burn"}, "Choose some pictures first."),
    ],
)
def test_a_selection_that_makes_no_sense_gets_a_sentence(client, data, words):
    client.force_login(make_user())

    response = client.post(url("prediction-selection"), data)

    assert str(next(iter(get_messages(response.wsgi_request)))) == words


def test_the_export_as_csv_tells_the_facts_and_runs_no_formula(client):
    user = make_user()
    prediction = make_done_prediction(("Cubism", 0.7), ("Realism", 0.3), owner=user, title="=1+1")
    client.force_login(user)

    response = select(client, "csv", prediction)

    (row,) = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    assert response.headers["Content-Disposition"] == 'attachment; filename="styleart-pictures.csv"'
    assert (row["id"], row["style"], row["title"]) == (str(prediction.pk), "Cubism", "'=1+1")


def test_the_export_as_json_tells_every_probability(client):
    user = make_user()
    prediction = make_done_prediction(("Cubism", 0.7), ("Realism", 0.3), owner=user, title="Café")
    waiting = make_prediction(pictures.small_painting(2), owner=user)
    client.force_login(user)

    response = select(client, "json", prediction, waiting)

    rows = {row["id"]: row for row in json.loads(response.content)}
    assert rows[str(prediction.pk)]["probabilities"] == {"Cubism": 0.7, "Realism": 0.3}
    assert rows[str(prediction.pk)]["title"] == "Café"
    assert rows[str(waiting.pk)]["style"] is None


def test_the_export_asks_as_much_of_the_database_for_many_as_for_few(client, django_assert_num_queries):
    user = make_user()
    predictions = make_history(40, owner=user, feedback_style=make_style())
    client.force_login(user)
    with django_assert_num_queries(3):  # session, user, selection
        select(client, "csv", *predictions)


# Title, note, favourite


def test_title_and_note_are_edited_with_and_without_scripts(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)
    address = url("prediction-edit", prediction.pk)

    page = client.post(address, {"title": "Above the sofa", "note": "From Orléans"})
    fragment = client.post(address, {"title": "Over the bed", "note": ""}, headers=HTMX)

    prediction.refresh_from_db()
    assert page.url == prediction.get_absolute_url()
    assert "Over the bed" in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    assert (prediction.title, prediction.note, prediction.search_text) == ("Over the bed", "", "over the bed")


def test_a_note_too_long_gets_a_sentence_with_and_without_scripts(client):
    prediction = make_prediction(title="Kept")
    client.force_login(prediction.owner)
    data = {"title": "New", "note": "x" * 2001}

    page = client.post(url("prediction-edit", prediction.pk), data)
    fragment = client.post(url("prediction-edit", prediction.pk), data, headers=HTMX)

    prediction.refresh_from_db()
    assert (page.status_code, fragment.status_code) == (422, 200)
    assert "at most 2000 characters" in page.content.decode()
    assert "at most 2000 characters" in fragment.content.decode()
    assert prediction.title == "Kept"


def test_editing_does_not_undo_what_the_worker_writes_meanwhile(client):
    seen_before = make_prediction()
    form = AboutForm({"title": "New", "note": ""}, instance=seen_before)
    Prediction.objects.claim(seen_before.pk)

    form.is_valid()
    form.save()

    assert Prediction.objects.get().status == "running"


def test_a_favourite_is_made_and_unmade(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)
    address = url("prediction-favourite", prediction.pk)

    on = client.post(address, {"is_favourite": "yes"}, headers=HTMX).content.decode()
    was_favourite = Prediction.objects.get().is_favourite
    off = client.post(address, {"is_favourite": "no", "next": "/predictions/?q=a"})

    assert was_favourite
    assert 'aria-pressed="true"' in on
    assert off.url == "/predictions/?q=a"
    assert not Prediction.objects.get().is_favourite


# Right or rather


def test_saying_that_it_is_right_or_rather_another_style(client):
    cubism, realism = make_style("Cubism", position=1), make_style("Realism", position=2)
    prediction = make_done_prediction(("Cubism", 0.7), ("Realism", 0.3))
    client.force_login(prediction.owner)
    address = url("prediction-feedback", prediction.pk)

    right = client.post(address, {"right": cubism.slug, "style": realism.slug}, headers=HTMX)
    prediction.refresh_from_db()
    said_right = prediction.is_said_right
    rather = client.post(address, {"style": realism.slug, "shows_picture": "on"}, follow=True)
    prediction.refresh_from_db()

    assert said_right
    assert "You said this is right." in right.content.decode()
    assert "You said it is rather Realism." in rather.content.decode()
    assert LabelSuggestion.objects.get().picture
    assert prediction.feedback_shows_picture


def test_what_one_said_can_be_taken_back(client):
    prediction = make_done_prediction()
    prediction.give_feedback(make_style())
    client.force_login(prediction.owner)

    client.post(url("prediction-withdraw-feedback", prediction.pk))

    assert not LabelSuggestion.objects.exists()
    assert Prediction.objects.get().feedback_style is None


def test_saying_nothing_gets_a_sentence(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)

    page = client.post(url("prediction-feedback", prediction.pk), {"style": ""})

    assert page.status_code == 422
    assert "Choose the style that it is." in page.content.decode()


def test_a_style_beside_the_18_cannot_be_said(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)

    page = client.post(url("prediction-feedback", prediction.pk), {"style": make_style().slug}, headers=HTMX)

    assert "Choose one of the 18 styles." in page.content.decode()
    assert not LabelSuggestion.objects.exists()


# The trash


def test_the_trash_shows_what_is_left_and_brings_back(client):
    prediction = make_done_prediction(title="Guitar")
    client.force_login(prediction.owner)
    prediction.trash()

    page = client.get(url("trash")).content.decode()
    client.post(url("prediction-restore", prediction.pk))

    assert "Guitar" in page
    assert "30 days left" in page
    assert list(client.get(HISTORY).context["page"]) == [prediction]


def test_deleting_now_needs_the_trash_first(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)
    address = url("prediction-erase", prediction.pk)

    alive = client.post(address).status_code
    prediction.trash()
    client.post(address)

    assert alive == 404
    assert not Prediction.objects.exists()


def test_what_is_gone_for_good_is_not_brought_back(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)
    prediction.trash()
    Prediction.objects.expire()

    answer = client.post(url("prediction-restore", prediction.pk))

    assert answer.status_code == 404
    assert Prediction.objects.expired().get() == prediction


def test_emptying_the_trash_leaves_the_rest_and_the_others_alone(client):
    user = make_user()
    kept = make_prediction(owner=user)
    for seed in range(2):
        make_prediction(pictures.small_painting(seed), owner=user).trash()
    theirs = make_prediction()
    theirs.trash()
    client.force_login(user)

    client.post(url("trash-empty"))

    assert set(Prediction.objects.all()) == {kept, theirs}


def test_a_large_trash_is_gone_at_once_and_erased_by_the_worker(client, monkeypatch):
    monkeypatch.setattr(views, "ERASED_AT_ONCE", 2)
    user = make_user()
    make_history(5, owner=user)
    Prediction.objects.all().trash()
    client.force_login(user)

    client.post(url("trash-empty"))
    left = Prediction.objects.count()
    seen = client.get(url("trash")).context["count"]
    erase_trash()

    assert (left, seen) == (3, 0)
    assert not Prediction.objects.exists()


def test_pages_of_the_trash_go_by_when_it_was_deleted():
    predictions = make_history(9)
    for prediction in predictions:
        prediction.trash()

    forwards, _ = walk(Prediction.objects.all(), BY_TRASHING, size=4)

    assert forwards == [prediction.pk for prediction in reversed(predictions)]


# Asking again


def test_a_newer_model_answers_beside_the_old_one(client, models_dir, tmp_path):
    make_house_styles()
    older = make_done_prediction(("Cubism", 0.7), ("Realism", 0.3), picture=small_painting())
    client.force_login(older.owner)
    offered_before = "Ask again" in client.get(older.get_absolute_url()).content.decode()
    call_command("activate_model", str(make_model(tmp_path / "trained", "another-2")), "--processes", "1")

    offered = "Ask again" in client.get(older.get_absolute_url()).content.decode()
    response = client.post(url("prediction-ask-again", older.pk))
    newer = older.asked_again.get()
    classify(str(newer.pk))
    beside = client.get(newer.get_absolute_url()).content.decode()

    assert (offered_before, offered) == (False, True)
    assert response.url == newer.get_absolute_url()
    assert "Asked more than once" in beside
    assert older.verdict in beside
    assert older.model_version in beside
    assert "another-2" in beside


def test_asking_again_without_a_newer_model_changes_nothing(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)

    response = client.post(url("prediction-ask-again", prediction.pk))

    assert response.url == prediction.get_absolute_url()
    assert Prediction.objects.count() == 1


# What pages promise


def test_every_page_of_the_history_is_well_made(client):
    user = make_user()
    make_style("Cubism", position=1)
    prediction = make_done_prediction(("Cubism", 1.0), owner=user, title="Guitar")
    older = make_done_prediction(("Cubism", 1.0), owner=user, picture=pictures.small_painting(2))
    Prediction.objects.filter(pk=prediction.pk).update(asked_again_from=older)
    make_prediction(pictures.small_painting(3), owner=user).trash()
    share = prediction.share_with(7)
    client.force_login(user)
    addresses = [HISTORY, url("trash"), url("my-styles"), prediction.get_absolute_url()]

    for address in [*addresses, share.get_absolute_url()]:
        check(read(client.get(address)))


# Whose it is


@pytest.mark.parametrize(
    "name",
    [
        "edit", "favourite", "feedback", "withdraw-feedback", "share", "unshare", "delete", "restore",
        "erase", "retry", "ask-again",
    ],
)  # fmt: skip
def test_a_stranger_changes_nothing(client, name):
    prediction = make_done_prediction()
    client.force_login(make_user())

    assert client.post(url(f"prediction-{name}", prediction.pk)).status_code == 404


@pytest.mark.parametrize(("language", "number"), [("en", "1,000"), ("de", "1.000")])
def test_large_numbers_are_written_as_the_language_does(client, language, number):
    user = make_user()
    client.force_login(user)
    make_history(1000, owner=user)

    def shown(name: str) -> str:
        return client.get(url(name), headers={"Accept-Language": language}).content.decode()

    assert f"{number} " in shown("prediction-list")
    Prediction.objects.update(trashed_at=timezone.now())
    assert shown("trash").count(f"{number} ") >= 2

"""Suggestions of labels: kept, replaced, withdrawn; found by the model; decided by curators."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from gallery import changes, embeddings, labels, tasks
from gallery.curators import curators
from gallery.models import Artwork, Change, LabelSuggestion, Opinion
from ml import inference
from tests.factories import make_artwork, make_house_styles, make_style, make_user, small_painting

pytestmark = pytest.mark.django_db


def kept_pictures(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT, "suggestions").rglob("*") if path.is_file()]


def test_a_second_suggestion_of_the_same_key_replaces_the_first():
    cubism, realism = make_style("Cubism"), make_style("Realism")
    labels.suggest(source_key="one", proposed=cubism, confidence=0.9)

    labels.suggest(source_key="one", proposed=realism, predicted=cubism, confidence=0.4)

    (suggestion,) = LabelSuggestion.objects.all()
    assert (suggestion.proposed, suggestion.predicted, suggestion.confidence) == (realism, cubism, 0.4)


def test_a_new_picture_takes_the_place_of_the_old_one(settings, django_capture_on_commit_callbacks):
    style = make_style()
    with django_capture_on_commit_callbacks(execute=True):
        labels.suggest(source_key="one", proposed=style, picture=b"first")

    with django_capture_on_commit_callbacks(execute=True):
        suggestion = labels.suggest(source_key="one", proposed=style, picture=b"second")

    (kept,) = kept_pictures(settings)
    assert kept == Path(suggestion.picture.path)
    assert kept.read_bytes() == b"second"


def test_a_picture_goes_when_it_is_no_longer_allowed(settings, django_capture_on_commit_callbacks):
    style = make_style()
    labels.suggest(source_key="one", proposed=style, picture=small_painting())
    LabelSuggestion.objects.update(status="accepted", decided_at="2026-01-01T00:00Z")

    with django_capture_on_commit_callbacks(execute=True):
        suggestion = labels.suggest(source_key="one", proposed=make_style())

    assert kept_pictures(settings) == []
    assert not suggestion.picture
    assert (suggestion.status, suggestion.proposed) == ("accepted", style)


def test_withdrawing_forgets_the_suggestion_and_its_picture(settings, django_capture_on_commit_callbacks):
    labels.suggest(source_key="one", proposed=make_style(), picture=small_painting())
    labels.suggest(source_key="two", proposed=make_style())

    with django_capture_on_commit_callbacks(execute=True):
        labels.withdraw("one")
        labels.withdraw("never made")

    assert list(LabelSuggestion.objects.values_list("source_key", flat=True)) == ["two"]
    assert kept_pictures(settings) == []


def test_nothing_is_kept_of_a_suggestion_that_cannot_be_saved(settings):
    with pytest.raises(Exception, match="suggestion_confidence_0_to_1"):
        labels.suggest(source_key="one", proposed=make_style(), confidence=7, picture=small_painting())

    assert kept_pictures(settings) == []


def test_what_nobody_can_look_at_does_not_wait_for_a_curator():
    style = make_style()
    labels.suggest(source_key="model:1", proposed=style, artwork=make_artwork(), confidence=0.99)
    labels.suggest(source_key="shown", proposed=style, confidence=0.5, picture=small_painting())
    labels.suggest(source_key="private", proposed=style, confidence=0.5)

    waiting = LabelSuggestion.objects.to_review()

    assert [suggestion.source_key for suggestion in waiting] == ["shown", "model:1"]


# What the model doubts


@pytest.fixture
def house():
    """The styles that the model knows, by name."""
    return {style.name: style for style in make_house_styles()}


def make_doubted(
    house, *, says="Cubism", catalogue="Realism", certainty="sure", version="", **fields
) -> Artwork:
    """A work that the model has an opinion of."""
    work = make_artwork(style=house[catalogue], **fields)
    work.opinions.create(
        model_version=version or inference.model_version(), label=says, probability=0.93, certainty=certainty
    )
    return work


def test_a_confident_contradiction_is_put_into_the_queue(house):
    work = make_doubted(house)

    labels.find_doubts(10)

    (suggestion,) = LabelSuggestion.objects.to_review()
    assert (suggestion.artwork, suggestion.proposed, suggestion.confidence) == (work, house["Cubism"], 0.93)
    assert suggestion.is_by_model


@pytest.mark.parametrize(
    "fields",
    [
        {"says": "Realism"},
        {"certainty": "likely"},
        {"certainty": "not_a_painting"},
        {"version": "an older one"},
        {"rights": "generated"},
        {"is_published": False},
        {"curated_fields": ["style"]},
    ],
)
def test_what_is_no_doubt_stays_out_of_the_queue(house, fields):
    make_doubted(house, **fields)

    assert labels.find_doubts(10) == 0


def test_a_style_that_the_model_has_not_learned_is_not_doubted(house):
    house["Fauvism"] = make_style("Fauvism")
    make_doubted(house, catalogue="Fauvism")

    assert labels.find_doubts(10) == 0


def test_doubts_come_in_portions_and_none_twice(house):
    for _ in range(3):
        make_doubted(house)

    assert [labels.find_doubts(2), labels.find_doubts(2), labels.find_doubts(2)] == [2, 1, 0]


def test_a_doubt_that_is_gone_leaves_the_queue(house):
    work = make_doubted(house)
    labels.find_doubts(10)

    Artwork.objects.filter(pk=work.pk).update(style=house["Cubism"])
    labels.find_doubts(10)

    assert not LabelSuggestion.objects.exists()


def test_what_was_rejected_is_not_asked_again(house):
    work = make_doubted(house)
    labels.find_doubts(10)
    labels.reject(LabelSuggestion.objects.get(), user=make_user())
    Opinion.objects.update(probability=0.99)

    assert labels.find_doubts(10) == 0
    assert LabelSuggestion.objects.get().artwork == work


def test_the_opinion_is_kept_with_a_new_picture_and_made_up_for_old_ones():
    work = make_artwork(picture=small_painting())
    expected = next(iter(inference.classify(small_painting()).probabilities.items()))
    kept = work.opinions.get()
    Opinion.objects.all().delete()

    tasks.find_doubts()

    caught_up = work.opinions.get()
    assert (kept.label, kept.probability) == pytest.approx(expected)
    assert (caught_up.label, caught_up.probability, caught_up.certainty) == (
        kept.label, kept.probability, kept.certainty,
    )  # fmt: skip
    assert list(embeddings.look_again()) == []


def test_the_opinions_of_a_model_that_nobody_needs_any_more_go_with_its_embeddings():
    make_artwork(picture=small_painting())

    embeddings.forget(inference.model_version())

    assert not Opinion.objects.exists()


# What curators decide


def test_an_accepted_label_becomes_the_works_style_and_is_in_the_log(house):
    work = make_doubted(house)
    labels.find_doubts(10)
    user = make_user()

    labels.accept(LabelSuggestion.objects.get(), house["Cubism"], user=user)

    work.refresh_from_db()
    suggestion = LabelSuggestion.objects.get()
    assert (work.style, work.curated_fields) == (house["Cubism"], ["style"])
    assert (suggestion.status, suggestion.style_before) == ("accepted", house["Realism"])
    (change,) = Change.objects.of(work)
    assert (change.user, change.kind) == (user, "review")


def make_accepted(house):
    """A work that was doubted and has its other style now, the suggestion, and who accepted it."""
    work, user = make_doubted(house), make_user()
    labels.find_doubts(10)
    suggestion = LabelSuggestion.objects.get()
    labels.accept(suggestion, house["Cubism"], user=user)
    suggestion.refresh_from_db()
    return work, suggestion, user


def test_a_decision_is_taken_back(house):
    work, suggestion, user = make_accepted(house)

    labels.undo(suggestion, user=user)

    work.refresh_from_db()
    assert (work.style, work.curated_fields) == (house["Realism"], [])
    assert LabelSuggestion.objects.to_review().get() == suggestion


def test_a_decision_that_was_undone_in_the_log_is_opened_again(house):
    work, suggestion, user = make_accepted(house)
    changes.undo_batch(suggestion.batch, user=user)

    labels.undo(suggestion, user=user)

    work.refresh_from_db()
    assert work.style == house["Realism"]
    assert LabelSuggestion.objects.to_review().get() == suggestion


def test_a_decision_cannot_be_taken_back_once_the_work_was_changed_again(house):
    work, suggestion, user = make_accepted(house)
    work.refresh_from_db()
    with changes.recorded(work, user=user):
        work.style = house["Baroque"]
        work.save()

    with pytest.raises(changes.CannotUndo):
        labels.undo(suggestion, user=user)


def test_two_curators_do_not_decide_twice(house):
    make_doubted(house)
    labels.find_doubts(10)
    suggestion = LabelSuggestion.objects.get()
    labels.reject(suggestion, user=make_user())

    with pytest.raises(labels.CannotDecide, match="Somebody else"):
        labels.accept(suggestion, house["Cubism"], user=make_user())


def test_what_is_skipped_comes_last():
    style = make_style()
    for key in ("first", "second"):
        labels.suggest(source_key=key, proposed=style, picture=small_painting())

    labels.skip(LabelSuggestion.objects.to_review().first())

    assert [one.source_key for one in LabelSuggestion.objects.to_review()] == ["second", "first"]


# The room


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    return client


ROOM = "admin:gallery_labelsuggestion_changelist"


def decide(client, suggestion, decision, **fields):
    address = reverse("admin:gallery_labelsuggestion_decide", args=[suggestion.pk])
    return client.post(address, {"decision": decision, **fields}, follow=True)


def test_the_room_shows_the_next_label_with_what_to_look_for(curator, house):
    house["Cubism"].look_for = ["Several views at once"]
    house["Cubism"].save()
    make_doubted(house, title="Guitar")
    labels.find_doubts(10)

    page = curator.get(reverse(ROOM)).content.decode()

    assert "Guitar" in page
    assert "Several views at once" in page
    assert "quite sure, 93 of 100" in page


def test_an_empty_room_says_so(curator):
    assert "All labels are reviewed" in curator.get(reverse(ROOM)).content.decode()


@pytest.mark.parametrize(
    ("decision", "style"), [("accept", "Cubism"), ("other", "Baroque"), ("reject", "Realism")]
)
def test_a_decision_in_the_room_sets_the_style(curator, house, decision, style):
    work = make_doubted(house)
    labels.find_doubts(10)

    page = decide(curator, LabelSuggestion.objects.get(), decision, style=house["Baroque"].pk)

    work.refresh_from_db()
    assert work.style == house[style]
    assert "Last decision" in page.content.decode()


def test_another_style_has_to_be_chosen(curator, house):
    make_doubted(house)
    labels.find_doubts(10)

    page = decide(curator, LabelSuggestion.objects.get(), "other").content.decode()

    assert "Choose the style it is" in page
    assert LabelSuggestion.objects.get().is_open


def test_undo_brings_the_suggestion_back_to_the_room(curator, house):
    make_doubted(house, title="Guitar")
    labels.find_doubts(10)
    suggestion = LabelSuggestion.objects.get()
    decide(curator, suggestion, "accept")

    address = reverse("admin:gallery_labelsuggestion_undo", args=[suggestion.pk])
    page = curator.post(address, follow=True).content.decode()

    assert "Guitar" in page
    assert "1 to review" in page


def test_what_was_decided_is_listed(curator, house):
    make_doubted(house, title="Guitar")
    labels.find_doubts(10)
    decide(curator, LabelSuggestion.objects.get(), "accept")

    page = curator.get(reverse("admin:gallery_labelsuggestion_decided")).content.decode()

    assert "Guitar" in page
    assert "no longer Realism" in page


def test_a_visitors_picture_is_shown_to_curators_only(curator, client):
    suggestion = labels.suggest(source_key="one", proposed=make_style(), picture=small_painting())
    address = reverse("admin:gallery_labelsuggestion_picture", args=[suggestion.pk])

    shown = curator.get(address)
    client.force_login(make_user())

    assert b"".join(shown.streaming_content) == small_painting()
    assert "no-store" in shown.headers["Cache-Control"]
    assert client.get(address).status_code == 302


def test_whoever_may_only_look_cannot_decide(client, house):
    make_doubted(house)
    labels.find_doubts(10)
    viewer = make_user(is_staff=True)
    viewer.user_permissions.add(*permissions("view_artwork"))
    client.force_login(viewer)

    page = client.get(reverse(ROOM)).content.decode()
    answer = decide(client, LabelSuggestion.objects.get(), "accept")

    assert "It is Cubism" not in page
    assert answer.status_code == 403
    assert LabelSuggestion.objects.get().is_open


def permissions(*codenames):
    return Permission.objects.filter(codename__in=codenames, content_type__app_label="gallery")


def test_the_room_asks_few_questions_however_long_the_queue(curator, house, django_assert_max_num_queries):
    for _ in range(8):
        make_doubted(house)
    labels.find_doubts(10)

    with django_assert_max_num_queries(12):
        curator.get(reverse(ROOM))

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import IntegrityError
from django.db.models.signals import post_delete
from django.utils import timezone

from classifier.models import NoAnswerYet, NotShareable, Prediction, Sender, ShareLink, Upload
from gallery.models import Artwork, LabelSuggestion
from ml import inference
from tests import pictures
from tests.factories import (
    make_answer,
    make_artwork,
    make_done_prediction,
    make_model,
    make_prediction,
    make_style,
    make_user,
    small_painting,
    stranger,
)

pytestmark = pytest.mark.django_db

FACTS = inference.PictureFacts("JPEG", 480, 360)


def lose_lease(prediction):
    Prediction.objects.filter(pk=prediction.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_only_one_worker_gets_the_claim():
    prediction = make_prediction()

    first, second = Prediction.objects.claim(prediction.pk), Prediction.objects.claim(prediction.pk)

    assert first.attempt == 1
    assert second is None


def test_a_finished_prediction_cannot_be_claimed():
    prediction = make_done_prediction()

    assert Prediction.objects.claim(prediction.pk) is None


def test_the_answer_is_stored_highest_first_with_its_style():
    impressionism = make_style("Impressionism")

    prediction = make_done_prediction(("Impressionism", 0.7), ("Realism", 0.3))

    assert prediction.status == "done"
    assert prediction.style == impressionism
    assert prediction.confidence == 0.7
    assert prediction.probabilities == [["Impressionism", 0.7], ["Realism", 0.3]]
    assert prediction.finished_at is not None


def test_a_late_attempt_does_not_overwrite_the_answer_of_a_newer_one():
    late = Prediction.objects.claim(make_prediction().pk)
    lose_lease(late)
    Prediction.objects.sweep()
    newer = Prediction.objects.claim(late.pk)
    newer.record(make_answer(("Cubism", 0.9), ("Realism", 0.1)))

    was_stored = late.record(make_answer(("Baroque", 0.9), ("Realism", 0.1)))

    newer.refresh_from_db()
    assert not was_stored
    assert newer.probabilities[0][0] == "Cubism"


def test_the_sweep_sends_a_lost_lease_again():
    prediction = Prediction.objects.claim(make_prediction().pk)
    lose_lease(prediction)

    to_send = Prediction.objects.sweep()

    prediction.refresh_from_db()
    assert to_send == [prediction.pk]
    assert prediction.status == "queued"


def test_the_sweep_sends_what_waits_too_long_but_not_what_just_came():
    waiting = make_prediction(sent_at=timezone.now() - timedelta(minutes=1))
    make_prediction()

    assert Prediction.objects.sweep() == [waiting.pk]
    assert Prediction.objects.sweep() == []


def test_a_live_lease_is_left_alone():
    prediction = Prediction.objects.claim(make_prediction().pk)

    assert Prediction.objects.sweep() == []
    prediction.refresh_from_db()
    assert prediction.status == "running"


def test_the_third_lost_attempt_is_the_last():
    prediction = make_prediction()
    for _ in range(3):
        lose_lease(Prediction.objects.claim(prediction.pk))
        Prediction.objects.sweep()

    prediction.refresh_from_db()
    assert (prediction.status, prediction.error_code) == ("failed", "gave_up")
    assert "try again" in prediction.failure


def test_a_failed_prediction_can_be_queued_again():
    prediction = Prediction.objects.claim(make_prediction().pk)
    prediction.mark_failed("gave_up")

    assert prediction.queue_again()
    prediction.refresh_from_db()
    assert (prediction.status, prediction.attempt, prediction.error_code) == ("queued", 0, "")


def test_a_done_prediction_is_not_queued_again():
    assert not make_done_prediction().queue_again()


def test_the_same_bytes_from_the_same_person_are_one_prediction():
    user = make_user()
    upload = Upload(small_painting(), FACTS)

    first, first_is_new = Prediction.objects.submit(upload, Sender(user=user))
    second, second_is_new = Prediction.objects.submit(upload, Sender(user=user))

    assert first == second
    assert (first_is_new, second_is_new) == (True, False)
    assert Prediction.objects.count() == 1


def test_the_same_bytes_from_two_people_are_two_predictions():
    upload = Upload(small_painting(), FACTS)

    mine, _ = Prediction.objects.submit(upload, Sender(user=make_user()))
    theirs, _ = Prediction.objects.submit(upload, stranger())

    assert mine != theirs


def test_sending_a_failed_picture_again_is_another_try():
    user = make_user()
    prediction = Prediction.objects.claim(make_prediction(owner=user).pk)
    prediction.mark_failed("gave_up")

    again, is_waiting = Prediction.objects.submit(Upload(small_painting(), FACTS), Sender(user=user))

    assert again == prediction
    assert is_waiting
    assert (again.status, again.error_code, again.finished_at) == (Prediction.Status.QUEUED, "", None)


def test_sending_a_trashed_picture_again_takes_it_out_of_the_trash():
    user = make_user()
    prediction = make_done_prediction(owner=user)
    prediction.trash()

    again, is_waiting = Prediction.objects.submit(Upload(small_painting(), FACTS), Sender(user=user))

    assert again == prediction
    assert again.trashed_at is None
    assert not is_waiting


def test_a_visitor_sees_what_they_sent_and_nothing_else():
    visitor = uuid4()
    own = make_prediction(visitor=visitor)
    make_prediction()

    assert list(Prediction.objects.visible_to(Sender(visitor=visitor))) == [own]
    assert not Prediction.objects.visible_to(Sender()).exists()


def test_a_visitors_pictures_move_into_the_account():
    visitor, user = uuid4(), make_user()
    make_prediction(visitor=visitor)

    assert Prediction.objects.adopt(visitor, user) == 1
    assert Prediction.objects.visible_to(Sender(user=user)).count() == 1


def test_a_picture_that_the_account_has_already_goes_instead_of_moving(
    django_capture_on_commit_callbacks, settings
):
    visitor, user = uuid4(), make_user()
    own = make_prediction(owner=user)
    make_prediction(visitor=visitor)

    with django_capture_on_commit_callbacks(execute=True):
        moved = Prediction.objects.adopt(visitor, user)

    assert moved == 0
    assert Prediction.objects.get() == own
    assert everything_under(settings.MEDIA_ROOT) == [Path(own.original.path)]


def everything_under(folder) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def make_shared_and_judged_prediction(**fields):
    prediction = make_done_prediction(**fields)
    prediction.preview()
    prediction.share_with(None)
    prediction.give_feedback(make_style(), shows_picture=True)
    return prediction


def test_erasing_removes_rows_links_suggestions_and_files(django_capture_on_commit_callbacks, settings):
    prediction = make_shared_and_judged_prediction()
    files_before = len(everything_under(settings.MEDIA_ROOT))

    with django_capture_on_commit_callbacks(execute=True):
        prediction.erase()

    assert files_before == 4  # original, preview, thumbnail, and the curators' copy
    assert everything_under(settings.MEDIA_ROOT) == []
    assert not Prediction.objects.exists()
    assert not ShareLink.objects.exists()
    assert not LabelSuggestion.objects.exists()


def test_deleting_a_person_removes_all_that_was_theirs(django_capture_on_commit_callbacks, settings):
    prediction = make_shared_and_judged_prediction()

    with django_capture_on_commit_callbacks(execute=True):
        prediction.owner.delete()

    assert everything_under(settings.MEDIA_ROOT) == []
    assert not LabelSuggestion.objects.exists()


def test_what_is_in_the_trash_is_no_suggestion_until_it_is_back():
    prediction = make_done_prediction()
    prediction.give_feedback(make_style("Baroque"))

    prediction.trash()
    in_trash = LabelSuggestion.objects.exists()
    prediction.restore()

    assert not in_trash
    assert LabelSuggestion.objects.get().source_key == f"prediction:{prediction.pk}"


def test_curators_get_the_picture_only_when_the_sender_says_so():
    prediction = make_done_prediction()

    prediction.give_feedback(make_style("Baroque"))
    without = LabelSuggestion.objects.get().picture
    prediction.give_feedback(make_style("Realism"), shows_picture=True)
    suggestion = LabelSuggestion.objects.get()

    assert not without
    assert suggestion.picture.read() == prediction.thumbnail().read_bytes()
    assert (suggestion.proposed.name, suggestion.confidence) == ("Realism", prediction.confidence)


def test_what_a_visitor_says_is_a_suggestion_and_changes_no_work():
    make_artwork(style=make_style("Realism"), picture=small_painting())
    before, prediction = list(Artwork.objects.values()), make_done_prediction()

    prediction.give_feedback(make_style("Baroque"), shows_picture=True)

    assert LabelSuggestion.objects.to_review().get().source_key == f"prediction:{prediction.pk}"
    assert list(Artwork.objects.values()) == before


def test_nothing_can_be_said_of_an_answer_that_is_not_there():
    with pytest.raises(NoAnswerYet):
        make_prediction().give_feedback(make_style())


def test_several_come_back_together():
    user = make_user()
    for seed in range(3):
        make_prediction(pictures.small_painting(seed), owner=user)
    mine = Prediction.objects.filter(owner=user)

    moment = mine.trash()
    restored = Prediction.objects.in_trash_of(user).filter(trashed_at=moment).restore()

    assert restored == 3
    assert mine.alive().count() == 3


def test_what_expired_cannot_be_brought_back():
    prediction = make_prediction()
    prediction.trash()

    assert Prediction.objects.expire() == 1
    assert not Prediction.objects.in_trash_of(prediction.owner).exists()
    assert Prediction.objects.expired().exists()


def test_what_is_sent_again_while_the_trash_is_erased_stays():
    user, data = make_user(), small_painting()
    again, _ = Prediction.objects.submit(Upload(data, FACTS), Sender(user=user))
    erased_first = make_prediction(pictures.small_painting(2), owner=user)
    Prediction.objects.filter(owner=user).trash()
    Prediction.objects.expire()

    def send_again(**kwargs):
        Prediction.objects.submit(Upload(data, FACTS), Sender(user=user))

    post_delete.connect(send_again, sender=Prediction)
    try:
        erased = Prediction.objects.expired().order_by("-created_at").erase()
    finally:
        post_delete.disconnect(send_again, sender=Prediction)

    assert erased == 1
    assert Prediction.objects.alive().get() == again
    assert not Prediction.objects.filter(pk=erased_first.pk).exists()


def test_a_newer_model_can_be_asked_again_and_both_answers_stay(models_dir, tmp_path):
    older = make_done_prediction(("Cubism", 0.7), ("Realism", 0.3), title="Guitar")
    could_before = older.can_ask_again
    call_command("activate_model", str(make_model(tmp_path / "trained", "another-2")), "--processes", "1")

    newer, is_waiting = older.ask_again()
    same, _ = older.ask_again()

    assert (could_before, older.can_ask_again) == (False, True)
    assert is_waiting
    assert same == newer != older
    assert (newer.asked_again_from, newer.title, newer.asked_model) == (older, "Guitar", "another-2")
    assert newer.read_bytes() == older.read_bytes()
    older.refresh_from_db()
    assert older.probabilities[0] == ["Cubism", 0.7]


def test_the_original_lies_under_its_uuid_without_the_senders_name():
    prediction = make_prediction()

    assert prediction.original.name == f"originals/{prediction.pk.hex[:2]}/{prediction.pk}"


def test_what_is_shown_carries_no_metadata():
    prediction = make_prediction(pictures.rotated_photo())

    served = prediction.preview().read_bytes()

    assert b"Exif" in pictures.rotated_photo()
    assert b"Exif" not in served
    assert b"http://ns.adobe.com" not in served


def test_a_probability_above_one_is_refused_by_the_database():
    prediction = make_done_prediction()

    with pytest.raises(IntegrityError):
        Prediction.objects.filter(pk=prediction.pk).update(confidence=1.2)


def test_done_without_an_answer_is_refused_by_the_database():
    prediction = make_prediction()

    with pytest.raises(IntegrityError):
        Prediction.objects.filter(pk=prediction.pk).update(status="done")


@pytest.mark.parametrize(
    ("certainty", "sentence"),
    [
        ("sure", "This is Cubism, quite sure."),
        ("likely", "Probably Cubism."),
        ("unsure", "Between Cubism and Realism."),
        ("not_a_painting", "This does not look like a painting. The closest would be Cubism."),
    ],
)
def test_the_verdict_admits_its_doubt(certainty, sentence):
    prediction = make_done_prediction(("Cubism", 0.6), ("Realism", 0.4), certainty=certainty)

    assert prediction.verdict == sentence


def test_the_bars_name_every_style_of_the_model_with_words_for_tiny_numbers():
    make_style("Cubism", position=1)
    prediction = make_done_prediction(("Cubism", 0.996), ("Realism", 0.004))

    bars = prediction.bars()

    assert [(bar.name, bar.percent) for bar in bars] == [("Cubism", "100 %"), ("Realism", "under 1 %")]
    assert bars[0].style.slug
    assert bars[1].style is None


def test_the_number_before_mine_counts_only_unfinished_earlier_ones():
    make_done_prediction()
    make_prediction()
    mine = make_prediction()
    make_prediction()

    assert mine.count_before() == 1


def test_one_sees_what_is_not_in_the_trash_and_may_bring_back_what_is():
    user = make_user()
    kept, trashed = make_prediction(owner=user), make_prediction(pictures.small_painting(2), owner=user)
    make_prediction()
    trashed.trash()

    assert list(Prediction.objects.visible_to(user)) == [kept]
    assert list(Prediction.objects.in_trash_of(user)) == [trashed]
    assert set(Prediction.objects.of(Sender(user=user))) == {kept, trashed}
    assert not Prediction.objects.of(AnonymousUser()).exists()


def test_search_finds_words_of_title_and_note_whatever_their_accents():
    prediction = make_prediction(title="Café Élysée")
    prediction.note = "From the fleamarket in Orléans, 50 % off"
    prediction.save(update_fields=["note"])

    def finds(text):
        return Prediction.objects.search(text).exists()

    assert [finds(text) for text in ["elysee orleans", "CAFE", "50 %"]] == [True] * 3
    assert [finds(text) for text in ["elysee paris", "_"]] == [False] * 2


def test_what_the_sender_says_is_kept_and_can_be_taken_back():
    baroque = make_style("Baroque")
    prediction = make_done_prediction()

    prediction.give_feedback(baroque, shows_picture=True)
    prediction.refresh_from_db()
    kept = (prediction.feedback_style, prediction.feedback_shows_picture, prediction.feedback_at is not None)
    prediction.withdraw_feedback()
    prediction.refresh_from_db()

    assert kept == (baroque, True, True)
    assert prediction.feedback_style is prediction.feedback_at is None
    assert not prediction.feedback_shows_picture


def test_sharing_again_moves_the_end_and_keeps_the_address():
    prediction = make_done_prediction()

    first = prediction.share_with(7)
    second = prediction.share_with(None)

    assert (first.token, first.pk) == (second.token, second.pk)
    assert second.expires_at is None
    assert len(first.token) == 32


def test_a_page_that_has_ended_opens_under_a_new_address():
    prediction = make_done_prediction()
    ended = prediction.share_with(1)
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert not ShareLink.objects.open().exists()
    assert prediction.share_with(1).token != ended.token


def test_a_shared_page_closes_when_it_is_revoked_or_the_picture_goes_to_the_trash():
    revoked, trashed = make_done_prediction(), make_done_prediction()
    revoked.share_with(None)
    trashed.share_with(None)

    revoked.unshare()
    trashed.trash()

    assert not ShareLink.objects.open().exists()
    assert revoked.open_share is None


def test_what_has_no_answer_or_no_account_behind_it_cannot_be_shared():
    for prediction in [make_prediction(), make_done_prediction(visitor=uuid4())]:
        with pytest.raises(NotShareable):
            prediction.share_with(None)


def test_a_row_whose_file_is_gone_already_can_be_erased(django_capture_on_commit_callbacks):
    prediction = make_prediction()
    prediction.original.storage.delete(prediction.original.name)

    with django_capture_on_commit_callbacks(execute=True):
        prediction.erase()

    assert not Prediction.objects.exists()


def test_a_file_that_cannot_be_removed_does_not_keep_the_others(django_capture_on_commit_callbacks):
    stubborn, other = make_prediction(), make_prediction()
    original = Path(stubborn.original.path)
    original.unlink()
    (original / "something").mkdir(parents=True)  # no file, and no folder that can be removed

    with django_capture_on_commit_callbacks(execute=True):
        Prediction.objects.order_by("created_at").erase()

    assert not Prediction.objects.exists()
    assert not Path(other.original.path).exists()

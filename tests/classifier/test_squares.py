"""Each picture is decoded once: the door leaves for the worker what the model looks at."""

import os
import resource
import time

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from classifier import squares, tasks
from classifier.forms import PredictionForm
from classifier.models import Prediction, Sender
from ml import inference, preprocess
from tests import pictures
from tests.api.callers import Script
from tests.factories import make_model, make_prediction, make_user

pytestmark = pytest.mark.django_db
KINDS = {
    "jpeg": pictures.small_painting,
    "rotated": pictures.rotated_photo,
    "profiled": pictures.profiled_jpeg,
    "cmyk": pictures.cmyk_scan,
    "grey": pictures.grey_jpeg,
    "progressive": pictures.progressive_jpeg,
    "png": pictures.transparent_png,
    "palette": pictures.palette_png,
    "deep": pictures.sixteen_bit_png,
    "gif": pictures.animated_gif,
    "tiff": pictures.rotated_tiff,
    "webp": pictures.webp,
    "avif": pictures.avif,
}
CUT = {"crop": "40,30,300,200", "turns": "1"}


def sent(data: bytes | None = None, **fields) -> Prediction:
    """A picture that came in through the form, and waits."""
    form = PredictionForm(
        fields, {"image": SimpleUploadedFile("a", data or pictures.small_painting())},
        sender=Sender(user=make_user()),
    )  # fmt: skip
    assert form.is_valid(), form.errors
    prediction, _ = form.save()
    return prediction


def place_of(prediction: Prediction):
    return squares.folder() / str(prediction.pk)


def left() -> list[str]:
    return [path.name for path in squares.folder().glob("*")]


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """The kind of each decoder that Pillow starts; all of them work as ever."""
    started, get_decoder = [], Image._getdecoder

    def noting(mode, decoder_name, *args, **kwargs):
        started.append(decoder_name)
        return get_decoder(mode, decoder_name, *args, **kwargs)

    monkeypatch.setattr(Image, "_getdecoder", noting)
    return started


@pytest.mark.parametrize("fields", [{}, CUT], ids=["whole", "cut"])
def test_a_picture_is_decoded_once_until_it_has_its_answer(client, decoded, fields):
    client.force_login(make_user())
    file = SimpleUploadedFile("painting.jpg", pictures.small_painting(), "image/jpeg")
    client.post(reverse("classifier:prediction-create"), {"image": file, **fields})
    prediction = Prediction.objects.get()

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert prediction.status == "done"
    assert decoded == ["jpeg"]


def test_a_picture_of_the_api_is_decoded_once_too(decoded):
    script = Script()
    prediction = script.upload(pictures.small_painting(3)).json()["id"]

    tasks.classify(prediction)

    assert script.get(f"/predictions/{prediction}/").json()["status"] == "done"
    assert decoded == ["jpeg"]


@pytest.mark.parametrize("name", KINDS)
def test_the_answer_is_to_the_bit_what_the_original_gives(name):
    data = KINDS[name]()
    prediction = sent(data)

    answer, expected = prediction.ask_model(), inference.classify(data)

    assert place_of(prediction).exists()
    assert answer.probabilities == expected.probabilities
    assert (answer.embedding == expected.embedding).all()
    assert (answer.maps == expected.maps).all()


def test_a_cut_answer_is_to_the_bit_what_the_original_gives():
    prediction = sent(**CUT)

    answer = prediction.ask_model()
    expected = inference.classify(pictures.small_painting(), cut=inference.Cut(40, 30, 300, 200, turns=1))

    assert place_of(prediction).exists()
    assert answer.probabilities == expected.probabilities


def test_nothing_is_left_once_the_answer_is_there():
    prediction = sent()

    tasks.classify(str(prediction.pk))

    assert left() == []


def test_nothing_is_left_of_a_failure():
    prediction = sent()
    prediction.original.storage.delete(prediction.original.name)

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert prediction.error_code == "missing_original"
    assert left() == []


def test_nothing_is_left_of_a_picture_that_is_erased_while_it_waits(django_capture_on_commit_callbacks):
    prediction = sent()
    assert left() == [str(prediction.pk)]

    with django_capture_on_commit_callbacks(execute=True):
        prediction.erase()

    assert left() == []


def test_nothing_is_left_of_an_account_that_goes(django_capture_on_commit_callbacks):
    prediction = sent()

    with django_capture_on_commit_callbacks(execute=True):
        prediction.owner.delete()

    assert left() == []


def test_nothing_is_left_of_a_row_that_could_not_be_saved(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no row")

    monkeypatch.setattr(Prediction, "save", fail)

    with pytest.raises(RuntimeError):
        sent()

    assert left() == []


def lose(prediction):
    place_of(prediction).unlink()


def cut_short(prediction):
    place_of(prediction).write_bytes(place_of(prediction).read_bytes()[:-1])


def take_that_of_another_cut(prediction):
    place_of(sent(**CUT)).replace(place_of(prediction))


def take_that_of_another_size(prediction):
    place_of(prediction).unlink()
    squares.keep(prediction.pk, prediction.edit, np.zeros((160, 160, 3), np.uint8))


@pytest.mark.parametrize(
    "spoil", [lose, cut_short, take_that_of_another_cut, take_that_of_another_size], ids=lambda f: f.__name__
)
def test_what_is_missing_or_does_not_fit_is_made_of_the_original(decoded, spoil):
    prediction = sent()
    expected = inference.classify(pictures.small_painting())
    spoil(prediction)
    decoded.clear()

    answer = prediction.ask_model()

    assert decoded == ["jpeg"]
    assert answer.probabilities == expected.probabilities


def test_a_model_that_came_meanwhile_is_asked_about_the_same_square(tmp_path, monkeypatch, decoded):
    prediction = sent()
    monkeypatch.setenv("STYLEART_MODEL", str(make_model(tmp_path / "another")))

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert (prediction.status, prediction.model_version) == ("done", "another-2")
    assert decoded == ["jpeg"]


def test_a_full_disk_costs_a_second_decoding_and_no_more(decoded, caplog):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (100_000, hard)
    )  # room for the original, but not for its square
    try:
        prediction = sent()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert left() == []

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert prediction.status == "done"
    assert decoded == ["jpeg", "jpeg"]
    assert f"prediction {prediction.pk} is decoded twice" in caplog.text


def test_a_picture_sent_again_leaves_nothing():
    prediction = sent()
    tasks.classify(str(prediction.pk))
    form = PredictionForm(
        {}, {"image": SimpleUploadedFile("a", pictures.small_painting())},
        sender=Sender(user=prediction.owner),
    )  # fmt: skip

    assert form.is_valid()
    assert form.save() == (prediction, False)

    assert left() == []


def test_what_nobody_took_goes_after_an_hour():
    young, old = sent(), sent()
    half = squares.folder() / ".half"
    half.write_bytes(b"square")
    for path in (place_of(old), half):
        os.utime(path, (time.time() - squares.KEEP_S - 1,) * 2)

    tasks.drop_old_squares()

    assert left() == [str(young.pk)]


def test_what_would_need_much_more_memory_is_left_to_the_worker():
    prediction = sent(pictures.transparent_giant())

    assert left() == []
    assert prediction.status == "queued"


def test_a_large_picture_that_is_flat_costs_the_door_no_second_copy():
    data = pictures.big_jpeg(24)

    made = preprocess.checked_square(data)

    assert (made == preprocess.square(data)).all()


@pytest.mark.parametrize(
    ("make", "code"), [(pictures.cut_off_jpeg, "cut_off"), (pictures.letter, "not_a_picture")]
)
def test_a_broken_picture_is_named_before_a_crop_that_does_not_fit(make, code):
    form = PredictionForm(
        {"crop": "0,0,9000,9000"}, {"image": SimpleUploadedFile("a", make())},
        sender=Sender(user=make_user()),
    )  # fmt: skip

    assert {field: errors[0].code for field, errors in form.errors.as_data().items()} == {"image": code}
    assert Prediction.objects.count() == 0


def test_a_broken_picture_and_a_crop_that_is_none_are_both_named():
    form = PredictionForm(
        {"crop": "all of it"}, {"image": SimpleUploadedFile("a", pictures.cut_off_jpeg())},
        sender=Sender(user=make_user()),
    )  # fmt: skip

    assert set(form.errors) == {"image", "crop"}


def test_rows_made_without_a_form_are_answered_as_ever(decoded):
    prediction = make_prediction()

    tasks.classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert prediction.status == "done"
    assert decoded == ["jpeg"]

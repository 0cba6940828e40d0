"""What counts of a picture: the original stays whole, the answer is about the cut."""

from uuid import uuid4

import numpy as np
import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from classifier.models import Prediction, Sender, Upload
from classifier.tasks import classify
from ml import inference
from tests import pictures
from tests.api.callers import Script, codes
from tests.factories import (
    make_done_prediction,
    make_house_styles,
    make_prediction,
    make_user,
    small_painting,
)

pytestmark = pytest.mark.django_db
FACTS = inference.PictureFacts("JPEG", 480, 360)
CUT = inference.Cut(40, 30, 300, 200, turns=1)


def sent(client, **fields):
    file = SimpleUploadedFile("painting.jpg", small_painting(), "image/jpeg")
    return client.post(reverse("classifier:prediction-create"), {"image": file, **fields})


@pytest.fixture
def cut_out(client):
    """A cut and turned prediction, sent by a page."""
    make_house_styles()
    client.force_login(make_user())
    sent(client, crop="40,30,300,200", turns="1")
    return Prediction.objects.get()


def test_the_original_is_kept_whole_and_the_answer_is_about_the_cut(cut_out):
    classify(str(cut_out.pk))
    cut_out.refresh_from_db()

    expected = inference.classify(small_painting(), cut=CUT)
    assert cut_out.read_bytes() == small_painting()
    assert (cut_out.cut, cut_out.width, cut_out.height) == (CUT, 200, 300)
    assert cut_out.confidence == pytest.approx(next(iter(expected.probabilities.values())), abs=1e-5)
    assert np.array(cut_out.embedding) == pytest.approx(expected.embedding, abs=1e-3)
    assert inference.inspect(cut_out.preview().read_bytes()) == inference.PictureFacts("JPEG", 200, 300)
    assert inference.inspect(cut_out.whole().read_bytes()) == FACTS


def test_the_same_bytes_cut_the_same_way_are_one_prediction(client, cut_out):
    again = sent(client, crop="40,30,300,200", turns="1")
    other = sent(client, crop="40,30,300,201", turns="1")
    whole = sent(client, crop="0,0,480,360", turns="0")
    plain = sent(client)

    assert again.url == cut_out.get_absolute_url()
    assert len({again.url, other.url, whole.url}) == 3
    assert plain.url == whole.url
    assert Prediction.objects.count() == 3


def test_the_database_holds_one_row_per_cut():
    one = make_prediction()
    upload = Upload(small_painting(), FACTS, cut=CUT)
    other, _ = Prediction.objects.submit(upload, Sender(user=one.owner))

    assert other != one
    with pytest.raises(IntegrityError), transaction.atomic():
        Prediction.objects.filter(pk=other.pk).update(edit="")
    with pytest.raises(IntegrityError), transaction.atomic():
        Prediction.objects.filter(pk=other.pk).update(edit="nonsense")


@pytest.mark.parametrize(
    ("crop", "turns"),
    [
        ("1,2,3", "0"),
        ("a,b,c,d", "0"),
        ("-1,0,100,100", "0"),
        ("400,0,100,100", "0"),
        ("0,0,20,20", "0"),
        ("", "4"),
    ],
)
def test_a_crop_that_is_none_is_refused_with_a_sentence(client, crop, turns):
    response = sent(client, crop=crop, turns=turns)

    assert response.status_code == 422
    assert 'class="errorlist' in response.content.decode()
    assert not Prediction.objects.exists()


def test_the_crop_page_asks_about_another_part_without_a_new_upload(client, cut_out):
    address = reverse("classifier:prediction-crop", args=[cut_out.pk])
    page = client.get(address)

    response = client.post(address, {"left": 0, "top": 50, "right": 0, "bottom": 0, "turns": 0})

    newer = Prediction.objects.exclude(pk=cut_out.pk).get()
    assert page.context["form"].initial["turns"] == 1
    assert response.url == newer.get_absolute_url()
    assert newer.cut == inference.Cut(0, 180, 480, 180)
    assert newer.read_bytes() == small_painting()
    assert list(newer.other_cuts()) == [cut_out]


def test_the_crop_page_opens_with_the_cut_as_it_is(client, cut_out):
    address = reverse("classifier:prediction-crop", args=[cut_out.pk])

    initial = client.get(address).context["form"].initial
    response = client.post(address, initial)

    assert response.url == cut_out.get_absolute_url()
    assert Prediction.objects.count() == 1


def test_a_crop_page_whose_original_is_gone_says_so(client, cut_out):
    cut_out.original.storage.delete(cut_out.original.name)

    response = client.get(reverse("classifier:prediction-crop", args=[cut_out.pk]), follow=True)

    assert (
        "send it once more" in response.content.decode().lower()
        or "send the picture once more" in response.content.decode()
    )


def test_a_crop_page_of_what_cannot_be_opened_says_why(client):
    prediction = make_prediction(pictures.endless_jpeg())
    client.force_login(prediction.owner)

    response = client.get(reverse("classifier:prediction-crop", args=[prediction.pk]), follow=True)

    assert "too many scans" in response.content.decode()
    assert "gone from our store" not in response.content.decode()


def test_a_program_may_crop_and_is_told_what_counts(client):
    make_house_styles()
    script = Script()
    file = SimpleUploadedFile("painting.jpg", small_painting(), "image/jpeg")

    response = script.client.post(
        "/api/v1/predictions/", {"image": file, "crop": "40,30,300,200", "turns": "1"}, headers=script.headers
    )

    image = response.json()["image"]
    assert (image["crop"], image["turns"]) == ("40,30,300,200", 1)
    assert (image["width"], image["height"]) == (200, 300)


def test_a_program_with_a_wrong_crop_learns_which_field_it_is():
    script = Script()
    file = SimpleUploadedFile("painting.jpg", small_painting(), "image/jpeg")

    response = script.client.post(
        "/api/v1/predictions/", {"image": file, "crop": "400,0,300,200"}, headers=script.headers
    )

    assert codes(response) == (400, "invalid_request")
    assert response.json()["errors"][0]["field"] == "crop"


def test_asking_a_newer_model_keeps_the_cut(models_dir, monkeypatch, tmp_path):
    from tests.factories import make_model

    owner = make_user()
    Prediction.objects.submit(Upload(small_painting(), FACTS, cut=CUT), Sender(user=owner))
    prediction = make_done_prediction(picture=pictures.small_painting(3), owner=owner)
    Prediction.objects.filter(pk=prediction.pk).update(edit="40,30,300,200,1")
    prediction.refresh_from_db()
    monkeypatch.setenv("STYLEART_MODEL", str(make_model(tmp_path / "newer")))

    newer, _ = prediction.ask_again()

    assert newer.cut == CUT


def test_moving_in_leaves_out_only_what_is_there_already():
    owner, visitor = make_user(), uuid4()
    make_prediction(owner=owner)
    make_prediction(visitor=visitor)
    Prediction.objects.submit(Upload(small_painting(), FACTS, cut=CUT), Sender(visitor=visitor))

    assert Prediction.objects.adopt(visitor, owner) == 1
    assert sorted(Prediction.objects.filter(owner=owner).values_list("edit", flat=True)) == [
        "",
        "40,30,300,200,1",
    ]


def test_moving_in_fetches_pictures_from_an_account_that_nobody_could_open():
    mistyped, owner, visitor = make_user("jane@gmial.example"), make_user(), uuid4()
    EmailAddress.objects.filter(user=mistyped).update(verified=False)
    make_prediction(visitor=visitor)
    assert Prediction.objects.adopt(visitor, mistyped) == 1

    assert Prediction.objects.adopt(visitor, owner) == 1
    assert Prediction.objects.get().owner == owner


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_moving_in_takes_nothing_from_an_account_that_is_somebodys(is_confirmed):
    """Confirmed on another device it was never signed in to; signed in to, it was somebody's once."""
    other, visitor = make_user(last_login=None if is_confirmed else timezone.now()), uuid4()
    EmailAddress.objects.filter(user=other).update(verified=is_confirmed)
    make_prediction(visitor=visitor)
    Prediction.objects.adopt(visitor, other)

    assert Prediction.objects.adopt(visitor, make_user()) == 0
    assert Prediction.objects.get().owner == other


def test_moving_in_brings_back_what_is_in_the_trash_or_had_failed():
    owner, visitor = make_user(), uuid4()
    own = Prediction.objects.claim(make_prediction(owner=owner).pk)
    own.mark_failed("gave_up")
    Prediction.objects.filter(pk=own.pk).trash()
    make_prediction(visitor=visitor)

    assert Prediction.objects.adopt(visitor, owner) == 0

    own.refresh_from_db()
    assert (own.trashed_at, own.status) == (None, Prediction.Status.QUEUED)

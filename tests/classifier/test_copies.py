"""The copies of pictures that people sent: in every size and kind, for their eyes only, and gone with them."""

import os
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from classifier import tasks
from classifier.models import DERIVED_WITHIN, Prediction
from gallery import pictures
from ml import inference
from styleart_site.tasks import remove_orphaned_copies
from tests.factories import make_done_prediction, make_prediction, make_user
from tests.pictures import cut_off_jpeg, small_painting

pytestmark = pytest.mark.django_db
KINDS = {"avif": "AVIF", "webp": "WebP", "jpg": "JPEG"}
LONG_AGO = (timezone.now() - timedelta(days=3)).timestamp()


@pytest.fixture
def prediction(client):
    """One's own picture, answered."""
    done = make_done_prediction()
    client.force_login(done.owner)
    return done


def read(response) -> bytes:
    return b"".join(response.streaming_content)


def asked_for(page: str) -> set[str]:
    """All addresses of copies that a page names."""
    return set(re.findall(r"[^\s\",]+/\d+\.(?:avif|webp|jpg)", page))


@pytest.mark.parametrize("kind", KINDS)
def test_the_owner_gets_every_kind_for_private_use(client, prediction, kind):
    response = client.get(prediction.copies.at(320, kind))

    assert response.headers["Content-Type"] == pictures.ENCODINGS[kind].media_type
    assert response.headers["Cache-Control"] == "private, max-age=3600"
    assert response.headers["Content-Disposition"].endswith(f'-320.{kind}"')
    assert inference.inspect(read(response)).kind == KINDS[kind]


def test_asking_again_costs_nothing_and_still_asks_who_it_is(client, prediction):
    address = prediction.copies.at(480, "avif")
    etag = client.get(address).headers["ETag"]

    again = client.get(address, headers={"if-none-match": etag})
    client.force_login(make_user())
    stranger = client.get(address, headers={"if-none-match": etag})

    assert (again.status_code, again.headers["Cache-Control"]) == (304, "private, max-age=3600")
    assert stranger.status_code == 404


def test_every_copy_that_a_page_names_is_there(client, prediction):
    pages = [prediction.get_absolute_url(), reverse("classifier:prediction-list")]
    other = make_done_prediction(picture=small_painting(2), owner=prediction.owner)
    pages.append(
        f"{reverse('classifier:prediction-compare')}?first={prediction.pk}&second={other.pk}",
    )

    for page in pages:
        named = asked_for(client.get(page).content.decode())
        assert {address.rpartition(".")[2] for address in named} == set(KINDS)
        assert {client.get(address).status_code for address in named} == {200}


def test_the_answer_page_fetches_its_picture_first(client, prediction):
    page = client.get(prediction.get_absolute_url()).content.decode()

    assert page.count('fetchpriority="high"') == 1
    assert page.index('fetchpriority="high"') < page.index("</figure>")


def test_addresses_from_before_give_jpegs(client, prediction):
    for name in ["preview", "thumbnail"]:
        response = client.get(reverse("classifier:prediction-picture", args=[prediction.pk, name]))
        assert read(response).startswith(b"\xff\xd8")


def test_the_web_server_in_front_sends_copies(client, prediction, settings):
    settings.ACCEL_REDIRECT_PREFIX = "/protected/"

    response = client.get(prediction.copies.at(720, "webp"))

    place = response.headers["X-Accel-Redirect"].removeprefix("/protected/")
    assert inference.inspect((settings.MEDIA_ROOT / place).read_bytes()).kind == "WebP"


def test_a_shared_page_has_copies_of_its_own_until_it_is_closed(client, prediction):
    share = prediction.share_with(None)
    client.logout()
    page = client.get(share.get_absolute_url()).content.decode()
    named = asked_for(page)

    responses = [client.get(address) for address in named]
    prediction.unshare()

    assert all(address.startswith(share.get_absolute_url()) for address in named)
    assert {response.status_code for response in responses} == {200}
    assert {response.headers["Cache-Control"] for response in responses} == {"private, max-age=0"}
    assert {response.headers["X-Robots-Tag"] for response in responses} == {"noindex, nofollow"}
    told = page + "".join(f"{response.headers}" for response in responses)
    assert str(prediction.pk) not in told and prediction.pk.hex not in told
    again = [
        client.get(a, headers={"if-none-match": r.headers["ETag"]})
        for a, r in zip(named, responses, strict=True)
    ]
    assert {response.status_code for response in again} == {404}


def test_a_picture_in_the_trash_is_seen_by_its_owner_only(client, prediction):
    prediction.trash()

    assert client.get(prediction.copies.at(320, "avif")).status_code == 200
    client.logout()
    assert client.get(prediction.copies.at(320, "avif")).status_code == 404


def test_a_placeholder_is_kept_soon_after_the_answer(client):
    prediction = make_prediction()

    tasks.classify(str(prediction.pk))
    prediction.derive()

    prediction.refresh_from_db()
    client.force_login(prediction.owner)
    assert 40 < len(prediction.placeholder) <= 160
    assert prediction.placeholder in client.get(reverse("classifier:prediction-list")).content.decode()


def test_answers_from_before_get_placeholders_in_small_steps(monkeypatch):
    monkeypatch.setattr(tasks, "PLACEHOLDERS", 2)
    owner = make_user()
    for seed in range(2):
        make_done_prediction(picture=small_painting(seed), owner=owner)
    make_done_prediction(picture=cut_off_jpeg(), owner=owner)
    waiting = make_prediction(picture=small_painting(7), owner=owner)
    long_ago = timezone.now() - 2 * DERIVED_WITHIN
    for minutes, answer in enumerate(Prediction.objects.filter(status="done")):
        sent_at = long_ago + timedelta(minutes=minutes)
        Prediction.objects.filter(pk=answer.pk).update(created_at=sent_at)
    of_now = make_done_prediction(picture=small_painting(8), owner=owner)
    asked = []
    monkeypatch.setattr(tasks.make_placeholders, "delay", lambda after: asked.append(after))

    tasks.make_placeholders()
    tasks.make_placeholders(after=asked[0])

    with_one = Prediction.objects.exclude(placeholder="")
    assert len(asked) == 1
    assert with_one.count() == 2
    assert waiting not in with_one
    assert of_now not in with_one  # has its hour for a quiet moment


def test_erasing_takes_every_copy_along(prediction, settings, django_capture_on_commit_callbacks):
    for size_px, kind in [(320, "avif"), (720, "webp"), (1280, "jpg")]:
        prediction.copy(size_px, kind)

    with django_capture_on_commit_callbacks(execute=True):
        prediction.erase()

    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


def test_copies_that_a_crash_left_go_and_all_others_stay(prediction, settings):
    kept = prediction.copy(320, "avif")
    gone = uuid4()
    left = Path(settings.MEDIA_ROOT) / "derived" / gone.hex[:2] / str(gone)
    left.mkdir(parents=True)
    (left / "480.avif").write_bytes(b"left")
    for path in (left, kept.parent):
        os.utime(path, (LONG_AGO, LONG_AGO))

    remove_orphaned_copies()

    assert kept.exists() and not left.exists()

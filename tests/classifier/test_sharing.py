"""Pages for others: what they show, what they do not, and how they close."""

import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from classifier.models import ShareLink
from tests import pictures
from tests.factories import make_done_prediction, make_prediction, make_style, make_user

pytestmark = pytest.mark.django_db


def make_shared(**fields):
    make_style("Cubism", position=1)
    prediction = make_done_prediction(("Cubism", 0.7), ("Realism", 0.3), **fields)
    return prediction, prediction.share_with(None)


def addresses(share: ShareLink) -> list[str]:
    names = ["detail", "picture", "card"]
    return [reverse(f"classifier:share-{name}", args=[share.token]) for name in names]


def test_nothing_is_shared_until_its_owner_says_so(client):
    prediction = make_done_prediction()

    assert not ShareLink.objects.exists()
    assert client.get(prediction.get_absolute_url()).status_code == 404


def test_the_owner_opens_moves_and_closes_a_page(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)
    share_url = reverse("classifier:prediction-share", args=[prediction.pk])

    opened = client.post(share_url, {"expires_in_days": "7"}, headers={"HX-Request": "true"})
    share = ShareLink.objects.get()
    client.post(reverse("classifier:prediction-unshare", args=[prediction.pk]))

    assert share.get_absolute_url() in opened.content.decode()
    assert timedelta(days=6) < share.expires_at - timezone.now() < timedelta(days=8)
    assert client.get(share.get_absolute_url()).status_code == 404


def test_a_visitor_is_asked_to_sign_up_before_sharing(client):
    visitor = uuid4()
    session = client.session
    session["visitor"] = str(visitor)
    session.save()
    prediction = make_done_prediction(visitor=visitor)

    response = client.post(reverse("classifier:prediction-share", args=[prediction.pk]), follow=True)

    assert "Sign up</a> to make a page of it" in response.content.decode()
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("days", ["0", "-1", "10000000000", "x"])
def test_an_end_that_is_not_offered_opens_nothing(client, days):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)

    client.post(reverse("classifier:prediction-share", args=[prediction.pk]), {"expires_in_days": days})

    assert not ShareLink.objects.exists()


def test_others_see_picture_title_and_answer_and_nothing_else(client):
    prediction, share = make_shared(title="Guitar")
    prediction.note = "a secret"
    prediction.save(update_fields=["note"])

    page = client.get(share.get_absolute_url()).content.decode()

    assert [words for words in ["Guitar", "This is Cubism, quite sure.", "70 %"] if words not in page] == []
    hidden = ["a secret", prediction.owner.email, prediction.owner.get_short_name(), str(prediction.pk)]
    assert [words for words in hidden if words in page] == []


def test_the_page_is_not_for_search_engines_and_does_not_leak_its_address(client):
    _, share = make_shared()

    for address in addresses(share):
        response = client.get(address)
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "public" not in response.headers["Cache-Control"]

    assert '<meta name="robots" content="noindex' in client.get(share.get_absolute_url()).content.decode()


def test_the_forms_of_the_page_may_be_sent():
    _, share = make_shared()
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(share.get_absolute_url())
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[1]
    # What browsers send: with "no-referrer" the origin, too, is kept back.
    origin = "null" if page.headers["Referrer-Policy"] == "no-referrer" else "http://testserver"

    response = browser.post(
        reverse("set_language"),
        {"csrfmiddlewaretoken": token, "language": "fr", "next": share.get_absolute_url()},
        headers={"Origin": origin},
    )

    assert response.status_code == 302
    assert response.url == share.get_absolute_url()


def test_the_card_is_drawn_once_at_the_size_that_networks_ask_for(client):
    prediction, share = make_shared()
    page = client.get(share.get_absolute_url()).content.decode()
    address = reverse("classifier:share-card", args=[share.token])

    first = b"".join(client.get(address).streaming_content)
    second = b"".join(client.get(address).streaming_content)

    assert f'<meta property="og:image" content="http://testserver{address}?lang=en">' in page
    assert Image.open(io.BytesIO(first)).size == (1200, 630)
    assert first == second
    assert len(list(prediction.derived_folder.glob("card-*"))) == 1


def test_the_card_is_in_the_language_that_its_address_names_whoever_asks(client):
    prediction, share = make_shared()
    address = reverse("classifier:share-card", args=[share.token])

    def card(query: str, asked: str) -> bytes:
        return b"".join(client.get(address + query, headers={"accept-language": asked}).streaming_content)

    french = card("?lang=fr", "de")
    page = client.get(share.get_absolute_url(), headers={"accept-language": "fr"}).content.decode()

    assert f"{address}?lang=fr" in page
    assert french == card("?lang=fr", "en") != card("?lang=en", "fr")
    assert card("", "fr") == card("?lang=en", "fr") == card("?lang=xx", "de")
    assert len(list(prediction.derived_folder.glob("card-*"))) == 2


@pytest.mark.parametrize("size", [(1200, 90), (90, 1200)], ids=["wide", "tall"])
def test_the_card_of_a_picture_of_any_shape_can_be_drawn(client, size):
    data = io.BytesIO()
    Image.new("RGB", size, "#8a3a1e").save(data, "JPEG")
    prediction = make_done_prediction(picture=data.getvalue(), certainty="not_a_painting")
    share = prediction.share_with(None)

    response = client.get(reverse("classifier:share-card", args=[share.token]))

    assert Image.open(io.BytesIO(b"".join(response.streaming_content))).size == (1200, 630)


@pytest.mark.parametrize("end", ["revoked", "ended", "trashed", "erased"])
def test_every_address_closes_with_the_page(client, end):
    prediction, share = make_shared()
    before = {client.get(address).status_code for address in addresses(share)}

    if end == "revoked":
        prediction.unshare()
    elif end == "ended":
        ShareLink.objects.update(expires_at=timezone.now())
    elif end == "trashed":
        prediction.trash()
    else:
        prediction.erase()

    assert before == {200}
    assert {client.get(address).status_code for address in addresses(share)} == {404}


def test_a_link_opens_nothing_but_its_page(client):
    prediction, share = make_shared()
    client.get(share.get_absolute_url())

    for size in ["preview", "thumbnail"]:
        address = reverse("classifier:prediction-picture", args=[prediction.pk, size])
        assert client.get(address).status_code == 404


def test_a_shared_picture_that_is_gone_is_a_404_not_a_crash(client):
    _, share = make_shared(picture=pictures.cut_off_jpeg())

    statuses = [client.get(address).status_code for address in addresses(share)]

    assert statuses == [200, 404, 404]


def test_guessing_leads_nowhere(client):
    make_shared()

    assert client.get("/s/" + "A" * 32 + "/").status_code == 404
    assert client.get("/s/A/").status_code == 404


def test_the_owner_sees_the_link_only_while_it_is_open(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)
    assert "Make a link" not in client.get(prediction.get_absolute_url()).content.decode()

    done = make_done_prediction(owner=make_user())
    client.force_login(done.owner)
    share = done.share_with(1)
    while_open = client.get(done.get_absolute_url()).content.decode()
    ShareLink.objects.update(expires_at=timezone.now())
    after = client.get(done.get_absolute_url()).content.decode()

    assert share.token in while_open
    assert share.token not in after
    assert "Make a link" in after

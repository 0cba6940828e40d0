import pytest
from django.urls import reverse

from tests.factories import make_done_prediction

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(client):
    """Ask for one's own picture."""
    prediction = make_done_prediction()
    client.force_login(prediction.owner)
    return lambda: client.get(reverse("classifier:prediction-picture", args=[prediction.pk, "preview"]))


def test_django_sends_the_file_itself_where_no_web_server_does(picture):
    response = picture()

    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")
    assert "X-Accel-Redirect" not in response.headers


def test_the_web_server_is_told_which_file_to_send(picture, settings):
    settings.ACCEL_REDIRECT_PREFIX = "/protected/"

    response = picture()

    place = response.headers["X-Accel-Redirect"].removeprefix("/protected/")
    assert response.content == b""
    assert (settings.MEDIA_ROOT / place).read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize("prefix", ["", "/protected"])
def test_private_files_are_defused_and_kept_from_shared_caches(picture, settings, prefix):
    settings.ACCEL_REDIRECT_PREFIX = prefix

    headers = picture().headers

    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "private, max-age=3600"
    assert headers["Content-Disposition"].startswith('inline; filename="styleart-')

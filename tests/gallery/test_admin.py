import pytest
from django.urls import reverse

from gallery.curators import curators
from tests.factories import make_artist, make_artwork, make_style, make_user, small_painting

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    return client


def test_curators_see_thumbnails(curator):
    work = make_artwork(picture=small_painting())

    page = curator.get(reverse("admin:gallery_artwork_changelist")).content.decode()

    assert reverse("gallery:artwork-picture", args=[work.pk, "thumbnail"]) in page


def test_curators_find_works_without_accents(curator):
    make_artwork("Étude", artist=make_artist("Paul Cézanne"))

    response = curator.get(reverse("admin:gallery_artwork_changelist"), {"q": "CÉZANNE etude"})

    assert response.context["cl"].result_count == 1


def test_the_action_says_how_many_works_changed(curator):
    shown, hidden = make_artwork(), make_artwork(is_published=False)
    wanted = {"action": "take_off_display", "_selected_action": [shown.pk, hidden.pk]}

    page = curator.post(reverse("admin:gallery_artwork_changelist"), wanted, follow=True).content.decode()

    shown.refresh_from_db()
    assert "1 work changed." in page
    assert not shown.is_published


@pytest.mark.parametrize("model", ["style", "artist", "artwork"])
def test_every_form_of_the_catalogue_opens(curator, model):
    row = {"style": make_style, "artist": make_artist, "artwork": make_artwork}[model]()

    assert curator.get(reverse(f"admin:gallery_{model}_change", args=[row.pk])).status_code == 200
    assert curator.get(reverse(f"admin:gallery_{model}_changelist")).status_code == 200

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from classifier.models import Prediction
from classifier.tasks import classify
from classifier.visitors import network_of
from tests import pictures
from tests.factories import (
    make_artist,
    make_artwork,
    make_done_prediction,
    make_house_styles,
    make_model,
    make_prediction,
    make_style,
    make_user,
    small_painting,
)

pytestmark = pytest.mark.django_db
CREATE = "/predictions/new/"


def picture_file(data: bytes | None = None, name: str = "painting.jpg"):
    return SimpleUploadedFile(name, small_painting() if data is None else data, content_type="image/jpeg")


def test_an_upload_leads_to_its_page(client):
    client.force_login(make_user())

    response = client.post(CREATE, {"image": picture_file(), "title": "Above the sofa"})

    prediction = Prediction.objects.get()
    assert response.status_code == 302
    assert response.url == prediction.get_absolute_url()
    assert (prediction.status, prediction.title) == ("queued", "Above the sofa")


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (pictures.letter(), "painting.jpg", "not a picture"),
        (pictures.cut_off_jpeg(), "cut.jpg", "ends too early"),
        (pictures.png_bomb(), "bomb.png", "million pixels"),
        (pictures.svg(), "drawing.svg", "SVG"),
        (b"", "empty.jpg", "empty"),
        (b"\xff" * (20 * 1024 * 1024), "large.jpg", "16.0\xa0MB at most"),
    ],
    ids=["letter", "cut off", "169 Mpx", "svg", "empty", "20 MB"],
)
def test_a_wrong_file_gets_a_sentence_at_once_and_keeps_nothing(client, data, name, words):
    client.force_login(make_user())

    response = client.post(CREATE, {"image": picture_file(data, name)})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Prediction.objects.exists()


def test_no_file_at_all_gets_a_sentence(client):
    response = client.post(CREATE, {})

    assert response.status_code == 422
    assert "Choose a picture first." in response.content.decode()


def test_a_body_far_too_large_is_refused_before_it_is_read(client):
    response = client.generic("POST", CREATE, b"", content_type="multipart/form-data", CONTENT_LENGTH=10**9)

    assert response.status_code == 413


def test_a_double_click_makes_one_prediction(client):
    client.force_login(make_user())

    first = client.post(CREATE, {"image": picture_file()})
    second = client.post(CREATE, {"image": picture_file()})

    assert first.url == second.url
    assert Prediction.objects.count() == 1


def test_a_visitor_may_try_three_pictures_a_day(client):
    for seed in range(3):
        assert client.post(CREATE, {"image": picture_file(pictures.small_painting(seed))}).status_code == 302

    response = client.post(CREATE, {"image": picture_file(pictures.small_painting(3))})

    assert response.status_code == 422
    assert "Sign up to go on" in response.content.decode()
    assert Prediction.objects.count() == 3


def test_a_visitors_double_click_on_the_last_picture_is_no_fourth(client):
    for seed in range(3):
        client.post(CREATE, {"image": picture_file(pictures.small_painting(seed))})

    response = client.post(CREATE, {"image": picture_file(pictures.small_painting(2))})

    assert response.status_code == 302


def test_clearing_cookies_does_not_lift_the_limit_of_the_network_for_ever(client, settings):
    settings.VISITOR_PICTURES_PER_DAY_AND_NETWORK = 1
    client.post(CREATE, {"image": picture_file(pictures.small_painting(1))})
    client.cookies.clear()

    response = client.post(CREATE, {"image": picture_file(pictures.small_painting(2))})

    assert response.status_code == 422


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_the_network_is_what_somebody_cannot_change_at_will(rf, one, other, is_same):
    networks = {network_of(rf.get("/", REMOTE_ADDR=address)) for address in (one, other)}

    assert (len(networks) == 1) == is_same


def test_a_stranger_cannot_see_a_prediction(client):
    prediction = make_done_prediction()
    client.force_login(make_user())
    names = ["detail", "result", "retry", "delete", "restore"]
    addresses = [reverse(f"classifier:prediction-{name}", args=[prediction.pk]) for name in names]
    addresses += [reverse("classifier:prediction-picture", args=[prediction.pk, "preview"])]
    addresses += [reverse("classifier:prediction-plot", args=[prediction.pk, "svg"])]

    statuses = {
        (client.post if address.endswith(("retry/", "delete/", "restore/")) else client.get)(
            address
        ).status_code
        for address in addresses
    }

    assert statuses == {404}


def test_the_waiting_page_polls_and_offers_a_link_without_scripts(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)

    page = client.get(prediction.get_absolute_url()).content.decode()

    assert reverse("classifier:prediction-result", args=[prediction.pk]) in page
    assert "every 400ms" in page
    assert "Refresh" in page


def test_the_finished_page_does_not_poll(client):
    make_house_styles()
    prediction = make_prediction()
    classify(str(prediction.pk))
    client.force_login(prediction.owner)

    page = client.get(prediction.get_absolute_url()).content.decode()

    assert "every 400ms" not in page


def test_the_finished_page_shows_plot_style_similar_works_and_artists(client):
    style = make_style("Cubism", position=1, description="Objects are taken apart.")
    make_artist("Juan Gris", style=style, birth_year=1887, death_year=1927, nationality="Spanish")
    make_artwork("Guitar and bottle", style=style, seed=0, year=1913)
    prediction = make_done_prediction(("Cubism", 0.62), ("Realism", 0.38))
    client.force_login(prediction.owner)

    page = client.get(prediction.get_absolute_url()).content.decode()

    expected = [
        "This is Cubism, quite sure.",
        "62",
        "Objects are taken apart.",
        "Guitar and bottle",
        "Juan Gris",
    ]
    assert [text for text in [*expected, "1887–1927", "Spanish", "<table"] if text not in page] == []


def without_tokens(html: str) -> str:
    """The page but for the tokens of its forms, which differ each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def test_the_fragment_is_the_same_as_in_the_page(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)
    address = reverse("classifier:prediction-result", args=[prediction.pk])

    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode().strip()
    page = client.get(prediction.get_absolute_url()).content.decode()

    assert without_tokens(fragment) in without_tokens(page)


def test_the_fragments_address_opened_as_a_page_leads_to_the_page(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)

    response = client.get(reverse("classifier:prediction-result", args=[prediction.pk]))

    assert response.url == prediction.get_absolute_url()


def test_the_number_of_queries_does_not_grow_with_the_catalogue(client, django_assert_max_num_queries):
    style = make_style("Cubism", position=1)
    for number in range(12):
        make_artwork(style=style, seed=number, artist=make_artist(style=style))
    prediction = make_done_prediction(("Cubism", 1.0))
    client.force_login(prediction.owner)

    with django_assert_max_num_queries(17):
        client.get(prediction.get_absolute_url())


def test_a_failed_prediction_says_why_and_can_be_tried_again(client):
    prediction = Prediction.objects.claim(make_prediction().pk)
    prediction.mark_failed("gave_up")
    client.force_login(prediction.owner)

    page = client.get(prediction.get_absolute_url()).content.decode()
    response = client.post(reverse("classifier:prediction-retry", args=[prediction.pk]))

    prediction.refresh_from_db()
    assert prediction.failure in page
    assert response.url == prediction.get_absolute_url()
    assert prediction.status == "queued"


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_plot_is_drawn_once_and_kept(client, kind):
    prediction = make_done_prediction(("Cubism", 0.62), ("Realism", 0.38))
    client.force_login(prediction.owner)
    address = reverse("classifier:prediction-plot", args=[prediction.pk, kind])

    first = b"".join(client.get(address).streaming_content)
    second = b"".join(client.get(address).streaming_content)

    assert first == second
    assert first.startswith({"svg": b"<?xml", "png": b"\x89PNG"}[kind])
    assert len(list(prediction.derived_folder.glob("plot-*"))) == 1


def test_a_plot_before_the_answer_is_a_404(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)

    assert client.get(reverse("classifier:prediction-plot", args=[prediction.pk, "svg"])).status_code == 404


def test_pictures_are_served_privately_and_defused(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)

    response = client.get(reverse("classifier:prediction-picture", args=[prediction.pk, "thumbnail"]))

    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in response.headers["Cache-Control"]
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_a_picture_that_cannot_be_decoded_is_a_404_not_a_crash(client):
    prediction = make_prediction(pictures.cut_off_jpeg())
    client.force_login(prediction.owner)

    response = client.get(reverse("classifier:prediction-picture", args=[prediction.pk, "preview"]))

    assert response.status_code == 404


def test_the_history_shows_ones_own_and_filters(client):
    user = make_user()
    cubism = make_style("Cubism", position=1)
    make_done_prediction(("Cubism", 1.0), owner=user, title="Café Élysée")
    make_prediction(pictures.small_painting(9), owner=user, title="Waiting one")
    make_done_prediction(title="Somebody else's")
    client.force_login(user)
    history = reverse("classifier:prediction-list")

    def titles(**wanted):
        return {str(prediction) for prediction in client.get(history, wanted).context["page"]}

    assert titles() == {"Café Élysée", "Waiting one"}
    assert titles(q="elysee") == {"Café Élysée"}
    assert titles(style=cubism.slug) == {"Café Élysée"}
    assert titles(status="queued") == {"Waiting one"}
    assert titles(q="nothing like it") == set()


@pytest.mark.parametrize(
    "query", ["style=unknown", "status=sleeping", "page=99999", "page=x", "q=" + "x" * 500]
)
def test_wrong_filters_do_not_break_the_history(client, query):
    client.force_login(make_user())

    assert client.get(f"{reverse('classifier:prediction-list')}?{query}").status_code == 200


def test_deleting_can_be_undone(client):
    prediction = make_done_prediction()
    client.force_login(prediction.owner)

    page = client.post(reverse("classifier:prediction-delete", args=[prediction.pk]), follow=True)
    gone = client.get(prediction.get_absolute_url()).status_code
    client.post(reverse("classifier:prediction-restore", args=[prediction.pk]))

    assert reverse("classifier:prediction-restore", args=[prediction.pk]) in page.content.decode()
    assert gone == 404
    assert client.get(prediction.get_absolute_url()).status_code == 200


def test_deleting_needs_a_post(client):
    prediction = make_prediction()
    client.force_login(prediction.owner)

    assert client.get(reverse("classifier:prediction-delete", args=[prediction.pk])).status_code == 405


def test_a_visitors_first_picture_is_one_however_often_its_answer_is_lost(client, settings):
    client.get("/")
    first = client.post(CREATE, {"image": picture_file()})
    del client.cookies[settings.SESSION_COOKIE_NAME]  # that came with the answer

    second = client.post(CREATE, {"image": picture_file()})
    stranger = Client()
    stranger.get("/")
    third = stranger.post(CREATE, {"image": picture_file()})

    assert second.url == first.url
    assert client.get(second.url).status_code == 200
    assert third.url != first.url
    assert Prediction.objects.count() == 2


def test_a_visitors_pictures_come_along_when_they_sign_up(client):
    client.post(CREATE, {"image": picture_file()})

    client.post("/accounts/signup/", {"email": "new@example.org", "password1": "a-quiet-room-1"})

    assert Prediction.objects.get().owner.email == "new@example.org"


def test_a_visitors_pictures_come_along_when_they_sign_in(client):
    user = make_user(password="a-quiet-room-1")
    client.post(CREATE, {"image": picture_file()})

    client.post("/accounts/login/", {"login": user.email, "password": "a-quiet-room-1"})

    assert Prediction.objects.get().owner == user


def test_a_curator_sees_no_pictures_of_users(client):
    from gallery.curators import curators

    prediction = make_done_prediction()
    curator = make_user(is_staff=True)
    curator.groups.add(curators())
    client.force_login(curator)

    assert client.get(prediction.get_absolute_url()).status_code == 404
    assert client.get(reverse("admin:classifier_prediction_changelist")).status_code == 403


def signed_in(client):
    user = make_user()
    client.force_login(user)
    return user


def test_after_a_switch_an_older_answer_stays_and_still_shows_similar_works(client, models_dir, tmp_path):
    prediction = make_done_prediction(picture=small_painting(), owner=signed_in(client))
    work = make_artwork(picture=pictures.small_painting(40))
    before = (prediction.model_version, prediction.probabilities, prediction.certainty)
    call_command("activate_model", str(make_model(tmp_path / "trained", "another-2")), "--processes", "1")
    work.embeddings.exclude(model_version="another-2").delete()

    response = client.get(prediction.get_absolute_url())

    assert response.context["alike"].works == [work]
    prediction.refresh_from_db()
    assert prediction.embedding_model == "another-2"
    assert (prediction.model_version, prediction.probabilities, prediction.certainty) == before


def test_an_older_answer_whose_original_is_gone_keeps_its_page(client, models_dir, tmp_path):
    prediction = make_done_prediction(owner=signed_in(client))
    call_command("activate_model", str(make_model(tmp_path / "trained", "another-2")), "--processes", "1")
    prediction.original.storage.delete(prediction.original.name)

    response = client.get(prediction.get_absolute_url())

    assert response.status_code == 200
    prediction.refresh_from_db()
    assert prediction.embedding_model == prediction.model_version


def test_a_script_that_sends_several_gets_a_line_about_each(client):
    signed_in(client)

    response = client.post(CREATE, {"image": picture_file()}, headers={"HX-Request": "true"})
    wrong = client.post(CREATE, {"image": picture_file(b"")}, headers={"HX-Request": "true"})

    prediction = Prediction.objects.get()
    line = response.content.decode()
    assert response.status_code == 201
    assert f'data-address="{prediction.get_absolute_url()}"' in line
    assert "every 700ms" in line
    assert (wrong.status_code, "This file is empty" in wrong.content.decode()) == (422, True)
    assert "<html" not in line + wrong.content.decode()


def test_the_line_of_a_sent_picture_ends_asking_once_the_answer_is_there(client):
    prediction = make_done_prediction(("Cubism", 0.8), ("Realism", 0.2))
    client.force_login(prediction.owner)
    address = reverse("classifier:prediction-sent", args=[prediction.pk])

    line = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "This is Cubism, quite sure." in line
    assert "hx-get" not in line
    assert client.get(address).url == prediction.get_absolute_url()

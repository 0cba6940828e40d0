import re
from io import BytesIO

import pytest
from django.urls import reverse
from PIL import Image

from classifier.forms import CompareForm
from classifier.tasks import classify
from gallery.models import DuplicatePair
from tests import pictures
from tests.factories import (
    make_artist,
    make_artwork,
    make_done_prediction,
    make_prediction,
    make_style,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    somebody = make_user()
    client.force_login(somebody)
    return somebody


def answered(picture, owner):
    """A prediction that the model has answered."""
    prediction = make_prediction(picture=picture, owner=owner)
    classify(str(prediction.pk))
    prediction.refresh_from_db()
    return prediction


def similar(client, prediction, **wanted):
    """Titles of the paintings that look alike, as htmx gets them."""
    address = reverse("classifier:prediction-similar", args=[prediction.pk])
    response = client.get(address, wanted, headers={"HX-Request": "true"})
    return [work.title for work in response.context["alike"].works], response.content.decode()


def smaller(data: bytes) -> bytes:
    """The same picture at three quarters of its size, compressed harder."""
    image, out = Image.open(BytesIO(data)), BytesIO()
    image.resize((image.width * 3 // 4, image.height * 3 // 4)).save(out, "JPEG", quality=70)
    return out.getvalue()


# Paintings that look like it


def test_a_style_an_artist_and_years_narrow_what_looks_alike(client, user):
    cubism = make_style("Cubism", position=1)
    juan = make_artist("Juan Gris")
    make_artwork("Guitar", style=cubism, artist=juan, year=1913, seed=1)
    make_artwork("Bottle", style=cubism, year=1920, seed=2)
    make_artwork("Haystack", year=1890, seed=3)
    prediction = make_done_prediction(owner=user)

    assert set(similar(client, prediction)[0]) == {"Guitar", "Bottle", "Haystack"}
    assert set(similar(client, prediction, style=cubism.slug)[0]) == {"Guitar", "Bottle"}
    assert similar(client, prediction, artist="juan gris")[0] == ["Guitar"]
    assert similar(client, prediction, year_from="1914")[0] == ["Bottle"]
    assert set(similar(client, prediction, year_to="1913")[0]) == {"Guitar", "Haystack"}


def test_only_what_is_free_when_asked_for(client, user):
    make_artwork("Free", rights="public_domain", seed=1)
    make_artwork("Protected", rights="protected", seed=2)
    prediction = make_done_prediction(owner=user)

    assert similar(client, prediction, public_domain="on")[0] == ["Free"]


def test_the_slider_leaves_out_what_is_less_alike(client, user):
    make_artwork("Its double", seed=0)  # the embedding that made-up answers have
    make_artwork("Another thing", seed=5)
    prediction = make_done_prediction(owner=user)

    titles, page = similar(client, prediction, least="4")

    assert titles == ["Its double"]
    assert "Nearly the same" in page


def test_an_artist_nobody_knows_is_named_and_all_is_shown(client, user):
    make_artwork("Guitar", seed=1)

    titles, page = similar(client, make_done_prediction(owner=user), artist="Nobody at all")

    assert titles == ["Guitar"]
    assert "No artist here is called “Nobody at all”." in page


def test_the_slider_says_where_it_stands_whatever_else_is_wrong(client, user):
    prediction = make_done_prediction(owner=user)

    page = client.get(prediction.get_absolute_url(), {"artist": "Nobody at all", "least": "3"})

    assert re.search('id="least-words".*?>Very alike<', page.content.decode())


def test_a_filter_that_fits_nothing_says_what_to_do(client, user):
    make_artwork("Guitar", year=1913, seed=1)

    titles, page = similar(client, make_done_prediction(owner=user), year_from="2000")

    assert titles == []
    assert "Take something away" in page


def test_without_scripts_the_filter_is_a_plain_form_of_the_page(client, user):
    make_artwork("Early", year=1500, seed=1)
    make_artwork("Late", year=1900, seed=2)
    prediction = make_done_prediction(owner=user)

    page = client.get(prediction.get_absolute_url(), {"year_from": "1800"}).content.decode()
    elsewhere = client.get(
        reverse("classifier:prediction-similar", args=[prediction.pk]), {"year_from": "1800"}
    )

    assert "Late" in page
    assert "Early" not in page
    assert 'value="1800"' in page
    assert elsewhere.url == f"{prediction.get_absolute_url()}?year_from=1800#similar"


def test_a_wrong_value_of_the_filter_points_at_the_sentence_about_it(client, user):
    make_artwork("Guitar", seed=1)
    prediction = make_done_prediction(owner=user)

    page = client.get(prediction.get_absolute_url(), {"year_from": "soon", "artist": "Nobody"})
    page = page.content.decode()

    described = re.findall(r'aria-describedby="([^"]+)"', page)
    assert {"alike-year_from_error", "alike-artist_error"} <= {*described}
    assert {name for names in described for name in names.split()} <= set(re.findall(r' id="([^"]+)"', page))


def test_no_two_things_on_the_page_have_the_same_id(client, user):
    make_artwork("Guitar", seed=1)
    prediction = make_done_prediction(owner=user)

    ids = re.findall(r'\bid="([^"]+)"', client.get(prediction.get_absolute_url()).content.decode())

    assert sorted(ids) == sorted(set(ids))


def test_near_duplicates_are_folded_behind_the_nearest(client, user):
    first, second = make_artwork("Rouen", seed=1), make_artwork("Rouen again", seed=1)
    pair = {"first": first, "second": second, "group": first.pk}
    DuplicatePair.objects.create(**pair, differing_bits=1, distance=0.01)

    titles, page = similar(client, make_done_prediction(owner=user))

    assert len(titles) == 1
    assert "Once more here" in page
    assert "Rouen again" in page


def test_a_strangers_answer_is_not_there(client, user):
    prediction = make_done_prediction()

    assert client.get(reverse("classifier:prediction-similar", args=[prediction.pk])).status_code == 404


# This is …


def test_the_very_file_of_the_catalogue_is_named_and_does_not_look_like_itself(client, user):
    picture = pictures.small_painting(21)
    make_artwork("Impression, sunrise", picture=picture, year=1872, artist=make_artist("Claude Monet"))
    prediction = answered(picture, user)

    page = client.get(prediction.get_absolute_url())

    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.content.decode()))
    assert "This is Impression, sunrise by Claude Monet, 1872" in words
    assert page.context["alike"].works == []


def test_a_smaller_copy_of_a_work_is_found_to_be_it(client, user):
    picture = pictures.small_painting(22)
    work = make_artwork("Large", picture=picture)
    make_artwork("Other", picture=pictures.small_painting(23))

    page = client.get(answered(smaller(picture), user).get_absolute_url())

    assert page.context["alike"].same_work == work


def test_another_painting_is_not_taken_for_a_work_that_looks_alike(client, user):
    make_artwork("Other", picture=pictures.small_painting(23))

    page = client.get(answered(pictures.small_painting(24), user).get_absolute_url())

    assert page.context["alike"].same_work is None
    assert 'class="same-work"' not in page.content.decode()


def test_a_work_that_is_not_on_display_is_not_named(client, user):
    picture = pictures.small_painting(25)
    make_artwork("Hidden", picture=picture, is_published=False)

    page = client.get(answered(picture, user).get_absolute_url())

    assert "Hidden" not in page.content.decode()


# The answer in words


@pytest.mark.parametrize(
    ("ranked", "sentence", "advice"),
    [
        (
            [("Realism", 0.4), ("Romanticism", 0.35), ("Baroque", 0.25)],
            "Between Realism and Romanticism.",
            "both may be right",
        ),
        (
            [("Realism", 0.3), ("Romanticism", 0.25), ("Symbolism", 0.24), ("Baroque", 0.21)],
            "Hard to say: Realism, Romanticism or Symbolism.",
            "straight, sharp photo",
        ),
        (
            [("Realism", 0.6), ("Romanticism", 0.2), ("Symbolism", 0.2)],
            "Hard to say: Realism, Romanticism or Symbolism.",
            "straight, sharp photo",
        ),
    ],
    ids=["two alone", "many", "one ahead of many"],
)
def test_an_answer_that_is_not_sure_says_between_what_and_what_to_do(client, user, ranked, sentence, advice):
    prediction = make_done_prediction(*ranked, certainty="unsure", owner=user)

    page = client.get(prediction.get_absolute_url()).content.decode()

    assert prediction.verdict == sentence
    assert advice in page


def test_bars_have_the_number_more_exactly_for_hover_and_focus(client, user):
    prediction = make_done_prediction(
        ("Realism", 0.7131), ("Baroque", 0.2868), ("Cubism", 0.0001), owner=user
    )

    page = client.get(prediction.get_absolute_url()).content.decode()

    for number in ["71 %", "71.3 %", "under 1 %", "under 0.1 %"]:
        assert number in page


# Palette, time, artists


def test_the_main_colours_lead_to_the_paintings_that_have_them(client, user):
    prediction = answered(pictures.small_painting(26), user)

    page = client.get(prediction.get_absolute_url()).content.decode()

    colours = prediction.palette()
    assert len(colours) > 1
    for colour in colours:
        assert f'href="{reverse("gallery:colour-detail", args=[colour.rgb])}"' in page
        assert f"Find paintings with this colour: {colour.name}" in page


def test_without_the_original_the_answer_stands_without_colours(client, user):
    prediction = make_done_prediction(owner=user)
    prediction.original.storage.delete(prediction.original.name)

    response = client.get(prediction.get_absolute_url())

    assert response.status_code == 200
    assert "Its main colours" not in response.content.decode()


def test_artists_to_know_say_how_many_of_their_works_are_here(client, user):
    style = make_style("Cubism", position=1, start_year=1907)
    juan, nobody = make_artist("Juan Gris", style=style), make_artist("Nobody Here", style=style)
    for _ in range(2):
        make_artwork(artist=juan, style=style)
    prediction = make_done_prediction(("Cubism", 1.0), owner=user)

    response = client.get(prediction.get_absolute_url())

    counts = {
        famous.artist.name: famous.artist.artwork_count for famous in response.context["famous_artists"]
    }
    assert counts == {juan.name: 2, nobody.name: 0}
    page = response.content.decode()
    assert '<span class="numbers">2</span> works here' in page
    assert reverse("gallery:chronology") in page


# Two beside each other


COMPARE = "/predictions/compare/"


def test_two_answers_stand_beside_each_other(client, user):
    one = make_done_prediction(("Cubism", 0.7), ("Realism", 0.3), owner=user, title="Guitar")
    other = make_done_prediction(
        ("Realism", 0.6), ("Cubism", 0.4), owner=user, title="Field", picture=pictures.small_painting(9)
    )

    response = client.get(COMPARE, {"first": one.pk, "second": other.pk})

    page = response.content.decode()
    pairs = response.context["comparison"].pairs
    assert [(first.percent, second.percent) for first, second in pairs] == [
        ("70 %", "40 %"),
        ("30 %", "60 %"),
    ]
    assert "One looks most like Cubism, the other like Realism." in page
    assert "nearly the same" in page  # the made-up answers have the same embedding
    assert page.index("Guitar") < page.index("Field")


def test_somebody_elses_answer_cannot_be_compared(client, user):
    one, foreign = make_done_prediction(owner=user), make_done_prediction(title="A secret")

    response = client.get(COMPARE, {"first": one.pk, "second": foreign.pk})

    assert response.context["comparison"] is None
    assert "A secret" not in response.content.decode()


@pytest.mark.parametrize("query", [{}, {"first": "no-id"}, {"first": "no-id", "second": "x" * 300}])
def test_what_cannot_be_compared_is_asked_for(client, user, query):
    response = client.get(COMPARE, query)

    assert response.status_code == 200
    assert "It takes two answers to compare." in response.content.decode()


def test_an_old_picture_stays_chosen_while_the_other_is_looked_for(client, user, monkeypatch):
    monkeypatch.setattr(CompareForm, "MOST_OFFERED", 2)
    old, *_ = [make_done_prediction(owner=user, picture=pictures.small_painting(seed)) for seed in range(3)]

    page = client.get(COMPARE, {"first": old.pk}).content.decode()

    assert f'<option value="{old.pk}" selected>' in page
    assert page.count("<option") == 2 * (1 + 3)


def test_only_who_chose_the_same_twice_is_asked_for_two_different_ones(client, user):
    one, gone = [make_done_prediction(owner=user, picture=pictures.small_painting(seed)) for seed in range(2)]
    make_done_prediction(owner=user, picture=pictures.small_painting(2))
    gone.trash()

    twice = client.get(COMPARE, {"first": one.pk, "second": one.pk}).content.decode()
    without = client.get(COMPARE, {"first": one.pk, "second": gone.pk}).content.decode()

    assert "Choose two different pictures." in twice
    assert "Choose two different pictures." not in without


def test_two_chosen_in_the_history_are_compared_and_three_are_not(client, user):
    three = [make_done_prediction(owner=user, picture=pictures.small_painting(seed)) for seed in range(3)]
    where = reverse("classifier:prediction-selection")

    two = client.post(where, {"selected": [three[0].pk, three[1].pk], "action": "compare"})
    all_three = client.post(where, {"selected": [row.pk for row in three], "action": "compare"}, follow=True)

    assert client.get(two.url).context["comparison"] is not None
    assert "Choose two pictures to compare." in all_three.content.decode()

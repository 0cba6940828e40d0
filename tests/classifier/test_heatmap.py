from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from classifier import heatmap
from ml import inference
from tests import pictures
from tests.api.callers import Script, codes
from tests.factories import make_done_prediction, make_style

pytestmark = pytest.mark.django_db


@pytest.fixture
def model_with_maps(monkeypatch):
    """As if the model in use told which parts speak for Impressionism: the upper left for it, the lower right against."""
    places = np.zeros((7, 7), "float32")
    places[:3, :3], places[-3:, -3:] = 2.0, -1.0
    monkeypatch.setattr(inference, "explain", lambda data: {"Impressionism": places, "Realism": -places})
    heatmap._tells.cache_clear()
    yield
    heatmap._tells.cache_clear()


@pytest.fixture
def model_without_maps(monkeypatch):
    monkeypatch.setattr(inference, "explain", lambda data: {})
    heatmap._tells.cache_clear()
    yield
    heatmap._tells.cache_clear()


def test_parts_that_speak_for_the_style_are_warm_and_others_cool(model_with_maps):
    prediction = make_done_prediction()

    drawn = Image.open(BytesIO(heatmap.draw(prediction, "Impressionism")))

    red, _, blue = drawn.resize((7, 7)).getpixel((1, 1))
    assert red > blue + 40
    red, _, blue = drawn.resize((7, 7)).getpixel((5, 5))
    assert blue > red + 20


@pytest.mark.parametrize(
    ("data", "size"), [(pictures.small_painting(), (480, 360)), (pictures.rotated_photo(), (360, 480))]
)
def test_the_map_has_the_proportions_of_the_picture_upright(model_with_maps, data, size):
    prediction = make_done_prediction(picture=data)

    drawn = Image.open(BytesIO(heatmap.draw(prediction, "Impressionism")))

    assert (drawn.format, drawn.size) == ("PNG", size)


def test_the_map_of_the_top_style_or_of_a_named_one_is_served(model_with_maps):
    make_style("Realism", slug="realism", position=1)
    prediction = make_done_prediction()
    script = Script(prediction.owner)
    told = script.get(f"/predictions/{prediction.pk}/").json()

    top = script.get(told["heatmap_url"])
    other = script.get(f"/predictions/{prediction.pk}/heatmap.png?style=realism")

    assert top.headers["Content-Type"] == other.headers["Content-Type"] == "image/png"
    assert top.getvalue() != other.getvalue()


def test_a_style_that_the_model_has_not_learned_has_no_map(model_with_maps):
    make_style("Cubism", slug="cubism", position=1)
    prediction = make_done_prediction()

    response = Script(prediction.owner).get(f"/predictions/{prediction.pk}/heatmap.png?style=cubism")

    assert codes(response) == (404, "no_heatmap")


def test_a_model_without_maps_offers_none(model_without_maps):
    prediction = make_done_prediction()
    script = Script(prediction.owner)

    assert script.get(f"/predictions/{prediction.pk}/").json()["heatmap_url"] is None
    assert codes(script.get(f"/predictions/{prediction.pk}/heatmap.png")) == (404, "no_heatmap")


def test_the_model_in_use_is_asked_whether_it_draws_maps():
    heatmap._tells.cache_clear()
    prediction = make_done_prediction()

    maps = inference.explain(prediction.read_bytes())

    assert heatmap.are_drawn() == bool(maps)

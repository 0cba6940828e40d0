from io import BytesIO

import numpy as np
import pytest
from django.urls import reverse
from django.utils.text import slugify
from PIL import Image

from classifier import heatmap
from classifier.tasks import classify
from ml import inference
from tests import pictures
from tests.api.callers import Script, codes
from tests.explaining import make_explaining_model
from tests.factories import make_done_prediction, make_house_styles, make_prediction, make_style

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def explaining_model(tmp_path_factory):
    return make_explaining_model(tmp_path_factory.mktemp("explains"), seed=5)


@pytest.fixture
def explained(explaining_model, monkeypatch):
    """A prediction of a model that says which parts speak for a style."""
    monkeypatch.setenv("STYLEART_MODEL", str(explaining_model))
    make_house_styles()
    prediction = make_prediction()
    classify(str(prediction.pk))
    prediction.refresh_from_db()
    return prediction


def opened(path) -> Image.Image:
    return Image.open(BytesIO(path.read_bytes()))


def test_warm_parts_speak_for_the_style_and_cool_ones_against_it(explained):
    name = explained.probabilities[0][0]
    places = heatmap.places_for(explained, name)
    for_it, against_it = (np.unravel_index(found, (7, 7)) for found in (places.argmax(), places.argmin()))
    layer = np.asarray(opened(heatmap.layer(explained, name)).resize((7, 7)), "int32")

    red, _, blue, alpha = layer[for_it]
    assert places.max() > 0 > places.min()
    assert red > blue and alpha > 0
    red, _, blue, alpha = layer[against_it]
    assert blue > red and alpha > 0


@pytest.fixture
def questions(monkeypatch):
    """Every question to the network from now on, answered as ever."""
    asked, answer = [], inference.Model.outputs

    def outputs(model, pixels):
        asked.append(model.card["version"])
        return answer(model, pixels)

    monkeypatch.setattr(inference.Model, "outputs", outputs)
    return asked


def test_the_network_is_asked_once_for_answer_and_maps(explaining_model, monkeypatch, questions, client):
    monkeypatch.setenv("STYLEART_MODEL", str(explaining_model))
    prediction = make_prediction()
    client.force_login(prediction.owner)

    classify(str(prediction.pk))
    prediction.refresh_from_db()
    client.get(prediction.get_absolute_url())
    heatmap.drawing(prediction, prediction.probabilities[0][0])
    heatmap.layer(prediction, prediction.probabilities[1][0])

    assert questions == ["explains-5"]
    assert prediction.maps_model == prediction.model_version == "explains-5"


def test_the_maps_of_the_row_are_those_of_the_answer(explained):
    answer = inference.classify(explained.read_bytes())
    kept = explained.places()

    assert list(kept) == list(answer.probabilities)
    for style, places in zip(answer.probabilities, answer.maps, strict=True):
        assert kept[style] == pytest.approx(places, rel=2e-3, abs=1e-3)
    assert len(explained.maps) == 2 * 49 * len(kept)


def test_an_answer_without_maps_asks_the_model_in_use_once(explaining_model, monkeypatch, questions):
    prediction = make_done_prediction(("Tachisme", 0.9), (inference.model_card()["labels"][2], 0.1))
    monkeypatch.setenv("STYLEART_MODEL", str(explaining_model))
    known = prediction.probabilities[1][0]

    heatmap.layer(prediction, known)
    heatmap.drawing(prediction, known)
    prediction.refresh_from_db()

    assert questions == ["explains-5"]
    assert (prediction.maps_model, prediction.embedding_model) == ("explains-5", "explains-5")
    assert list(prediction.places()) == [known]  # the model in use knows no Tachisme
    with pytest.raises(heatmap.NoHeatmap):
        heatmap.layer(prediction, "Tachisme")


@pytest.mark.parametrize(
    ("data", "size"), [(pictures.small_painting(), (480, 360)), (pictures.rotated_photo(), (360, 480))]
)
def test_the_drawing_has_the_proportions_of_the_picture_upright(explaining_model, monkeypatch, data, size):
    monkeypatch.setenv("STYLEART_MODEL", str(explaining_model))
    prediction = make_done_prediction(picture=data)

    drawn = opened(heatmap.drawing(prediction, "Impressionism"))

    assert (drawn.format, drawn.mode, drawn.size) == ("PNG", "RGB", size)


def test_the_page_explains_its_first_three_styles(explained, client):
    client.force_login(explained.owner)

    page = client.get(explained.get_absolute_url()).content.decode()

    assert [bar.name for bar in heatmap.explained(explained, explained.bars())] == [
        n for n, _ in explained.probabilities[:3]
    ]
    assert page.count("data-why=") == 3


def test_drawing_and_layer_are_served_to_the_owner_alone(explained, client):
    script = Script(explained.owner)
    told = script.get(f"/predictions/{explained.pk}/").json()
    slug = told["style"]["slug"]
    stranger = Script()

    by_api = script.get(told["heatmap_url"])

    assert by_api.headers["Content-Type"] == "image/png"
    assert by_api.getvalue().startswith(b"\x89PNG")
    assert script.get(f"/predictions/{explained.pk}/heatmap.png?style={slug}").status_code == 200
    assert codes(stranger.get(f"/predictions/{explained.pk}/heatmap.png")) == (404, "not_found")


def test_the_page_has_the_drawing_and_the_layer_as_files(explained, client):
    client.force_login(explained.owner)
    slug = slugify(explained.probabilities[0][0])

    for kind in ("heatmap", "layer"):
        response = client.get(reverse("classifier:prediction-heatmap", args=[explained.pk, kind, slug]))
        assert response.headers["Content-Type"] == "image/png"
    unknown = client.get(reverse("classifier:prediction-heatmap", args=[explained.pk, "heatmap", "nonsense"]))
    client.logout()
    stranger = client.get(reverse("classifier:prediction-heatmap", args=[explained.pk, "heatmap", slug]))

    assert (unknown.status_code, stranger.status_code) == (404, 404)


def test_a_style_that_the_model_has_not_learned_has_no_map(explained):
    make_style("Tachisme", slug="tachisme", position=99)

    response = Script(explained.owner).get(f"/predictions/{explained.pk}/heatmap.png?style=tachisme")

    assert codes(response) == (404, "no_heatmap")


def test_other_weights_change_the_map(explained, tmp_path, monkeypatch):
    name = explained.probabilities[0][0]
    before = np.asarray(opened(heatmap.layer(explained, name)), float)
    monkeypatch.setenv("STYLEART_MODEL", str(make_explaining_model(tmp_path, seed=7)))
    newer, _ = explained.ask_again()
    classify(str(newer.pk))
    newer.refresh_from_db()

    after = np.asarray(opened(heatmap.layer(newer, name)), float)

    assert np.abs(before - after).mean() > 5


def test_a_newer_model_leaves_the_maps_of_an_answer_alone(explained, tmp_path, monkeypatch):
    before = bytes(explained.maps)
    monkeypatch.setenv("STYLEART_MODEL", str(make_explaining_model(tmp_path, seed=7)))

    explained.embed_again()
    explained.refresh_from_db()

    assert explained.embedding_model == "explains-7"
    assert (bytes(explained.maps), explained.maps_model) == (before, "explains-5")


def test_a_waiting_page_gets_the_maps_together_with_the_answer(explained, client):
    client.force_login(explained.owner)
    address = reverse("classifier:prediction-result", args=[explained.pk])

    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert fragment.index('id="plot"') < fragment.index('id="why"') < fragment.index('id="similar"')
    assert "data-why=" in fragment


def test_a_model_without_maps_offers_none(client, tmp_path, monkeypatch):
    folder = make_explaining_model(tmp_path, seed=6)
    card = (folder / "model.json").read_text()
    (folder / "model.json").write_text(card.replace('"activation_maps"', '"no_maps"'))
    monkeypatch.setenv("STYLEART_MODEL", str(folder))
    prediction = make_done_prediction()
    script = Script(prediction.owner)
    client.force_login(prediction.owner)

    assert script.get(f"/predictions/{prediction.pk}/").json()["heatmap_url"] is None
    assert codes(script.get(f"/predictions/{prediction.pk}/heatmap.png")) == (404, "no_heatmap")
    assert "data-why=" not in client.get(prediction.get_absolute_url()).content.decode()

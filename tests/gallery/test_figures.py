"""The page about the model in use says what its card says, and leaves out what the card lacks."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from gallery.figures import Card, of_hundred
from ml import inference
from tests.factories import make_style
from tests.site.test_templates import Outline, check

pytestmark = pytest.mark.django_db
SHIPPED = Path(settings.BASE_DIR) / "ml" / "model"


@pytest.fixture
def use_card(tmp_path, monkeypatch):
    """Make a changed copy of the shipped card the one in use; the page loads no network."""

    def use(**changes):
        folder = tmp_path / f"model-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        card = json.loads((SHIPPED / "model.json").read_text()) | changes
        card = {key: value for key, value in card.items() if value is not None}
        (folder / "model.json").write_text(json.dumps(card))
        monkeypatch.setenv("STYLEART_MODEL", str(folder))
        return card

    return use


def words_of(response) -> str:
    """What a reader sees, on one line."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.S)[0]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


def test_the_page_gives_the_figures_of_the_model_in_use(client, use_card):
    card = use_card()
    card["metrics"]["test"] |= {"top1": 0.614, "top3": 0.887, "ece": 0.031, "paintings": 4321}
    use_card(metrics=card["metrics"])

    page = words_of(client.get(reverse("gallery:model")))

    assert "61 of a hundred. Its first answer is right." in page
    assert "89 of a hundred. The right style is among its first three." in page
    assert "off by about 3 points" in page
    assert "4,321 further paintings" in page
    assert card["version"] in page


def test_every_learned_style_has_a_bar_as_long_as_its_recall(client, use_card):
    card = use_card()
    make_style("Cubism", position=12)

    page = client.get(reverse("gallery:model")).content.decode()

    recall = card["metrics"]["test"]["recall"]
    assert page.count('class="bar"') == len(recall) == len(card["labels"])
    assert f'class="hue-12" width="{100 * recall["Cubism"]:.1f}%"' in page


def test_the_words_of_certainty_stand_with_how_often_they_were_right(client, use_card):
    card = use_card()
    card["certainty"]["test"]["sure"] = {"share": 0.253, "right": 0.914}
    card["certainty"]["test"]["likely"] = {"share": 0.0, "right": None}
    use_card(certainty=card["certainty"])

    page = words_of(client.get(reverse("gallery:model")))

    assert "Quite sure 25 91 of 100" in page
    assert "Likely 0 never said" in page


def test_weak_and_unlearned_styles_are_named_and_strong_ones_are_not(client, use_card):
    card = use_card()
    recall = dict.fromkeys(card["labels"], 0.8) | {"Symbolism": 0.12, "Realism": 0.21}
    card["metrics"]["test"]["recall"] = recall
    use_card(metrics=card["metrics"])
    make_style("Neo-Expressionism", position=18)
    make_style("Cubism", position=12)

    page = words_of(client.get(reverse("gallery:model")))

    assert "It often misses Symbolism and Realism:" in page
    assert "It has not learned Neo-Expressionism yet" in page


def test_styles_tested_with_known_artists_are_told_apart(client, use_card):
    card = use_card()
    card["metrics"]["test"]["apart"] = {"styles": ["Surrealism"], "without": {"top1": 0.404}}
    use_card(metrics=card["metrics"])

    page = words_of(client.get(reverse("gallery:model")))

    assert "Read Surrealism apart" in page
    assert "Without Surrealism, 40 of a hundred first answers are right." in page


def test_sources_are_compared_only_where_there_are_enough_paintings(use_card):
    card = use_card()
    card["metrics"]["test"]["top1_by_source"] = {"few": [1.0, 2], "worse": [0.36, 300], "better": [0.57, 442]}

    sources = Card(card).sources

    assert [(source.name, source.right) for source in sources] == [("better", "57"), ("worse", "36")]


def test_a_card_without_figures_makes_a_shorter_page_and_no_wrong_one(client, use_card):
    use_card(metrics=None, certainty=None, data=None, trained_at=None, recipe=None)

    response = client.get(reverse("gallery:model"))

    page = words_of(response)
    assert response.status_code == 200
    assert "How to read an answer" in page
    missing = ["How often it is right", "Style by style", "What its words mean", "further paintings", "None"]
    assert [words for words in missing if words in page] == []


def test_the_page_keeps_to_the_outline_and_is_linked_from_the_footer(client, use_card):
    use_card()
    page = client.get(reverse("gallery:model")).content.decode()

    check(Outline(page))
    assert f'<a href="{reverse("gallery:model")}">The model</a>' in page


def test_the_page_loads_no_network(client, use_card):
    card = use_card()  # this folder has no model.tflite at all

    assert client.get(reverse("gallery:model")).status_code == 200
    with pytest.raises(inference.ModelMismatch, match=r"model\.tflite is missing"):
        inference.load_model()
    assert card["version"] == inference.model_version()


def test_shares_are_said_of_a_hundred():
    assert [of_hundred(share) for share in (0.474, 0.0, 0.004, 1.0, None)] == [
        "47",
        "0",
        "under 1",
        "100",
        "",
    ]

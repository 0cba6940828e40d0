"""The page about the data says what data.json says, and only if that belongs to the model in use."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from gallery.models import Style
from ml import inference
from tests.factories import make_house_styles, make_style
from tests.site.test_templates import Outline, check

pytestmark = pytest.mark.django_db
SHIPPED = Path(settings.BASE_DIR) / "ml" / "model"
FINGERPRINT = "00112233aabbccdd"


def make_numbers(name, **changes):
    """A style as data.json describes it, without any weakness."""
    numbers = {
        "name": name,
        "weight": 1.0,
        "pictures": {"train": 70, "val": 10, "test": 20},
        "artists": {
            "all": 30,
            "train": 20,
            "val": 4,
            "test": 6,
            "train_and_test": 0,
            "share_of_first_three": 0.2,
        },
        "years": {
            "dated": 90,
            "first": 1871,
            "median": 1885,
            "last": 1903,
            "by_decade": {"1870": 30, "1880": 40, "1900": 20},
        },
        "sources": {"number": 4, "share_of_largest": 0.5},
        "shapes": {
            "median_width_px": 256,
            "median_height_px": 200,
            "square": 0.1,
            "landscape": 0.5,
            "portrait": 0.4,
        },
        "colours": {key: [20.0, 3.0] for key in ("lightness", "red", "yellow", "colourfulness")},
    }
    for key, value in changes.items():
        numbers[key] = numbers[key] | value
    return numbers


@pytest.fixture
def use_data(tmp_path, monkeypatch):
    """Put a model in use that learned from the given styles; the page loads no network."""

    def use(*styles, described_as=FINGERPRINT, **changes):
        folder = tmp_path / f"model-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        card = json.loads((SHIPPED / "model.json").read_text())
        card["data"]["fingerprint"] = FINGERPRINT
        (folder / "model.json").write_text(json.dumps(card))
        described = {
            "format": 1,
            "fingerprint": described_as,
            "pictures": {"train": 1410, "val": 215, "test": 420},
            "photographs": {"train": 10, "val": 15, "test": 20},
            "artists": 1234,
            "sources": 4,
            "styles": list(styles) or [make_numbers("Realism"), make_numbers("Cubism")],
            "near_duplicates_with_different_labels": 0,
            "near_duplicates_in_different_splits": 0,
        }
        if described_as:
            (folder / "data.json").write_text(json.dumps(described | changes))
        monkeypatch.setenv("STYLEART_MODEL", str(folder))

    return use


def words_of(response) -> str:
    """What a reader sees, on one line."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.S)[0]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


@pytest.fixture
def page_of(client):
    return lambda: words_of(client.get(reverse("gallery:data")))


def test_the_page_gives_the_numbers_of_the_data(use_data, page_of):
    use_data()

    page = page_of()

    assert "2,000 paintings by 1,234 artists, in 2 styles, and at 45 photographs" in page
    assert "From 1,410 pictures the model learned" in page
    assert "Realism 70 10 20 30" in page
    assert "Realism 20 4 6 0" in page
    assert FINGERPRINT in page


def test_styles_come_in_the_order_of_art_history_with_their_colour(client, use_data):
    make_style("Cubism", position=12)
    make_style("Realism", position=6)
    use_data(make_numbers("Cubism"), make_numbers("Realism"))

    page = client.get(reverse("gallery:data")).content.decode()

    rows = re.findall(r'<th scope="row"><i class="dot (hue-\d+)"', page)
    assert rows == ["hue-6", "hue-12"]
    assert re.findall(r'<path class="(hue-\d+)"', page) == rows


def test_a_hill_stands_where_its_years_are(client, use_data):
    late = {"first": 1950, "median": 1965, "last": 1979, "by_decade": {"1950": 5, "1960": 60, "1970": 5}}
    use_data(make_numbers("Realism"), make_numbers("Pop Art", years=late))

    page = client.get(reverse("gallery:data")).content.decode()

    early_hill, late_hill = (
        [tuple(map(float, point.split())) for point in re.findall(r"[ML]([\d.]+ [\d.]+)", path)]
        for path in re.findall(r'<path class="[^"]*" d="([^"]+)"', page)
    )
    summits = [min(hill, key=lambda point: point[1])[0] for hill in (early_hill, late_hill)]
    assert 0 < summits[0] < 300 < 600 < summits[1] < 1000
    assert all(0 <= x <= 1000 and 0 <= y <= 62 for hill in (early_hill, late_hill) for x, y in hill)
    assert re.findall(r"<text [^>]*>(\d+)</text>", page) == ["1900", "2000"]


def test_a_style_without_years_has_no_hill(client, use_data):
    none = {"dated": 0, "first": None, "median": None, "last": None, "by_decade": {}}
    use_data(make_numbers("Realism"), make_numbers("Cubism", years=none))

    response = client.get(reverse("gallery:data"))

    assert response.content.decode().count('<path class="') == 1
    assert "Of Cubism hardly any picture is dated" in words_of(response)
    assert "Cubism 0 – – –" in words_of(response)


def test_data_without_any_year_show_no_hills(use_data, page_of):
    none = {"dated": 0, "first": None, "median": None, "last": None, "by_decade": {}}
    use_data(make_numbers("Realism", years=none), make_numbers("Cubism", years=none))

    assert "When they were painted" not in page_of()


@pytest.mark.parametrize(
    ("weak", "said"),
    [
        ({"artists": {"share_of_first_three": 0.94}}, "Cubism is nearly three artists"),
        ({"artists": {"all": 12}}, "Cubism has few artists"),
        ({"artists": {"train_and_test": 2}}, "In Cubism some artists painted pictures that it learned from"),
        ({"shapes": {"square": 1.0}}, "nearly all pictures of Cubism are square"),
        ({"sources": {"share_of_largest": 1.0}}, "nearly all pictures of Cubism were gathered by one source"),
    ],
)
def test_a_weakness_is_said_where_there_is_one_and_only_there(use_data, page_of, weak, said):
    use_data(make_numbers("Realism"), make_numbers("Cubism"))
    assert said not in page_of()

    use_data(make_numbers("Realism"), make_numbers("Cubism", **weak))
    assert said in page_of()


def test_doubtful_labels_are_counted(use_data, page_of):
    use_data(near_duplicates_with_different_labels=3)

    assert "3 pairs of nearly the same pictures stand under different styles" in page_of()


def test_styles_that_were_not_learned_are_named(use_data, page_of):
    make_style("Cubism", position=12)
    make_style("Neoclassicism", position=4)
    use_data(make_numbers("Cubism"), make_numbers("Realism"))

    assert "too few pictures of Neoclassicism" in page_of()


def test_data_of_another_model_are_not_shown_and_it_says_so(use_data, page_of):
    use_data(described_as="ffffffffffffffff")

    page = page_of()

    assert "learned from other data" in page
    assert "1,234" not in page
    assert FINGERPRINT in page


@pytest.mark.parametrize("content", [None, "{", "[]", '{"format": 99}'])
def test_a_model_without_description_says_so(use_data, page_of, content):
    use_data(described_as="")
    if content is not None:
        (inference.model_folder() / "data.json").write_text(content)

    page = page_of()

    assert "Nobody has described the data of the model in use yet" in page
    assert "python -m ml.eda" in page


def test_the_page_of_the_shipped_model_is_whole_and_keeps_to_the_policy(client):
    make_house_styles()

    response = client.get(reverse("gallery:data"))
    page = response.content.decode()

    assert "Surrealism is nearly three artists" in words_of(response)
    assert page.count("<path") >= 10
    assert " style=" not in page
    check(Outline(page))


def test_the_page_asks_the_database_little(client, use_data, django_assert_max_num_queries):
    make_house_styles()
    use_data(*(make_numbers(style.name) for style in Style.objects.of_the_house()))

    with django_assert_max_num_queries(4):
        client.get(reverse("gallery:data"))


def test_every_page_links_to_the_data(client):
    page = client.get(reverse("gallery:style-list")).content.decode()

    assert f'<a href="{reverse("gallery:data")}">The data</a>' in page

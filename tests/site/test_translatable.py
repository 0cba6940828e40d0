"""Every word of the public pages can be translated, and numbers in drawings stay numbers in every language."""

import re

import pytest
from django.urls import reverse
from django.utils.text import slugify

from classifier.models import Prediction
from gallery.models import Artwork
from gallery.words import KINDS_OF_FILES, PICTURE_PROBLEMS, picture_problem
from ml import inference, preprocess
from tests import pictures, pseudo
from tests.factories import (
    make_artist,
    make_artwork,
    make_done_prediction,
    make_house_styles,
    make_prediction,
    small_painting,
)

pytestmark = pytest.mark.django_db
PUBLIC = [
    "/", "/styles/", "/styles/cubism/", "/styles/realism/", "/chronology/", "/artists/", "/artists/?style=cubism",
    "/artists/?q=nobody", "/artists/qx-qy/", "/artworks/", "/artworks/?style=cubism&year_from=1900&artist=qx-qy",
    "/artworks/?q=nothing", "/artworks/?year_from=x", "/search/", "/search/?q=qz", "/search/?q=nothing",
    "/search/?q=...", "/search/?q=cub", "/colours/aa3344/", "/model/", "/data/", "/no-such-page/", "/predictions/",
]  # fmt: skip
NUMBERS = ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "d", "viewBox")


@pytest.fixture
def catalogue():
    """The styles of the house, and works with everything that a page can tell of them."""
    styles = {style.name: style for style in make_house_styles()}
    for style in styles.values():
        style.slug, style.summary, style.look_for = slugify(style.name), f"Qsummary {style.pk}", ["Qsign"]
        style.description = f"Qdescription {style.pk}"
        style.save()
    styles["Cubism"].came_from.add(styles["Realism"])
    cubism = styles["Cubism"]
    artist = make_artist(
        "Qx Qy", slug="qx-qy", style=cubism, birth_year=1881, death_year=1973, nationality="Spanish"
    )
    make_artwork(
        "Qz one", style=cubism, artist=artist, year=1913, picture=small_painting(), rights="public_domain",
        genre="qgenre", materials="qoil", width_cm=12.5, height_cm=30.25, source_url="https://example.org/q",
    )  # fmt: skip
    make_artwork("", style=cubism, year=1901)
    make_artwork("Qz three", style=styles["Realism"], rights="protected", year=1850, picture=small_painting())
    make_artwork("Qz study", style=styles["Realism"], rights="generated", picture=small_painting())
    return styles


def pages_of_works() -> list[str]:
    return [work.get_absolute_url() for work in Artwork.objects.all()]


def known() -> list[str]:
    """What pages say that neither is translated nor comes from the database."""
    card = inference.model_card()
    data = inference.data_card() or {}
    sources = card.get("metrics", {}).get("test", {}).get("top1_by_source", {})
    return [
        card["version"], card.get("recipe", {}).get("recipe", "-"), card.get("variants", {}).get("chosen", "-"),
        card.get("data", {}).get("fingerprint", "-"), data.get("fingerprint", "-"), *sources, "QQ",
    ]  # fmt: skip


def find_unmarked(client, address: str) -> list[str]:
    with pseudo.language():
        page = client.get(address, follow=True).content.decode()
    assert "⟦" in page
    return pseudo.unmarked(page, known=known())


def test_the_test_sees_what_nobody_can_translate():
    page = '<p>⟦Good <b>day</b>⟧</p><p>Bad <i>day</i> 71 %</p><img alt="Bad picture"><img alt="⟦Good⟧ 3">'

    assert pseudo.unmarked(page) == ["Bad", "day", "Bad picture"]


@pytest.mark.parametrize("address", PUBLIC)
def test_every_word_of_a_public_page_can_be_translated(client, catalogue, address):
    assert find_unmarked(client, address) == []


def test_every_word_about_a_work_can_be_translated(client, catalogue):
    assert {address: find_unmarked(client, address) for address in pages_of_works()} == {
        address: [] for address in pages_of_works()
    }


@pytest.mark.parametrize("certainty", Prediction.Certainty.values)
def test_every_word_of_an_answer_can_be_translated(client, catalogue, certainty):
    prediction = make_done_prediction(
        ("Cubism", 0.62), ("Realism", 0.3776), ("Baroque", 0.0024), certainty=certainty
    )
    make_done_prediction(
        ("Realism", 0.9),
        ("Cubism", 0.1),
        owner=prediction.owner,
        title="Qtitle",
        picture=pictures.small_painting(26),
    )
    client.force_login(prediction.owner)
    first, second = Prediction.objects.all()
    compare = f"{reverse('classifier:prediction-compare')}?first={first.pk}&second={second.pk}"

    addresses = [
        prediction.get_absolute_url(),
        "/predictions/",
        "/predictions/styles/",
        compare,
        "/predictions/?q=x",
    ]
    assert {address: find_unmarked(client, address) for address in addresses} == {
        address: [] for address in addresses
    }


def test_every_word_of_waiting_failing_sharing_and_the_trash_can_be_translated(client, catalogue):
    prediction = make_prediction()
    client.force_login(prediction.owner)
    assert find_unmarked(client, prediction.get_absolute_url()) == []
    Prediction.objects.claim(prediction.pk).mark_failed("gave_up")
    assert find_unmarked(client, prediction.get_absolute_url()) == []
    done = make_done_prediction(
        ("Cubism", 0.62), ("Realism", 0.38), owner=prediction.owner, picture=pictures.small_painting(26)
    )
    share = done.share_with(30)
    assert find_unmarked(client, done.get_absolute_url()) == []
    assert find_unmarked(client, share.get_absolute_url()) == []
    done.trash()
    assert find_unmarked(client, "/predictions/trash/") == []


@pytest.mark.parametrize("code", ["en", "fr", "de"])
def test_numbers_in_drawings_are_numbers_in_every_language(client, catalogue, code):
    prediction = make_done_prediction(("Cubism", 0.625), ("Realism", 0.375))
    client.force_login(prediction.owner)
    for address in [*PUBLIC, *pages_of_works(), prediction.get_absolute_url(), "/predictions/styles/"]:
        page = client.get(address, headers={"accept-language": code}).content.decode()
        for name in NUMBERS:
            wrong = [
                value for value in re.findall(rf'\s{name}="([^"]*)"', page) if re.search(r"\d,\d", value)
            ]
            assert wrong == [], (address, name)


def test_a_picture_that_cannot_be_read_is_refused_in_the_language_of_the_page():
    """Every sentence of ml about files is known where it is translated."""
    said = {*preprocess._MESSAGES.values(), preprocess._THIS_KIND, preprocess._SO_MANY_PIXELS}
    assert said == set(PICTURE_PROBLEMS)
    named = {name for _, name in preprocess._UNSUPPORTED_MAGIC}
    assert {name for name in named if name.islower()} - {"gzip"} <= set(KINDS_OF_FILES)
    with pseudo.language():
        assert picture_problem(preprocess.UnreadableImage("damaged")).startswith("⟦This file is damaged")


def test_a_plot_is_kept_for_each_language(client, catalogue):
    prediction = make_done_prediction(("Cubism", 0.625), ("Realism", 0.375))
    client.force_login(prediction.owner)
    address = reverse("classifier:prediction-plot", args=[prediction.pk, "svg"])

    english, again = (b"".join(client.get(address).streaming_content) for _ in range(2))
    with pseudo.language():  # kept under English, so nothing new is drawn
        assert b"".join(client.get(address).streaming_content) == english == again
    response = client.get(address, headers={"accept-language": "de"})

    assert {"Accept-Language", "Cookie"} <= set(response.headers["Vary"].split(", "))
    kept = sorted(path.name.rpartition("-")[2] for path in prediction.derived_folder.glob("plot-*"))
    assert kept == ["de.svg", "en.svg"]

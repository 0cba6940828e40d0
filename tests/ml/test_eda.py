import csv
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import numpy as np
import pytest
from PIL import Image

from ml import eda, eda_plots
from ml.data_card import describe
from ml.dataset import read_manifest
from ml.facts import lab, look
from tests import pictures
from tests.ml.conftest import HOUSE

PAINTINGS = HOUSE.parent / "shared" / "paintings" / "manifest.csv"


@pytest.fixture(scope="session")
def dated_manifest(small_manifest, tmp_path_factory):
    """The small manifest with real style names and years: Cubism from 1910, Realism from 1850, Minimalism unknown."""
    folder = shutil.copytree(small_manifest.parent, tmp_path_factory.mktemp("dated") / "set")
    names = {"Compositions": "Cubism", "Fields": "Minimalism", "Stripes": "Realism"}
    first = {"Compositions": 1910, "Stripes": 1850}
    with small_manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["year"] = first[row["style"]] + number % 20 if row["style"] in first else ""
        row["style"] = names.get(row["style"], row["style"])
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder / "manifest.csv"


@pytest.fixture(scope="session")
def report(dated_manifest, tmp_path_factory):
    """The folder with the report of the dated manifest, and its page."""
    out = tmp_path_factory.mktemp("eda")
    code, said = run("--manifest", dated_manifest, "--out", out)
    assert code == 0, said
    return out, (out / "index.html").read_text()


def run(*arguments) -> tuple[int, str]:
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = eda.main([str(argument) for argument in arguments])
    return code, said.getvalue()


def card_of(manifest, kept):
    data = read_manifest(manifest)
    seen = look((picture.path for picture in data.pictures), kept)
    return describe(data, {picture.sha256: seen[picture.path] for picture in data.pictures})


def test_the_report_has_every_section_and_needs_no_other_file(report):
    _, page = report

    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert headings == [
        "Pictures",
        "Artists",
        "Years",
        "Sources",
        "Sizes and shapes",
        "Light and dark",
        "Colours",
        "Examples",
        "Label noise",
    ]
    assert set(re.findall(r'(?:src|href)="(.{0,5})', page)) <= {"data:"} | {
        f"#{heading.lower().replace(' ', '-')}"[:5] for heading in headings
    }


def test_every_plot_is_a_picture_with_a_description(report):
    out, page = report

    names = {path.name for path in out.glob("*.png")}
    assert names == {
        f"{name}.png"
        for name in ("pictures", "artists", "years", "shapes", "lightness", "colours", "examples")
    }
    for name in names:
        with Image.open(out / name) as image:
            assert np.asarray(image.convert("L")).std() > 5  # something is drawn
    assert page.count("<img") == len(names)
    assert 'alt=""' not in page


def test_styles_come_in_the_order_of_art_history(report):
    _, page = report

    table = page.split("<h2")[1]
    assert re.findall(r"<td>(Realism|Cubism|Minimalism|not-a-painting)</td>", table) == [
        "Realism",
        "Cubism",
        "Minimalism",
        "not-a-painting",
    ]


def test_a_style_without_years_is_named_instead_of_drawn(report):
    _, page = report

    assert "Too few pictures with a year: Minimalism." in page


def test_the_numbers_are_those_of_the_data(dated_manifest, tmp_path):
    card = card_of(dated_manifest, tmp_path / "facts.csv")

    realism, cubism, minimalism = card["styles"]
    assert card["pictures"] == {"train": 48, "val": 16, "test": 16}
    assert card["photographs"] == {"train": 12, "val": 4, "test": 4}
    assert card["fingerprint"] == read_manifest(dated_manifest).fingerprint
    assert cubism["pictures"] == {"train": 12, "val": 4, "test": 4}
    assert cubism["weight"] == 1.0
    assert cubism["artists"]["all"] == 6
    assert cubism["artists"]["train_and_test"] == 0
    assert sum(cubism["years"]["by_decade"].values()) == cubism["years"]["dated"] == 20
    assert realism["years"]["first"] >= 1850
    assert minimalism["years"] == {"dated": 0, "first": None, "median": None, "last": None, "by_decade": {}}
    assert cubism["shapes"]["landscape"] == 1.0
    assert cubism["sources"] == {"number": 1, "share_of_largest": 1.0}


def test_a_picture_under_two_labels_is_a_suspect(dated_manifest, tmp_path):
    folder = shutil.copytree(dated_manifest.parent, tmp_path / "set")
    with Image.open(folder / "Compositions-3.jpg") as image:
        image.save(folder / "again.jpg", quality=70)
    line = "again.jpg,Realism,Somebody,made here,feed,test,1900\n"
    with (folder / "manifest.csv").open("a", newline="") as file:
        file.write(line)

    code, said = run("--manifest", folder / "manifest.csv", "--out", tmp_path / "out")

    assert code == 0, said
    page = (tmp_path / "out" / "index.html").read_text()
    assert "with different labels: 1; in different splits: 1" in page
    assert "again.jpg" in page


def test_a_file_that_cannot_be_read_is_listed_and_the_rest_is_reported(dated_manifest, tmp_path):
    folder = shutil.copytree(dated_manifest.parent, tmp_path / "set")
    (folder / "Fields-2.jpg").write_bytes(b"no picture")

    code, said = run("--manifest", folder / "manifest.csv", "--out", tmp_path / "out")

    assert code == 0, said
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Files that cannot be read" in page
    assert "Fields-2.jpg" in page


def test_a_second_look_reads_no_picture_again(report, dated_manifest, tmp_path):
    out, _ = report
    shutil.copy(out / "facts.csv", tmp_path / "facts.csv")
    marked = (tmp_path / "facts.csv").read_text().replace(",160,120,", ",161,120,")
    (tmp_path / "facts.csv").write_text(marked)

    run("--manifest", dated_manifest, "--out", tmp_path)

    assert (tmp_path / "facts.csv").read_text() == marked


def test_the_card_goes_to_the_model_that_learned_from_these_data(dated_manifest, report, tmp_path):
    fingerprint = read_manifest(dated_manifest).fingerprint
    (tmp_path / "model.json").write_text(json.dumps({"data": {"fingerprint": fingerprint}}))

    code, _ = run("--manifest", dated_manifest, "--out", report[0], "--card", tmp_path)

    assert code == 0
    assert json.loads((tmp_path / "data.json").read_text())["fingerprint"] == fingerprint


def test_the_card_is_refused_to_a_model_that_learned_from_other_data(dated_manifest, report, tmp_path):
    (tmp_path / "model.json").write_text('{"data": {"fingerprint": "0123456789abcdef"}}')

    code, said = run("--manifest", dated_manifest, "--out", report[0], "--card", tmp_path)

    assert code == 1
    assert "0123456789abcdef" in said
    assert not (tmp_path / "data.json").exists()


def test_the_examples_show_what_the_model_sees(tmp_path):
    (tmp_path / "deep.png").write_bytes(pictures.sixteen_bit_png())

    eda_plots.example_rows({"Ramps": [tmp_path / "deep.png"]}, tmp_path / "sheet.png")

    with Image.open(tmp_path / "sheet.png") as sheet:
        last_line = [sheet.convert("L").getpixel((10 + left, 30 + 118 - 8 - 3)) for left in (2, 55, 107)]
    assert last_line == pytest.approx([5, 128, 250], abs=8)


def test_a_missing_manifest_is_named(tmp_path):
    code, said = run("--manifest", tmp_path / "none.csv", "--out", tmp_path / "out")

    assert code == 1
    assert "none.csv" in said


def test_the_shipped_card_is_of_the_data_the_shipped_model_learned_from():
    folder = HOUSE / "ml" / "model"
    card, model = (json.loads((folder / name).read_text()) for name in ("data.json", "model.json"))

    assert card["fingerprint"] == model["data"]["fingerprint"]
    assert card["pictures"] == model["data"]["pictures"]
    assert [style["name"] for style in card["styles"]] != model["labels"]  # chronology, not alphabet
    assert {style["name"] for style in card["styles"]} == set(model["labels"])


@pytest.mark.skipif(
    not PAINTINGS.exists(), reason=f"{PAINTINGS} is not here: the shipped card was not compared"
)
def test_the_shipped_card_counts_what_the_paintings_manifest_says():
    card = json.loads((HOUSE / "ml" / "model" / "data.json").read_text())
    data = read_manifest(PAINTINGS)

    if card["fingerprint"] != data.fingerprint:
        pytest.skip("The shipped model learned from other data: its card was not compared.")
    assert card["pictures"] == {split: len(data.part(split)) for split in ("train", "val", "test")}
    for style in card["styles"]:
        years = [p.year for p in data.pictures if p.style == style["name"] and p.year]
        assert style["years"]["dated"] == len(years)


def test_colours_are_measured_as_cielab_says():
    pixels = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)

    expected = [[100, 0, 0], [0, 0, 0], [53.2, 80.1, 67.2], [32.3, 79.2, -107.9]]  # published values
    assert np.allclose(lab(pixels), expected, atol=0.2)

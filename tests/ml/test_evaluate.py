import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml import evaluate, inference
from ml.dataset import read_manifest
from tests.ml.conftest import HOUSE
from tests.ml.test_answers import ANSWERS

THRESHOLDS = {"sure": 0.8, "likely": 0.65, "not_a_painting": 0.5}
PLOTS = ["confusion.png", "confusion-normalised.png", "roc.png", "reliability.png", "risk-coverage.png"]
TABLES = ["classification.csv", "auc.csv", "roc.csv", "confusion.csv"]


def ask_the_command(*arguments, **environment):
    command = [sys.executable, "-m", "ml.evaluate", *map(str, arguments)]
    return subprocess.run(
        command, cwd=HOUSE, capture_output=True, text=True, check=False, env=os.environ | environment
    )


@pytest.fixture(scope="module")
def report(smoke_model, small_manifest, tmp_path_factory):
    """The report of the smoke model beside itself: (folder of all reports, folder of this one, output)."""
    out = tmp_path_factory.mktemp("evaluation")
    done = ask_the_command(smoke_model[0], "--manifest", small_manifest, "--out", out)
    assert done.returncode == 0, done.stderr
    version = json.loads((smoke_model[0] / "model.json").read_text())["version"]
    return out, out / version, done.stdout


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("split", evaluate.SPLITS)
def test_every_part_gets_its_tables_and_plots(report, split):
    folder = report[1] / split

    assert [name for name in TABLES if not rows_of(folder / name)] == []
    for name in PLOTS:
        with Image.open(folder / name) as plot:
            assert min(plot.size) > 400
            assert len(plot.convert("RGB").getcolors(1 << 24)) > 20  # something is drawn


def test_training_and_the_styles_in_train_and_test_are_plotted(report):
    for name in ("history.png", "train-test.png"):
        assert (report[1] / name).stat().st_size > 10_000


def test_the_figures_are_those_of_the_card_and_lie_in_their_intervals(report, smoke_model):
    card = json.loads((smoke_model[0] / "model.json").read_text())

    metrics = json.loads((report[1] / "metrics.json").read_text())

    for name in evaluate.COMPARED:
        figure = metrics["test"][name]
        assert figure["value"] == card["metrics"]["test"][name]
        assert figure["interval"][0] <= figure["interval"][1]
    low, high = metrics["train"]["top1"]["interval"]
    assert low <= metrics["train"]["top1"]["value"] <= high
    assert metrics["data"] == card["data"]["fingerprint"]


def test_the_table_names_the_model_and_is_kept(report, smoke_model):
    out, folder, printed = report

    table = (out / "models.md").read_text()

    assert table in printed
    assert folder.name in table.splitlines()[2]
    assert len({line.count("|") for line in table.splitlines()}) == 1


def test_a_second_run_asks_nothing_and_says_the_same(report, smoke_model, small_manifest):
    out, folder, _ = report
    (cache,) = (out / "answers").glob("*.npz")
    asked_at, before = cache.stat().st_mtime_ns, (folder / "metrics.json").read_text()

    done = ask_the_command(smoke_model[0], smoke_model[0], "--manifest", small_manifest, "--out", out)

    assert done.returncode == 0, done.stderr
    assert cache.stat().st_mtime_ns == asked_at
    assert (folder / "metrics.json").read_text() == before


def test_evaluating_never_imports_tensorflow():
    code = "import sys, ml.evaluate; assert not {'tensorflow', 'keras', 'django'} & set(sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_a_model_of_other_styles_is_refused_by_name(small_manifest, tmp_path):
    done = ask_the_command(HOUSE / "ml" / "model", "--manifest", small_manifest, "--out", tmp_path / "out")

    assert done.returncode == 1
    assert "differ in these styles" in done.stderr
    assert "Stripes" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_model_is_refused(small_manifest, tmp_path):
    done = ask_the_command(tmp_path, "--manifest", small_manifest)

    assert done.returncode == 1
    assert "model.json is missing" in done.stderr


def test_a_missing_picture_is_named(smoke_model, small_manifest, tmp_path, capsys):
    alone = shutil.copy(small_manifest, tmp_path / "manifest.csv")

    code = evaluate.main([str(smoke_model[0]), "--manifest", str(alone), "--out", str(tmp_path / "out")])

    assert code == 1
    assert "Compositions-0.jpg: No such file or directory." in capsys.readouterr().err


def test_a_model_that_learned_from_other_data_is_told_from_one_of_these(smoke_model, small_manifest):
    models = {smoke_model[0]: inference.load_model(smoke_model[0])}
    data = read_manifest(small_manifest)

    assert not list(evaluate.about_data(models, data))
    said = " ".join(evaluate.about_data(models, replace(data, pictures=data.pictures[1:])))
    assert f"learned from other data ({data.fingerprint})" in said


def test_the_classification_report_counts_as_one_would_by_hand():
    rows = {row["style"]: row for row in evaluate.classification_report(ANSWERS)}

    assert rows["Cubism"] == {
        "style": "Cubism",
        "precision": 0.6667,
        "recall": 1.0,
        "f1": 0.8,
        "paintings": 2,
    }
    assert rows["Pop Art"]["f1"] == 0.0
    assert rows["mean over styles"]["recall"] == 0.6667
    assert rows["mean over paintings"]["recall"] == 0.75


def test_mistakes_are_told_most_confident_first():
    mistakes = list(evaluate.mistake_rows(with_paths(ANSWERS.paintings)))

    assert [(row["truth"], row["answer"], row["probability"]) for row in mistakes] == [
        ("Pop Art", "Cubism", 0.8)
    ]


def test_everything_measured_has_an_interval():
    figures = evaluate.figures_of(ANSWERS, THRESHOLDS)

    assert figures["recall"]["Cubism"] == {"value": 1.0, "interval": [1.0, 1.0], "pictures": 2}
    assert figures["top1"]["value"] == 0.75
    assert figures["top1"]["interval"][0] < 0.75 < figures["top1"]["interval"][1]
    assert figures["certainty"]["share"]["sure"]["value"] == 0.25
    assert figures["certainty"]["photographs_called_not_a_painting"]["value"] == 1.0
    assert figures["apart"]["styles"] == ["Cubism"]


def test_paintings_by_nobody_known_are_not_by_the_same_artist():
    unknown = [replace(picture, artist="", sha256=str(n)) for n, picture in enumerate(ANSWERS.pictures)]

    figures = evaluate.retrieval_figures(replace(ANSWERS, pictures=unknown).paintings)

    assert "same_artist_precision_at_10" in evaluate.retrieval_figures(ANSWERS.paintings)
    assert "same_artist_precision_at_10" not in figures


def test_a_word_that_was_never_said_has_no_share_of_right_ones():
    figures = evaluate.figures_of(ANSWERS, THRESHOLDS | {"sure": 0.99})

    assert "sure" not in figures["certainty"]["right"]
    assert "never" in list(evaluate.side_by_side({"one": {"test": figures}}))[2]


def test_curves_reach_from_nothing_to_everything():
    paintings = ANSWERS.paintings

    curves = evaluate.roc_curves(paintings.probabilities, paintings.truth, ANSWERS.data.styles)

    assert all(np.all(np.diff(curve) >= 0) and curve[-1] == 1 for curve in curves.values())
    assert set(curves) == {"false_positive_rate", *ANSWERS.data.styles, "macro", "micro"}


def with_paths(answers):
    """The same answers about pictures that have a file name."""
    pictures = [replace(p, path=Path(f"{p.sha256}.jpg")) for p in answers.pictures]
    return replace(answers, pictures=pictures)


def test_the_tables_of_the_model_card_start_with_the_weakest_style():
    lines = list(evaluate.figures_table(evaluate.figures_of(ANSWERS, THRESHOLDS)))

    styles = [line.split(" | ")[0].strip("| ") for line in lines[lines.index("") + 3 :]]
    assert styles == ["Pop Art", "Cubism", "Realism"]
    assert any(line.startswith("| top-1 | 0.750 (") for line in lines)
    assert "| photographs called not a painting | 1.000 (1.000–1.000) |" in lines

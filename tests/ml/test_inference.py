import csv
import json
import shutil
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

from ml import hashes, inference
from tests import pictures
from tests.ml.conftest import HOUSE

PAINTINGS = HOUSE.parent / "shared" / "paintings"
SHIPPED = HOUSE / "ml" / "model"


@pytest.fixture
def model_folder(tmp_path, monkeypatch):
    """A copy of the shipped model, to be spoilt."""
    shutil.copytree(SHIPPED, tmp_path / "model")
    monkeypatch.setenv("STYLEART_MODEL", str(tmp_path / "model"))
    return tmp_path / "model"


@pytest.mark.parametrize(
    "make",
    [
        pictures.small_painting,
        pictures.rotated_photo,
        pictures.cmyk_scan,
        pictures.grey_jpeg,
        pictures.transparent_png,
        pictures.sixteen_bit_png,
        pictures.animated_gif,
        pictures.tiff,
        pictures.webp,
        pictures.avif,
    ],
)
def test_every_readable_picture_gets_a_whole_answer(make):
    answer = inference.classify(make())

    values = list(answer.probabilities.values())
    assert set(answer.probabilities) == set(inference.model_card()["labels"])
    assert sum(values) == pytest.approx(1)
    assert values == sorted(values, reverse=True)
    assert min(values) >= 0
    assert answer.certainty in inference.CERTAINTIES
    assert answer.model_version == inference.model_version()
    assert answer.embedding.dtype == np.float32
    assert answer.embedding.shape == (256,)
    assert np.linalg.norm(answer.embedding) == pytest.approx(1, abs=1e-5)


def test_a_letter_is_refused_with_a_sentence():
    with pytest.raises(inference.UnreadableImage, match="not a picture") as caught:
        inference.classify(pictures.letter())

    assert caught.value.code == "not_a_picture"


def test_the_same_picture_gets_the_same_answer_and_another_one_another():
    one, same, other = (inference.embed(pictures.small_painting(seed)) for seed in (7, 7, 8))

    assert np.array_equal(one, same)
    assert one @ other < 0.99


def test_a_smaller_copy_of_a_picture_lies_nearer_than_another_picture():
    painting, other = inference.embed(pictures.small_painting()), inference.embed(pictures.small_painting(8))
    copy = inference.embed(pictures.webp())

    assert painting @ copy > painting @ other


def test_threads_that_ask_at_once_get_their_own_answers():
    expected = {seed: inference.embed(pictures.small_painting(seed)) for seed in range(4)}
    answers = {}

    def ask(seed):
        for turn in range(5):
            answers[seed, turn] = inference.embed(pictures.small_painting(seed))

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 20
    for (seed, _), embedding in answers.items():
        assert np.array_equal(embedding, expected[seed])


def test_the_model_is_loaded_once_in_a_process():
    assert inference.load_model() is inference.load_model()


def test_a_network_that_is_not_the_one_in_its_card_is_refused(model_folder):
    weights = bytearray((model_folder / "model.tflite").read_bytes())
    weights[len(weights) // 2] ^= 1
    (model_folder / "model.tflite").write_bytes(weights)

    with pytest.raises(inference.ModelMismatch, match="do not belong together"):
        inference.load_model()


@pytest.mark.parametrize("missing", ["model.json", "model.tflite"])
def test_half_a_model_is_refused_by_name(model_folder, missing):
    (model_folder / missing).unlink()

    with pytest.raises(inference.ModelMismatch, match=f"{missing} is missing"):
        inference.load_model()


def test_a_card_with_other_labels_than_the_network_is_refused(model_folder):
    card = json.loads((model_folder / "model.json").read_text())
    card["labels"].append("Vorticism")
    (model_folder / "model.json").write_text(json.dumps(card))

    with pytest.raises(inference.ModelMismatch, match=r"but model\.tflite has"):
        inference.load_model()


def test_a_card_of_another_format_is_refused(model_folder):
    card = json.loads((model_folder / "model.json").read_text())
    (model_folder / "model.json").write_text(json.dumps({**card, "format": 99}))

    with pytest.raises(inference.ModelMismatch, match="format 99"):
        inference.model_card()


def test_the_certainty_follows_the_thresholds():
    thresholds = {"sure": 0.6, "likely": 0.4, "not_a_painting": 0.5}

    words = [
        inference.certainty_of(top, photo, thresholds)
        for top, photo in [(0.7, 0), (0.6, 0.1), (0.5, 0), (0.3, 0), (0.9, 0.5)]
    ]

    assert words == ["sure", "sure", "likely", "unsure", "not_a_painting"]


def test_the_shipped_card_tells_what_the_pages_show():
    card = inference.model_card()
    test = card["metrics"]["test"]

    assert card["labels"] == sorted(card["labels"])
    assert {"top1", "top3", "macro_f1", "macro_auc", "ece", "baseline_top1", "recall"} <= set(test)
    assert set(test["recall"]) == set(card["labels"])
    assert test["top1"] > 3 * test["baseline_top1"]
    assert set(card["certainty"]["thresholds"]) == {"sure", "likely", "not_a_painting"}
    assert (SHIPPED / "model.tflite").stat().st_size == card["bytes"] < 15_000_000


def test_neither_importing_nor_asking_ever_imports_tensorflow():
    code = (
        "import sys; from ml import inference; "
        "assert 'ai_edge_litert' not in sys.modules, 'the interpreter was loaded at import'; "
        "from tests import pictures; inference.classify(pictures.small_painting()); "
        "assert 'ai_edge_litert' in sys.modules; "
        "assert not {'tensorflow', 'keras', 'ml.train', 'ml.export'} & set(sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_a_process_forked_before_the_first_question_can_ask():
    code = (
        "import os, sys; from ml import inference; from tests import pictures\n"
        "child = os.fork()\n"
        "inference.classify(pictures.small_painting())\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_real_paintings_by_unseen_artists_are_mostly_told_right():
    if not PAINTINGS.is_dir():
        warnings.warn(f"NOT TRIED on real paintings: {PAINTINGS} is not here.", stacklevel=1)
        pytest.skip("the shared paintings are not on this machine")
    with (PAINTINGS / "manifest.csv").open(newline="", encoding="utf-8") as file:
        test = [row for row in csv.DictReader(file) if row["split"] == "test"]
    chosen = [row for row in test if row["style"] in inference.model_card()["labels"]][::3]

    answers = [inference.classify(Path(PAINTINGS, row["path"]).read_bytes()) for row in chosen]

    right = [
        next(iter(answer.probabilities)) == row["style"] for answer, row in zip(answers, chosen, strict=True)
    ]
    assert len(chosen) > 300
    assert np.mean(right) > 0.41  # 0.449 when it was exported; always naming the commonest style: 0.08


def test_the_site_hashes_pictures_as_training_does():
    assert inference.difference_hash is hashes.difference_hash

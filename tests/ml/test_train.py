import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from ml import inference
from ml.augment import augment
from ml.dataset import batches, cached_pixels, read_manifest
from ml.preprocess import preprocess, scale, square
from tests import pictures
from tests.ml.conftest import HOUSE, train


def test_training_and_serving_see_the_same_pixels(small_manifest):
    chosen = read_manifest(small_manifest).pictures[:5]

    seen_in_training = scale(np.concatenate(list(batches(chosen, 224))))

    for pixels, picture in zip(seen_in_training, chosen, strict=True):
        assert np.array_equal(pixels, preprocess(picture.path.read_bytes()))


def test_the_cache_holds_what_the_decoder_gives_and_is_made_once(small_manifest, tmp_path):
    chosen = list(read_manifest(small_manifest).pictures[:5])

    first = cached_pixels(chosen, 104, tmp_path / "cache.npy")
    made_at = (tmp_path / "cache.npy").stat().st_mtime_ns
    again = cached_pixels(chosen, 104, tmp_path / "cache.npy")

    assert np.array_equal(first, again)
    assert (tmp_path / "cache.npy").stat().st_mtime_ns == made_at
    assert np.array_equal(first[3], square(chosen[3].path.read_bytes(), 104))


def test_a_variation_depends_only_on_its_chance():
    pixels = square(pictures.small_painting(), 128)

    one, same, other = (
        augment(pixels, 96, np.random.default_rng(seed), least_area=0.35) for seed in (1, 1, 2)
    )

    assert one.shape == (96, 96, 3)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_labels_come_from_the_data(small_manifest):
    data = read_manifest(small_manifest)

    assert data.styles == ("Compositions", "Fields", "Stripes")
    assert set(data.targets(data.part("test"))) == {0, 1, 2, 3}


def test_a_changed_label_changes_the_fingerprint(small_manifest, tmp_path):
    changed = tmp_path / "manifest.csv"
    changed.write_text(small_manifest.read_text().replace("Stripes,train", "Fields,train", 1))

    assert read_manifest(changed).fingerprint != read_manifest(small_manifest).fingerprint


def test_a_manifest_without_validation_pictures_is_refused(small_manifest, tmp_path):
    lines = small_manifest.read_text().splitlines(keepends=True)
    (tmp_path / "manifest.csv").write_text("".join(line for line in lines if ",val" not in line))

    with pytest.raises(ValueError, match="has no val pictures of Compositions, Fields, Stripes"):
        read_manifest(tmp_path / "manifest.csv")


def test_a_tiny_training_makes_a_model_that_serving_takes(smoke_model, monkeypatch):
    out, _, _ = smoke_model
    monkeypatch.setenv("STYLEART_MODEL", str(out))

    answer = inference.classify(pictures.small_painting())

    card = json.loads((out / "model.json").read_text())
    assert card["labels"] == ["Compositions", "Fields", "Stripes"]
    assert set(answer.probabilities) == set(card["labels"])
    assert answer.model_version == card["version"]
    assert card["metrics"]["test"]["paintings"] == 12
    assert card["variants"]["float32"]["largest_mean_difference"] < 0.01
    assert set(card["metrics"]["test"]["recall"]) == set(card["labels"])


def test_the_probabilities_tell_made_up_styles_apart(smoke_model):
    card = json.loads((smoke_model[0] / "model.json").read_text())

    assert card["metrics"]["test"]["top1"] > 0.5  # chance: 0.33


def test_a_second_run_goes_on_from_the_checkpoint_and_gives_the_same_model(
    smoke_model, small_manifest, tmp_path
):
    out, work, _ = smoke_model
    shutil.copytree(work, tmp_path / "work")

    train(small_manifest, tmp_path / "out", tmp_path / "work")

    (log,), (other,) = work.glob("run-*/log.csv"), (tmp_path / "work").glob("run-*/log.csv")
    assert other.read_text() == log.read_text()  # an epoch trained again would have another time
    first, second = (Interpreter(str(folder / "model.tflite")) for folder in (out, tmp_path / "out"))
    image = scale(square(pictures.small_painting(), 96))[None]
    one, two = (model.get_signature_runner()(image=image) for model in (first, second))
    assert np.allclose(one["probabilities"], two["probabilities"], atol=1e-3)


def test_a_wrong_manifest_is_named_and_nothing_is_trained(tmp_path):
    command = [sys.executable, "-m", "ml.train", "--manifest", str(tmp_path / "none.csv")]

    done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False, env=os.environ)

    assert done.returncode == 1
    assert "The manifest cannot be used" in done.stderr
    assert "none.csv" in done.stderr

import csv
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from ml import export, inference
from ml.answers import Answers
from ml.convert import NotConverted, convert_in_time
from ml.dataset import Dataset, Picture, read_manifest
from ml.export import NothingFits
from ml.network import Network, build
from ml.preprocess import preprocess
from ml.recipes import StyleArt
from ml.runs import has_learned_from, log_epoch, read_settings
from tests import pictures
from tests.ml.conftest import HOUSE, small_backbone, train

SIZE_PX = 96
ROUNDING = 0.1  # the made-up styles are so easy that the file in 8 bits is chosen


def small_network(seed):
    """An untrained MobileNetV2 of a third of the width with a head for two styles and photographs."""
    backbone = small_backbone(seed)
    head = keras.layers.Dense(3)
    head.build((None, 1280))
    head.bias.assign([0.3, -0.2, 0.1])
    return Network(backbone, head)


def converted(network, temperature, folder):
    """The network as serving runs it, in float32, and what it makes of one small painting."""
    projection = (np.zeros(1280, np.float32), np.eye(1280, 256, dtype=np.float32))
    export._save_for_serving(network, projection, temperature, 2, SIZE_PX, str(folder))
    weights = export._convert(str(folder), "float32", None, SIZE_PX)
    card = {"labels": ["Stripes", "Fields"], "input": {"size_px": SIZE_PX}, "version": "small"}
    return inference.Model(card, weights)


def variant(name, size, *, keras_top1=0.5, top1=0.5, same_top1=1.0):
    figures = {"keras_top1": keras_top1, "top1": top1, "same_top1": same_top1}
    return export.Variant(name, bytes(size), None, figures)


def test_the_mean_of_a_map_and_the_bias_are_the_logits(tmp_path):
    network, temperature = small_network(1), 0.7
    pixels = preprocess(pictures.small_painting(), SIZE_PX)

    maps = converted(network, temperature, tmp_path).outputs(pixels)["activation_maps"]

    logits = network.head(network.backbone(pixels[None], training=False)).numpy()[0, :2] / temperature
    bias = network.head.bias.numpy()[:2] / temperature
    assert maps.shape == (3, 3, 2)
    assert maps.std() > 0.01
    assert maps.mean((0, 1)) + bias == pytest.approx(logits, abs=1e-4)


def test_other_weights_give_other_maps(tmp_path):
    pixels = preprocess(pictures.small_painting(), SIZE_PX)
    one, other = (
        converted(small_network(seed), 1.0, tmp_path / str(seed)).outputs(pixels)["activation_maps"]
        for seed in (1, 2)
    )

    alike = np.corrcoef(one.ravel(), other.ravel())[0, 1]

    assert abs(alike) < 0.9


def test_the_shipped_file_explains_its_own_probabilities(smoke_model, monkeypatch):
    monkeypatch.setenv("STYLEART_MODEL", str(smoke_model[0]))
    card = inference.model_card()

    answer = inference.classify(pictures.small_painting())

    assert (answer.maps.shape, answer.maps.dtype) == ((len(card["labels"]), 3, 3), np.float32)
    bias = dict(zip(card["labels"], card["activation_maps"]["bias"], strict=True))
    logits = answer.maps.mean((1, 2)) + [bias[label] for label in answer.probabilities]
    assert tf.nn.softmax(logits).numpy() == pytest.approx(list(answer.probabilities.values()), abs=ROUNDING)


def test_a_model_without_maps_answers_and_explains_nothing(smoke_model, tmp_path):
    @tf.function(input_signature=[tf.TensorSpec((1, 96, 96, 3), tf.float32, name="image")])
    def serve(image):
        brightness = tf.reduce_mean(image, axis=(1, 2))
        return {
            "probabilities": tf.nn.softmax(brightness),
            "not_a_painting": brightness[:, 0],
            "embedding": tf.math.l2_normalize(tf.tile(brightness + 2, (1, 86))[:, :256], axis=1),
        }

    module = tf.Module()
    module.serve = serve
    tf.saved_model.save(module, str(tmp_path), signatures=serve)
    card = json.loads((smoke_model[0] / "model.json").read_text())

    model = inference.Model(card, export._convert(str(tmp_path), "float32", None, SIZE_PX))

    answer = model.answer(pictures.small_painting())
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert answer.maps is None


def test_the_smallest_variant_that_answers_as_keras_does_is_shipped():
    tried = [
        variant("int8", 10, same_top1=0.96),
        variant("float16", 20, top1=0.495, same_top1=0.97),
        variant("float32", 40),
    ]

    assert export._smallest_that_fits(tried, {}).name == "float16"
    assert export._smallest_that_fits([*tried, variant("int4", 5, top1=0.494)], {}).name == "float16"


def test_a_variant_that_is_better_than_keras_fits():
    assert variant("int8", 10, top1=0.6, same_top1=0.98).fits


def test_no_model_is_written_when_none_answers_as_keras_does():
    missing = {"int8": "not converted within 600 s"}

    with pytest.raises(NothingFits, match=r"answers as Keras does: .*float16.*not converted within 600 s"):
        export._smallest_that_fits([variant("float16", 20, same_top1=0.5)], missing)


def test_the_card_has_the_figures_of_every_variant_and_the_history(smoke_model):
    out, work, _ = smoke_model
    card = json.loads((out / "model.json").read_text())

    (log,) = work.glob("run-*/log.csv")
    rows = list(csv.DictReader(log.open()))
    assert set(export.VARIANTS) < set(card["variants"])
    assert card["variants"][card["variants"]["chosen"]]["bytes"] == card["bytes"]
    assert card["variants"]["int8"]["bytes"] < card["variants"]["float16"]["bytes"]
    assert [row["epoch"] for row in card["history"]] == [1]
    assert card["history"][0]["loss"] == pytest.approx(float(rows[0]["loss"]), abs=1e-5)


def answers_of(top, right, photo):
    """Answers about paintings of two styles: the higher probability, whether it is right, the score of a photograph."""
    top = np.array(top, np.float32)
    pictures_ = [
        Picture(Path(f"{n}.jpg"), "Fields" if is_right else "Stripes", "", "", str(n), "val")
        for n, is_right in enumerate(right)
    ]
    data = Dataset(tuple(pictures_), ("Fields", "Stripes"))
    probabilities = np.stack([top, 1 - top], axis=1)
    return Answers(data, pictures_, probabilities, np.array(photo, np.float32), np.zeros((len(top), 256)))


def test_the_thresholds_keep_on_validation_what_they_promise():
    chance = np.random.default_rng(1)
    for _ in range(50):
        top, photo = chance.uniform(0.5, 1, 90), chance.beta(0.2, 3, 90)
        val = answers_of(top.round(2), chance.uniform(0.3, 1, 90) < top, photo)

        figures = val.certainty_figures(export._thresholds(val, has_photographs=True))

        assert figures["sure"]["right"] is None or figures["sure"]["right"] >= export.SURE_IS_RIGHT
        assert figures["likely"]["right"] is None or figures["likely"]["right"] >= export.LIKELY_IS_RIGHT
        assert figures["paintings_called_not_a_painting"] <= export.PAINTINGS_REFUSED


def test_a_model_that_is_never_right_is_never_sure():
    wrong = answers_of([1.0, 1.0, 0.9], [False] * 3, [0.0] * 3)

    thresholds = export._thresholds(wrong, has_photographs=False)

    assert set(wrong.words(thresholds)) == {"unsure"}


def test_a_run_is_exported_again_and_again_and_gives_the_same_answers(smoke_model, tmp_path):
    (run,) = smoke_model[1].glob("run-*")

    for name in ("one", "two"):
        done = again(run, "--out", str(tmp_path / name), "--variants", "float32")
        assert done.returncode == 0, done.stderr

    card = json.loads((tmp_path / "two" / "model.json").read_text())
    one, two = (
        inference.load_model(tmp_path / name).answer(pictures.small_painting()) for name in ("one", "two")
    )
    assert card["variants"]["chosen"] == "float32"
    assert not {"stopped_after_epochs", "out", "work"} & set(card["recipe"])
    assert two.probabilities == pytest.approx(one.probabilities, abs=0.01)
    assert two.embedding @ one.embedding > 0.99


def test_the_best_epoch_of_a_run_with_patience_is_taken_not_the_last_averages(small_manifest, tmp_path):
    options = ["--patience", "1", "--epochs", "2", "--variants", "float32"]
    train(small_manifest, tmp_path / "out", tmp_path / "work", *options)
    (run,) = (tmp_path / "work").glob("run-*")
    with np.load(run / "best.npz") as saved:
        best = [saved[name] * 0.5 for name in saved.files]  # unlike anything the checkpoint holds
    np.savez(run / "best.npz", *best)
    settings = StyleArt(**read_settings(run)[0])
    data = read_manifest(small_manifest)

    weights, epochs = export._trained(build(data, settings), data, settings, run)

    assert epochs == 2
    assert all(np.array_equal(one, other) for one, other in zip(weights, best, strict=False))


def test_several_runs_give_a_model_with_the_mean_of_their_weights(smoke_model, small_manifest, tmp_path):
    train(small_manifest, tmp_path / "other", tmp_path / "work", "--mixup", "0", "--variants", "float32")
    (one,), (other,) = smoke_model[1].glob("run-*"), (tmp_path / "work").glob("run-*")

    done = again(one, other, "--out", str(tmp_path / "soup"), "--variants", "float32")

    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "soup" / "model.json").read_text())
    assert card["recipe"]["mean_of_runs_with_seeds"] == [20, 20]
    assert card["recipe"]["runs_differ_in"] == {"mixup": [0.2, 0.0]}
    assert card["metrics"]["test"]["top1"] > 0.5  # chance: 0.33


@pytest.mark.parametrize(("done", "told"), [((7, 3), [7, 3]), ((7, 7), None), ((7, 5), None)])
def test_every_run_that_was_stopped_is_told_and_none_that_lost_patience(tmp_path, done, told):
    several = [StyleArt(), StyleArt(patience=2)]
    runs = [tmp_path / "one", tmp_path / "other"]
    for run, epochs in zip(runs, done, strict=True):
        run.mkdir()
        for epoch in range(1, epochs + 1):
            log_epoch(run / "log.csv", epoch=epoch, val_top1=min(epoch, 3) / 10)  # no better after the third

    differences = export._differences(runs, several, done)

    assert differences.get("stopped_after_epochs") == told


def test_a_run_without_a_finished_epoch_is_refused(smoke_model, tmp_path):
    (run,) = smoke_model[1].glob("run-*")
    (tmp_path / "settings.json").write_text((run / "settings.json").read_text())

    done = again(tmp_path, "--out", str(tmp_path / "out"))

    assert done.returncode == 1
    assert "no epoch was finished" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_run_is_not_exported_with_other_data_than_it_learned_from(
    smoke_model, small_manifest, tmp_path, capsys
):
    (run,) = smoke_model[1].glob("run-*")
    rebuilt = tmp_path / "manifest.csv"
    rebuilt.write_text(small_manifest.read_text().replace("Stripes,train", "Fields,train", 1))

    code = export.main([str(run), "--manifest", str(rebuilt), "--out", str(tmp_path / "out")])

    assert code == 1
    assert f"{run} learned from other data" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_first_runs_tell_by_their_name_what_they_learned_from(small_manifest, tmp_path):
    data = read_manifest(small_manifest)
    digest = hashlib.sha256(f'{{"seed": 7}}{data.fingerprint}'.encode()).hexdigest()[:10]
    (run := tmp_path / f"run-styleart-{digest}").mkdir()
    (run / "settings.json").write_text('{"seed": 7, "size_px": 96, "out": "somewhere"}')

    assert has_learned_from(data, run, *read_settings(run))
    assert not has_learned_from(replace(data, pictures=data.pictures[1:]), run, *read_settings(run))


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    done = again(tmp_path, "--out", str(tmp_path / "out"))

    assert done.returncode == 1
    assert "cannot be exported" in done.stderr
    assert "settings.json" in done.stderr


@pytest.mark.parametrize("rows", [12, 80], ids=["fewer pictures than features", "more"])
def test_main_components_are_those_of_the_covariance(rows):
    features = np.random.default_rng(rows).normal(size=(rows, 40)) * np.linspace(1, 3, 40)
    features -= features.mean(0)
    covariance = np.cov(features, rowvar=False)

    spreads, directions = export.main_components(features, 8)

    assert spreads == pytest.approx(np.linalg.eigvalsh(covariance)[::-1][:8])
    assert covariance @ directions == pytest.approx(directions * spreads, abs=1e-9)
    assert directions.T @ directions == pytest.approx(np.eye(8), abs=1e-9)


def test_pictures_that_are_too_few_for_all_components_leave_the_others_empty():
    features = np.random.default_rng(3).normal(size=(5, 40))

    spreads, directions = export.main_components(features - features.mean(0), 8)

    assert directions.shape == (40, 8)
    assert (spreads[5:] == 0).all() and (directions[:, 5:] == 0).all()


def test_where_every_artist_has_one_picture_the_style_alone_chooses_the_embedding(small_manifest):
    data = read_manifest(small_manifest)
    lonely = tuple(replace(picture, artist=picture.sha256) for picture in data.pictures)
    train, val = (
        np.random.default_rng(1).normal(size=(len(data.part(part)), 6)) for part in ("train", "val")
    )

    _, definition = export._embedding(train, val, replace(data, pictures=lonely), [6])

    tried = definition["val_precision_at_10"]
    assert all(set(figures) == {"whitening", "same_style"} for figures in tried)
    best = max(tried, key=lambda figures: figures["same_style"])
    assert definition["whitening"] == best["whitening"]


def test_a_full_disk_leaves_the_model_that_was_there(tmp_path):
    export._write(tmp_path, {"version": "old"}, b"old")
    (tmp_path / "model.json.part").mkdir()  # nothing can be written there

    with pytest.raises(OSError):
        export._write(tmp_path, {"version": "new"}, b"new")

    assert (tmp_path / "model.tflite").read_bytes() == b"old"
    assert json.loads((tmp_path / "model.json").read_text()) == {"version": "old"}


def test_int8_takes_its_ranges_from_training_pictures_alone(small_manifest):
    data = read_manifest(small_manifest)

    seen = export._representatives(data, SIZE_PX)

    expected = [preprocess(Path(p.path).read_bytes(), SIZE_PX) for p in data.part("train")]
    assert len(seen) == len(expected) == 48
    assert all(np.array_equal(one, other) for one, other in zip(seen, expected, strict=True))


def test_a_converter_that_takes_too_long_is_ended_and_the_other_formats_are_compared(
    small_manifest, monkeypatch, capsys
):
    monkeypatch.setattr(export, "CONVERTER_S", 0.05)
    data, network, missing = read_manifest(small_manifest), small_network(3), {}
    head = keras.layers.Dense(len(data.styles) + 1)
    head.build((None, 1280))
    network = Network(network.backbone, head)
    card = {"labels": list(data.styles), "input": {"size_px": SIZE_PX}, "version": "small"}
    projection = (np.zeros(1280, np.float32), np.eye(1280, 256, dtype=np.float32))
    exact = network.head(network.features(data.part("test"), SIZE_PX)).numpy()

    tried = list(export._tried(network, projection, 1.0, data, card, exact, ("int8", "float16"), missing))

    assert [variant.name for variant in tried] == ["float16"]
    assert missing == {"int8": "not converted within 0 s"}
    assert "int8: not converted" in capsys.readouterr().out


def test_a_converter_that_fails_is_told_as_one_that_takes_too_long(tmp_path):
    with pytest.raises(NotConverted, match=r"the converter failed: .*SavedModel"):
        convert_in_time(str(tmp_path), [np.zeros((SIZE_PX, SIZE_PX, 3), np.float32)], 300)


def test_weights_that_were_moved_are_named(smoke_model, tmp_path, capsys):
    (run,) = smoke_model[1].glob("run-*")
    moved = (run / "settings.json").read_text().replace('"weights": "none"', '"weights": "gone.h5"')
    (tmp_path / "settings.json").write_text(moved)

    code = export.main([str(tmp_path), "--out", str(tmp_path / "out")])

    assert code == 1
    assert "The weights of MobileNetV2 are missing: gone.h5" in capsys.readouterr().err


def again(*arguments):
    command = [sys.executable, "-m", "ml.export", *map(str, arguments)]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)

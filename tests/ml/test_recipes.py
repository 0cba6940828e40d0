import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest

from ml import find_rate, frozen, recipes, runs
from ml import train as train_command
from ml.dataset import BrokenPicture, read_manifest
from ml.fine_tune import balanced_order, best_top1, has_lost_patience, varied
from ml.network import class_weights
from tests.ml.conftest import HOUSE

SMALL_TOP = ("--convolution", "8", "--dense", "32", "16", "--batch-size", "8")


def command(manifest, work, *more):
    start = [sys.executable, "-m", "ml.train", "--smoke", "--manifest", str(manifest), "--work", str(work)]
    if "--recipe" not in more:  # only ours writes a model
        start += ["--out", str(work / "model")]
    return [*start, *([] if "--weights" in more else ["--weights", "none"]), *more]


def train(manifest, work, *more, code=0, **environment):
    done = subprocess.run(
        command(manifest, work, *more),
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def log_of(work):
    found = list(work.glob("run-*/log.csv"))
    return runs.read_log(found[0]) if found else []


def kill_after(epochs, manifest, work, *more):
    """Start a training and kill it as soon as its log has so many epochs; gives those."""
    process = subprocess.Popen(
        command(manifest, work, *more), cwd=HOUSE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 300
    while len(log_of(work)) < epochs and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    return log_of(work)


def figures(rows, *names):
    return [[float(row[name]) for name in names] for row in rows]


def test_a_run_goes_on_only_with_the_knobs_and_data_that_it_began_with():
    begun = recipes.StyleArt().run_name("data")

    assert recipes.StyleArt(out="elsewhere", work="elsewhere").run_name("data") == begun
    assert recipes.StyleArt(patience=3).run_name("data") != begun
    assert recipes.StyleArt(size_px=256).run_name("data") != begun
    assert recipes.StyleArt().run_name("other data") != begun


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--size-px", "200"], "--size-px must be a multiple of 32"),
        (["--batch-size", "0"], "--batch-size must be 1 or more"),
        (["--recipe", "styleyourart", "--epochs", "0"], "--epochs must be 1 or more"),
        (["--smo"], "unrecognized arguments: --smo"),
    ],
)
def test_knobs_that_would_end_a_run_late_are_refused_at_once(options, expected, capsys):
    with pytest.raises(SystemExit) as ended:
        train_command._options(options)

    assert ended.value.code == 2
    assert expected in capsys.readouterr().err


def test_the_head_alone_may_be_exported():
    _, recipe = train_command._options(["--epochs", "0"])

    assert recipe == recipes.StyleArt(epochs=0)


def test_a_smoke_run_leaves_the_model_of_the_site_alone():
    assert recipes.defaults(recipes.StyleArt, smoke=False).out == "ml/model"
    assert not recipes.defaults(recipes.StyleArt, smoke=True).out.startswith("ml/")


@pytest.mark.parametrize("recipe", [recipes.StyleYourArt, recipes.StyleYourArtDeployed])
def test_the_original_top_ends_in_a_probability_for_each_style(recipe):
    top = frozen.make_top((7, 7, 1280), 18, recipe())

    kinds = [type(layer).__name__ for layer in top.layers]
    widths = [layer.units for layer in top.layers if isinstance(layer, keras.layers.Dense)]
    assert kinds[0] == "Conv2D"
    assert widths == [*recipe().dense, 18]
    assert kinds.count("Dropout") == (5 if recipe().dropout else 0)
    assert kinds.count("BatchNormalization") == (6 if recipe().dropout else 0)
    assert ("MaxPooling2D" in kinds) == recipe().max_pooling
    assert top.optimizer.clipnorm == 1.0


def test_the_original_recipe_leaves_scores_and_a_model_that_loads(small_manifest, tmp_path):
    train(small_manifest, tmp_path, "--recipe", "styleyourart-deployed", *SMALL_TOP)

    (run,) = tmp_path.glob("run-styleyourart-deployed-*")
    scores = json.loads((run / "scores.json").read_text())
    top = keras.models.load_model(run / "top.keras")
    assert scores["recipe"] == "styleyourart-deployed"
    assert scores["paintings"] == 12
    assert {"fingerprint", "top1", "top3", "macro_f1", "macro_auc", "ece"} <= set(scores)
    assert list(scores["recall"]) == ["Compositions", "Fields", "Stripes"]
    assert top.output_shape == (None, 3)  # photographs are no style
    assert [int(row["epoch"]) for row in log_of(tmp_path)] == [1, 2]


def test_the_linear_baseline_tells_made_up_styles_apart(small_manifest, tmp_path):
    train(small_manifest, tmp_path, "--recipe", "linear")

    (run,) = tmp_path.glob("run-linear-*")
    scores = json.loads((run / "scores.json").read_text())
    assert scores["top1"] > 0.5  # chance: 0.33
    assert keras.models.load_model(run / "linear.keras").output_shape == (None, 4)


def test_a_killed_training_of_a_top_model_ends_as_an_undisturbed_one(small_manifest, tmp_path):
    options = ("--recipe", "styleyourart", *SMALL_TOP, "--epochs", "16", "--patience", "99")

    before = kill_after(3, small_manifest, tmp_path / "killed", *options)
    train(small_manifest, tmp_path / "killed", *options)
    train(small_manifest, tmp_path / "undisturbed", *options)

    rows, others = log_of(tmp_path / "killed"), log_of(tmp_path / "undisturbed")
    assert len(before) < 16
    assert rows[: len(before) - 1] == before[:-1]  # not trained again; the last may not have been kept
    assert [int(row["epoch"]) for row in rows] == list(range(1, 17))
    names = ("rate", "loss", "val_loss", "val_accuracy")
    assert np.allclose(figures(rows, *names), figures(others, *names), rtol=1e-3, atol=1e-3)


def test_a_killed_fine_tuning_goes_on_after_its_last_epoch(small_manifest, tmp_path):
    options = ("--epochs", "3", "--batch-size", "8", "--class-weights", "--balanced", "--patience", "9")

    before = kill_after(2, small_manifest, tmp_path, *options)  # the first epoch is kept, the second may be
    after = kill_after(3, small_manifest, tmp_path, *options)

    assert [int(row["epoch"]) for row in before] == [1, 2]
    assert [int(row["epoch"]) for row in after] == [1, 2, 3]
    assert after[0] == before[0]  # trained again, it would have another time
    assert (tmp_path / next(tmp_path.glob("run-*")) / "best.npz").exists()


def test_a_picture_that_only_the_scores_need_is_looked_at_before_the_training(small_manifest, tmp_path):
    folder = shutil.copytree(small_manifest.parent, tmp_path / "set")
    broken = read_manifest(folder / "manifest.csv").part("test")[-1].path
    broken.write_bytes(broken.read_bytes()[:500])

    said = train(folder / "manifest.csv", tmp_path, code=1)

    assert f"{broken}: This file ends too early" in said
    assert "Traceback" not in said
    assert not log_of(tmp_path)


def test_ctrl_c_ends_a_training_in_a_sentence(small_manifest, tmp_path):
    process = subprocess.Popen(
        command(small_manifest, tmp_path),
        cwd=HOUSE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()  # how many pictures there are
    process.send_signal(signal.SIGINT)

    _, told = process.communicate(timeout=300)

    assert process.returncode == 130, told
    assert told.endswith("Stopped. Run the same command again to go on.\n")


def test_a_training_that_gets_no_better_ends_early(small_manifest, tmp_path):
    options = ("--epochs", "30", "--patience", "2", "--least-gain", "9", "--plateau-patience", "1")
    too_slow = ("--rate", "1e-5")

    said = train(small_manifest, tmp_path, "--recipe", "styleyourart", *SMALL_TOP, *options, *too_slow)

    rows = log_of(tmp_path)
    assert "training ends here" in said
    assert len(rows) < 5
    assert float(rows[-1]["rate"]) < float(rows[0]["rate"])


def test_patience_counts_epochs_without_a_better_top1(tmp_path):
    for epoch, top1 in enumerate([0.3, 0.5, 0.5, 0.4], start=1):
        runs.log_epoch(tmp_path / "log.csv", epoch=epoch, val_top1=top1)

    assert has_lost_patience(tmp_path / "log.csv", 2)
    assert not has_lost_patience(tmp_path / "log.csv", 3)
    assert not has_lost_patience(tmp_path / "log.csv", 0)
    assert best_top1(tmp_path / "log.csv", before=2) == 0.3


def test_an_epoch_trained_again_has_one_row_in_the_log(tmp_path):
    for epoch, loss in [(1, 3.0), (2, 2.0), (2, 1.5)]:
        runs.log_epoch(tmp_path / "log.csv", epoch=epoch, loss=loss)

    assert figures(runs.read_log(tmp_path / "log.csv"), "epoch", "loss") == [[1, 3.0], [2, 1.5]]


def test_class_weights_let_every_class_count_the_same():
    targets = np.array([0] * 6 + [1] * 3 + [2])

    weights = class_weights(targets)

    assert np.allclose(weights * np.bincount(targets), 10 / 3)
    assert np.isclose(weights[targets].mean(), 1)


def test_a_balanced_epoch_shows_every_class_equally_often_and_small_ones_varied_anew():
    targets = np.array([0] * 9 + [1] * 2 + [2])
    pixels = np.random.default_rng(1).integers(0, 256, (12, 40, 40, 3), dtype=np.uint8)
    settings = recipes.StyleArt(balanced=True, batch_size=12, train_size_px=32, mixup=0)

    order = balanced_order(targets, np.random.default_rng(1))
    ((images, labels),) = varied(pixels, targets, np.eye(3, dtype=np.float32)[targets], 0, settings)

    assert np.bincount(targets[order]).tolist() == [4, 4, 4]
    assert np.bincount(order, minlength=12)[9:].tolist() == [2, 2, 4]
    assert labels.sum(0).tolist() == [4, 4, 4]
    assert len(np.unique(images[labels[:, 2] == 1], axis=0)) == 4


def test_features_stopped_half_way_are_not_computed_again(small_manifest, tmp_path):
    pictures = [
        replace(picture, path=tmp_path / picture.path.name)
        for picture in read_manifest(small_manifest).pictures[:40]
    ]
    for picture in pictures:
        content = (small_manifest.parent / picture.path.name).read_bytes()
        picture.path.write_bytes(content if picture is not pictures[-1] else b"not a picture")
    network = means()

    with pytest.raises(BrokenPicture, match=rf"{pictures[-1].path.name}: This file is not a picture"):
        frozen.cached_features(network, pictures, 32, tmp_path / "cache")
    pictures[-1].path.write_bytes((small_manifest.parent / pictures[-1].path.name).read_bytes())
    pictures[0].path.unlink()  # nobody asks for it a second time
    features = frozen.cached_features(network, pictures, 32, tmp_path / "cache")

    assert features.shape == (40, 2, 2, 3)
    assert features.dtype == np.float16
    assert 0 < features[0].max() <= 1  # pixels from 0 to 1
    assert not any((tmp_path / "cache").glob("*.count"))


def means():
    """A network that learned nothing: pictures of 32 px become the means of their quarters."""
    inputs = keras.Input((32, 32, 3))
    return keras.Model(inputs, keras.layers.AveragePooling2D(16)(inputs), name="means")


def test_of_two_trainings_that_start_together_the_second_waits_for_the_features(small_manifest, tmp_path):
    pictures, network = list(read_manifest(small_manifest).pictures), means()
    alone = np.array(frozen.cached_features(network, pictures, 32, tmp_path / "alone"))

    with ThreadPoolExecutor(2) as trainings:
        ask = (network, pictures, 32, tmp_path / "cache")
        begun = [trainings.submit(frozen.cached_features, *ask) for _ in range(2)]

    assert all(np.array_equal(training.result(), alone) for training in begun)


def test_a_count_that_a_full_disk_left_empty_begins_anew(small_manifest, tmp_path):
    pictures, network = list(read_manifest(small_manifest).pictures[:4]), means()
    features = np.array(frozen.cached_features(network, pictures, 32, tmp_path))
    (kept,) = tmp_path.glob("*.npy")
    kept.rename(kept.with_suffix(".part"))
    kept.with_suffix(".count").touch()

    assert np.array_equal(frozen.cached_features(network, pictures, 32, tmp_path), features)


def test_the_suggested_rate_lies_where_the_loss_falls_fastest():
    rates = np.geomspace(1e-5, 1, 101)
    losses = 3 - 2 / (1 + np.exp(-4 * (np.log10(rates) + 3))) + 50 * np.maximum(rates - 0.1, 0)

    assert find_rate.suggestion(rates, losses) == pytest.approx(1e-3, rel=0.2)


def test_a_chance_fall_at_the_first_steps_is_not_suggested():
    rates = np.geomspace(1e-5, 1, 101)
    losses = 3 - 0.3 / (1 + np.exp(-4 * (np.log10(rates) + 2)))
    losses[:4] += [0.1, 0.06, 0.03, 0.01]

    assert find_rate.suggestion(rates, losses) == pytest.approx(1e-2, rel=0.3)


def test_the_search_ends_where_the_loss_explodes():
    rates, losses = find_rate.sweep(lambda rate: 1.0 if rate < 0.009 else 1e6, 1e-4, 1, 41)

    assert len(rates) == len(losses) == 21  # the 21st rate is 0.01
    assert losses[0] == pytest.approx(1.0)


def test_the_rate_finder_draws_its_curve_and_names_the_option(small_manifest, tmp_path):
    said = train(small_manifest, tmp_path, "--recipe", "styleyourart", "--find-rate", *SMALL_TOP)

    (picture,) = tmp_path.glob("run-*/find-rate.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "The loss falls fastest at --rate " in said
    assert not log_of(tmp_path)  # nothing was trained


def test_the_rate_finder_keeps_the_distance_of_the_head(small_manifest, tmp_path):
    said = train(small_manifest, tmp_path, "--find-rate", "--batch-size", "8")

    words = said.split("fastest at ")[1].split()
    backbone, head = float(words[1]), float(words[3].rstrip("."))
    assert head / backbone == pytest.approx(5e-4 / 1.5e-4, rel=0.1)


def test_bases_without_weights_are_named_and_the_others_go_on(small_manifest, tmp_path):
    keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(128, 128, 3)).save_weights(
        tmp_path / "mobilenet.weights.h5"
    )
    ours = f"MobileNetV2={tmp_path / 'mobilenet.weights.h5'}"

    said = train(
        small_manifest,
        tmp_path,
        *("--recipe", "compare-bases", "--weights", "imagenet", "--base-weights", ours, *SMALL_TOP),
        code=3,
        KERAS_HOME=str(tmp_path / "keras"),  # nothing was fetched before,
        https_proxy="http://127.0.0.1:9",  # and nothing can be
    )

    (bases,) = tmp_path.glob("run-*/bases.csv")
    with bases.open(newline="") as file:
        rows = {row["base"]: row for row in csv.DictReader(file)}
    missing = {base for base, row in rows.items() if row["missing"]}
    assert missing == {"ResNet50", "VGG16", "InceptionV3", "Xception"}
    assert all(f"The weights of {base} are missing" in said for base in missing)
    assert 0 <= float(rows["MobileNetV2"]["top1"]) <= 1
    assert (bases.parent / "MobileNetV2" / "scores.json").exists()


def test_weights_for_an_unknown_base_are_refused(small_manifest, tmp_path):
    said = train(
        small_manifest, tmp_path, "--recipe", "compare-bases", "--base-weights", "AlexNet=a.h5", code=2
    )

    assert "a NAME of ResNet50, VGG16, InceptionV3, MobileNetV2, Xception" in said


def write_scores(folder, recipe, fingerprint, top1):
    folder.mkdir()
    figures = dict.fromkeys(runs.COMPARED, 0.5) | {"top1": top1}
    runs.write_json(
        folder / "scores.json", {"recipe": recipe, "fingerprint": fingerprint, "paintings": 9, **figures}
    )


def test_runs_stand_side_by_side_and_different_data_is_said(tmp_path, capsys):
    write_scores(tmp_path / "a", "linear", "one", 0.445)
    write_scores(tmp_path / "b", "styleyourart", "other", 0.351)

    code = runs.compare([tmp_path / "a", tmp_path / "b"])

    said = capsys.readouterr().out
    assert code == 0
    assert "linear" in said
    assert "0.351" in said
    assert "different data" in said


def test_an_unfinished_run_cannot_be_compared(tmp_path, capsys):
    assert runs.compare([tmp_path]) == 1
    assert "was the run finished?" in capsys.readouterr().err


def test_no_more_than_so_many_pictures_of_a_class_are_taken(small_manifest):
    data = read_manifest(small_manifest)

    few = recipes.at_most(data, 5, splits=("train",))

    assert np.bincount(data.targets(few.part("train"))).tolist() == [5, 5, 5, 5]
    assert len(few.part("test")) == len(data.part("test"))
    assert few == recipes.at_most(data, 5, splits=("train",))

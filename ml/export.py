"""Calibrate a trained network, choose embedding, thresholds and number format, and write what serving reads.

python -m ml.export RUN --out DIR does so from the folder of a run, whether it is finished or was stopped.
Of several runs it takes the mean of their weights, which all started from the same ones: a model soup
(Wortsman et al., 2022) answers like their ensemble and costs no more than one of them.
"""

import argparse
import csv
import hashlib
import importlib.metadata
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ml.answers import Answers, ask, rounded
from ml.convert import NotConverted, convert, convert_in_time
from ml.dataset import BrokenPicture, Dataset, read_manifest, square_of
from ml.fine_tune import Trainer, has_lost_patience, known_artists
from ml.inference import EMBEDDING_SIZE, FORMAT, Model
from ml.network import MissingWeights, Network, build, fit_final_head, level_spreads
from ml.preprocess import scale
from ml.recipes import VARIANTS, StyleArt
from ml.runs import has_learned_from, read_settings
from ml.scores import best_temperature, precision_at_10, top_k

SURE_IS_RIGHT = 0.88  # of the validation answers called sure, at least this share must be right
LIKELY_IS_RIGHT = 0.55  # the same for those called likely
PAINTINGS_REFUSED = 0.02  # of the validation paintings, at most this share may be called not a painting
NEVER = 2.0  # a threshold that no probability reaches
MOST_LOST = 0.005  # of Keras' top-1 on the test part, by the variant that is shipped
LEAST_AGREEING = 0.97  # share of test paintings for which it must give Keras' first answer
REPRESENTATIVES = 200  # training pictures that set the ranges of int8
CONVERTER_S = 600  # the longest that converting to int8 may take; without it, the others are compared
NOT_IN_CARD = {"out", "work", "variants"}  # where files lay while it was trained
_WHITENING = (0.0, 0.25, 0.5)  # exponents tried; 0 is plain PCA, 0.5 gives every direction the same weight
_LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "pillow")


class UnfitRuns(Exception):  # noqa: N818 - it is the runs that are unfit
    """These runs cannot be exported, or not as one; the message says why."""


class NothingFits(Exception):  # noqa: N818 - reads as what happened
    """No converted network answers as the trained one does, or none could be made; the message says of each why."""


def main(given: list[str] | None = None) -> int:
    arguments = _parser().parse_args(given)
    try:
        card = _export_runs(arguments)
    except KeyboardInterrupt:
        print("Stopped. Nothing was written; run the same command again.", file=sys.stderr)
        return 130
    except (UnfitRuns, MissingWeights, BrokenPicture, NothingFits) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"version": card["version"], **card["metrics"]["test"]}, indent=2))
    return 0


def _export_runs(arguments: argparse.Namespace) -> dict[str, Any]:
    runs = arguments.runs
    several, data = _read(runs, arguments.manifest)
    settings = replace(several[0], weights=arguments.weights or several[0].weights)
    keras.utils.set_random_seed(settings.seed)  # an untrained start is not in the checkpoint
    network = build(data, settings)
    recipe = asdict(settings) | _give_trained_weights(network, data, runs, several)
    fit_final_head(network, data, settings.size_px)
    return export(
        network,
        data,
        out=arguments.out,
        size_px=settings.size_px,
        recipe=recipe,
        run=runs[0],
        variants=arguments.variants,
    )


def _read(runs: Sequence[Path], manifest: str | None) -> tuple[list[StyleArt], Dataset]:
    """The knobs of the runs and the data that all of them learned from. Raises UnfitRuns."""
    try:
        read = [read_settings(run) for run in runs]
        several = [StyleArt(**knobs) for knobs, _ in read]
        data = read_manifest(Path(manifest or several[0].manifest))
    except (OSError, ValueError, TypeError) as error:
        raise UnfitRuns(f"{', '.join(map(str, runs))} cannot be exported: {error}") from error
    for run, (knobs, fingerprint) in zip(runs, read, strict=True):
        if not has_learned_from(data, run, knobs, fingerprint):
            raise UnfitRuns(
                f"{run} learned from other data than the manifest holds now (fingerprint {data.fingerprint}): "
                "pictures that it learned from may be among those it would be tested on. "
                "Give the manifest it was trained with (--manifest), or train anew."
            )
    if len({_start(own) for own in several}) > 1:
        raise UnfitRuns("Runs with other weights or statistics to begin with cannot be averaged.")
    return several, data


def _start(own: StyleArt) -> tuple[str, bool, int | None]:
    """What a run began with: weights, statistics of batch norm, and the seed where it drew either of them."""
    return own.weights, own.own_norm, own.seed if own.own_norm or own.weights == "none" else None


def _give_trained_weights(
    network: Network, data: Dataset, runs: Sequence[Path], several: Sequence[StyleArt]
) -> dict[str, Any]:
    """Give the backbone the weights of the run, or the mean of several; says what the card has to tell of it.

    Raises UnfitRuns where a run has no finished epoch.
    """
    trained = [_trained(network, data, own, run) for run, own in zip(runs, several, strict=True)]
    epochs = [done for _, done in trained]
    if 0 in epochs:
        raise UnfitRuns(f"{runs[epochs.index(0)]} holds no checkpoint: no epoch was finished.")
    of_each_run = zip(*(weights for weights, _ in trained), strict=True)
    for variable, weights in zip(network.backbone.trainable_variables, of_each_run, strict=True):
        variable.assign(np.mean(weights, axis=0))
    return _differences(runs, several, epochs)


def _trained(network: Network, data: Dataset, settings: StyleArt, run: Path) -> tuple[list[np.ndarray], int]:
    """The trained weights of a run's backbone, in the order of the network's, and its finished epochs."""
    artists = len(known_artists(data))
    learner = network.at_last_level()
    trainer = Trainer(learner, settings, steps=1, artists=artists)  # the schedule is over
    epochs = trainer.resume(run / "checkpoint.npz")
    if settings.patience and (run / "best.npz").exists():
        trainer.load_weights(run / "best.npz")
    else:
        trainer.settle()
    return [variable.numpy() for variable in network.backbone.trainable_variables], epochs


def _differences(runs: Sequence[Path], several: Sequence[StyleArt], epochs: Sequence[int]) -> dict[str, Any]:
    """What the card says of runs that were stopped, and of weights that are the mean of several runs.

    A run that lost patience came to its own end.
    """
    told: dict[str, Any] = {}
    if any(
        done < own.epochs and not has_lost_patience(run / "log.csv", own.patience)
        for run, own, done in zip(runs, several, epochs, strict=True)
    ):
        told["stopped_after_epochs"] = epochs[0] if len(runs) == 1 else list(epochs)
    if len(several) > 1:
        told["mean_of_runs_with_seeds"] = [settings.seed for settings in several]
        knobs = [asdict(settings) for settings in several]
        told["runs_differ_in"] = {
            name: [own[name] for own in knobs]
            for name in knobs[0]
            if name not in NOT_IN_CARD and any(own[name] != knobs[0][name] for own in knobs)
        }
    return told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.export", description=__doc__)
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="folder of a run of ml.train; of several, the mean"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder to write model.tflite and model.json into"
    )
    parser.add_argument("--manifest", help="where the run's manifest lies now, if it was moved")
    parser.add_argument("--weights", help="where the file of MobileNetV2's weights lies now, if it was moved")
    parser.add_argument(
        "--variants",
        nargs="+",
        choices=VARIANTS,
        default=VARIANTS,
        help="number formats to try; the smallest that keeps Keras' answers is written (default: all)",
    )
    return parser


def export(
    network: Network,
    data: Dataset,
    *,
    out: Path,
    size_px: int,
    recipe: dict[str, Any],
    run: Path | None = None,
    variants: Sequence[str] = VARIANTS,
) -> dict[str, Any]:
    """Convert the network, score the converted one on val and test, write both files; gives model.json.

    Of the variants, the smallest that answers as Keras does is written. `run` is the folder whose
    log.csv becomes the card's history.

    Raises NothingFits when no converted network answers as the trained one does, and BrokenPicture.
    """
    parts = {split: data.part(split) for split in ("train", "val", "test")}
    train, val, test = (network.features(pictures, size_px) for pictures in parts.values())
    temperature = temperature_of(
        network.head(val).numpy(), data.targets(parts["val"]), styles=len(data.styles)
    )
    projection, embedding = _embedding(train, val, data, network.widths)
    bias = _centred_bias(network, projection[0])[: len(data.styles)] / temperature
    card = {
        "labels": list(data.styles),
        "input": {
            "size_px": size_px,
            "preprocessing": "the whole picture in sRGB, squeezed into a square (bicubic), scaled to -1..1",
        },
        "temperature": round(temperature, 4),
        "embedding": embedding,
        "activation_maps": {
            "made": "the levels' maps minus the mean features of the training part, times the head's weights, "
            "divided by the temperature; "
            "the softmax of its mean over all places plus bias is the probabilities",
            "bias": [round(float(value), 6) for value in bias],
        },
        "data": {
            "fingerprint": data.fingerprint,
            "pictures": {split: len(pictures) for split, pictures in parts.items()},
        },
        "recipe": {name: value for name, value in recipe.items() if name not in NOT_IN_CARD},
        "history": _history(run),
        "versions": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    exact = network.head(test).numpy() / temperature
    missing: dict[str, str] = {}
    tried = list(_tried(network, projection, temperature, data, card, exact, variants, missing))
    chosen = _smallest_that_fits(tried, missing)
    card = {**_identity(chosen.weights), **card}
    answers = {
        "val": ask(Model(card, chosen.weights), data, parts["val"]),
        "test": chosen.answers,
    }
    thresholds = _thresholds(answers["val"], has_photographs=network.head.units > len(data.styles))
    card["certainty"] = {
        "rule": "not_a_painting by its own score; else sure, likely or unsure by the highest probability",
        "thresholds": thresholds,
        **{split: asked.certainty_figures(thresholds) for split, asked in answers.items()},
    }
    card["metrics"] = {split: asked.figures() for split, asked in answers.items()}
    card["metrics"]["test"]["agreement_with_keras"] = chosen.agreement
    card["variants"] = {
        "rule": f"the smallest that loses at most {MOST_LOST} of Keras' top-1 on the test part "
        f"and gives its first answer for at least {LEAST_AGREEING} of the paintings",
        "chosen": chosen.name,
        **{variant.name: {"bytes": len(variant.weights), **variant.agreement} for variant in tried},
        **({"not_made": missing} if missing else {}),
    }
    _write(out, card, chosen.weights)
    return card


@dataclass(frozen=True)
class Variant:
    """The network converted to one number format, and how it compares with Keras in float32."""

    name: str
    weights: bytes
    answers: Answers  # about the test part
    agreement: dict[str, float]

    @property
    def fits(self) -> bool:
        lost = self.agreement["keras_top1"] - self.agreement["top1"]
        return round(lost, 6) <= MOST_LOST and self.agreement["same_top1"] >= LEAST_AGREEING


def _tried(
    network: Network,
    projection: tuple[np.ndarray, np.ndarray],
    temperature: float,
    data: Dataset,
    card: dict[str, Any],
    exact: np.ndarray,
    variants: Sequence[str],
    missing: dict[str, str],
) -> Iterator[Variant]:
    """Convert the network to each number format and ask it about the test part.

    Those that could not be made are named in `missing`, with the reason.
    """
    size_px = card["input"]["size_px"]
    with tempfile.TemporaryDirectory() as folder:
        _save_for_serving(network, projection, temperature, len(data.styles), size_px, folder)
        for name in variants:
            try:
                weights = _convert(folder, name, data, size_px)
            except NotConverted as error:
                print(f"{name}: {error}; left out.")
                missing[name] = str(error)
                continue
            answers = ask(Model({**card, **_identity(weights)}, weights), data, data.part("test"))
            agreement = _agreement(exact, answers)
            print(f"{name}: {len(weights) / 1e6:.1f} MB, {json.dumps(agreement)}")
            yield Variant(name, weights, answers, agreement)


def _smallest_that_fits(tried: Sequence[Variant], missing: Mapping[str, str]) -> Variant:
    fitting = [variant for variant in tried if variant.fits]
    if not fitting:
        figures = {variant.name: variant.agreement for variant in tried} | missing
        raise NothingFits(
            f"No converted network answers as Keras does: {json.dumps(figures)}. "
            "Nothing was written; try other number formats (--variants)."
        )
    return min(fitting, key=lambda variant: len(variant.weights))


def _history(run: Path | None) -> list[dict[str, Any]]:
    """The run's log, a row for each epoch; empty where there is none."""
    if run is None or not (run / "log.csv").exists():
        return []
    with (run / "log.csv").open(newline="", encoding="utf-8") as file:
        return [{name: _number(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _number(value: str) -> float | str | None:
    """A log's cell: a number to six digits, None for nan, or the text it is."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return None if not np.isfinite(number) else int(number) if number.is_integer() else round(number, 6)


def _identity(weights: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(weights).hexdigest()
    return {"format": FORMAT, "version": f"styleart-1-{digest[:8]}", "sha256": digest, "bytes": len(weights)}


def _write(out: Path, card: dict[str, Any], weights: bytes) -> None:
    """Replace the model in `out`; model.json comes last, so that where it is, the folder is complete."""
    out.mkdir(parents=True, exist_ok=True)
    files = {
        "model.tflite": weights,
        "model.json": json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n",
    }
    for name, content in files.items():
        (out / f"{name}.part").write_bytes(content)
    for name in files:  # at once, so that a full disk leaves the model before
        (out / f"{name}.part").replace(out / name)


def temperature_of(logits: np.ndarray, truth: np.ndarray, styles: int) -> float:
    """The divisor of the logits that makes the probabilities of these paintings most honest.

    Photographs, whose truth is `styles` or above, do not count.
    """
    paintings = truth < styles
    return best_temperature(logits[paintings, :styles], truth[paintings])


def main_components(centred: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest variances of rows whose mean is zero, and their directions as columns: principal components.

    For an array (n, width), arrays (count,) and (width, count). Zero stands for what n rows do not have.
    """
    rows, width = centred.shape
    spreads, directions = np.zeros(count), np.zeros((width, count))
    if rows > width:
        found, axes = np.linalg.eigh(np.cov(centred, rowvar=False))
        found, axes = found[::-1], axes[:, ::-1]
    else:  # the same directions, without a matrix of width times width
        _, lengths, axes = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
        found, axes = lengths**2 / (rows - 1), axes.T
    kept = min(count, len(found))
    spreads[:kept], directions[:, :kept] = found[:kept], axes[:, :kept]
    return spreads, directions


def _embedding(
    train: np.ndarray, val: np.ndarray, data: Dataset, widths: Sequence[int]
) -> tuple[tuple[np.ndarray, np.ndarray], dict[str, Any]]:
    """Choose, on validation paintings, how strongly to whiten the main components of the features.

    The levels, as wide as `widths` says, are brought to one spread before. Gives the (mean, matrix) of the
    projection and the figures of every candidate, without those that no painting asks for.
    """
    scales = level_spreads(train, widths)
    train, val = train / scales, val / scales
    mean = train.mean(0)
    spreads, directions = main_components(train - mean, EMBEDDING_SIZE)
    spreads = np.maximum(spreads, 1e-6 * spreads[0])
    is_painting = data.targets(data.part("val")) < len(data.styles)
    paintings = [picture for picture in data.part("val") if picture.style in data.styles]
    kinds = {
        "same_style": np.array([picture.style for picture in paintings]),
        "same_artist": np.array([picture.hand for picture in paintings]),
    }
    tried = []
    for whitening in _WHITENING:
        matrix = (directions * spreads**-whitening).astype(np.float32)
        vectors = (val[is_painting] - mean) @ matrix
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        asked = {name: precision_at_10(vectors, groups) for name, groups in kinds.items()}
        figures = {name: value for name, value in asked.items() if not np.isnan(value)}
        tried.append((sum(figures.values()), matrix, {"whitening": whitening, **rounded(figures)}))
    _, matrix, chosen = max(tried, key=lambda candidate: candidate[0])
    definition = {
        "size": EMBEDDING_SIZE,
        "made": "pooled features, each level at one spread, minus their mean; main components of the "
        "training part, unit length",
        "whitening": chosen["whitening"],
        "val_precision_at_10": [figures for _, _, figures in tried],
    }
    return ((mean * scales).astype(np.float32), matrix / scales[:, None]), definition


def _centred_bias(network: Network, mean: np.ndarray) -> np.ndarray:
    """The logits of the mean features: the head's bias where it is asked about differences from them.

    In float16 these round far less than the features themselves.
    """
    return network.head.bias.numpy() + mean @ network.head.kernel.numpy()


def _save_for_serving(
    network: Network,
    projection: tuple[np.ndarray, np.ndarray],
    temperature: float,
    styles: int,
    size_px: int,
    folder: str,
) -> None:
    """Save the network with the one signature that serving asks, as TensorFlow's converter reads it."""
    mean, matrix = (tf.constant(part) for part in projection)
    bias = tf.constant(_centred_bias(network, projection[0]))
    pooling = network.backbone.layers[-1]
    backbone = keras.Model(network.backbone.input, [network.backbone.output, pooling.input])

    class Serving(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, size_px, size_px, 3), tf.float32, name="image")])
        def __call__(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
            features, places = backbone(image, training=False)
            logits = ((features - mean) @ network.head.kernel + bias) / temperature
            everything = tf.nn.softmax(logits)
            # The head is linear and pooling a mean, so that each place's share in a logit is exact.
            maps = tf.tensordot(places - mean, network.head.kernel[:, :styles] / temperature, 1)
            return {
                "probabilities": tf.nn.softmax(logits[:, :styles]),
                "not_a_painting": 1 - tf.reduce_sum(everything[:, :styles], axis=1),
                "embedding": tf.math.l2_normalize((features - mean) @ matrix, axis=1),
                "activation_maps": maps,
            }

    module = Serving()
    module.weights = [variable.value for variable in network.variables]  # else they are not saved along
    tf.saved_model.save(module, folder, signatures=module.__call__)


def _convert(saved: str, variant: str, data: Dataset, size_px: int) -> bytes:
    """Make the LiteRT file of a saved network, with numbers as the variant says. Raises NotConverted."""
    if variant == "int8":
        return convert_in_time(saved, _representatives(data, size_px), CONVERTER_S)
    return convert(saved, variant)


def _representatives(data: Dataset, size_px: int) -> list[np.ndarray]:
    """Training pictures from all over the manifest, by which int8 sets its ranges."""
    train = data.part("train")
    chosen = train[:: max(1, len(train) // REPRESENTATIVES)][:REPRESENTATIVES]
    return [scale(square_of(picture, size_px)) for picture in chosen]


def _thresholds(val: Answers, *, has_photographs: bool) -> dict[str, float]:
    """The lowest probabilities from which on validation answers are right as often as promised.

    Not rounded, and chosen in the order in which `certainty_of` asks: what is called not a painting counts for
    neither of the others.
    """
    paintings = val.paintings
    refused = max(_refusing(paintings.not_a_painting), 0.1) if has_photographs else NEVER
    taken = paintings.only(paintings.not_a_painting < refused)
    top, right = taken.probabilities.max(1), taken.is_right
    sure = _lowest(top, right, SURE_IS_RIGHT)
    likely = min(sure, _lowest(top[top < sure], right[top < sure], LIKELY_IS_RIGHT))
    return {"sure": sure, "likely": likely, "not_a_painting": refused}


def _refusing(scores: np.ndarray) -> float:
    """The lowest bound that at most PAINTINGS_REFUSED of these scores reach."""
    most = int(PAINTINGS_REFUSED * len(scores))
    return float(np.nextafter(np.sort(scores)[::-1][most], np.inf))


def _lowest(top: np.ndarray, right: np.ndarray, share: float) -> float:
    """The lowest bound for which of those that reach it at least `share` are right; NEVER where there is none."""
    order = np.argsort(-top, kind="stable")
    running = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    is_last_of_equals = np.append(np.diff(top[order]) != 0, True)
    enough = np.flatnonzero((running >= share) & is_last_of_equals)
    return float(top[order[enough[-1]]]) if len(enough) else NEVER


def _agreement(logits: np.ndarray, answers: Answers) -> dict[str, float]:
    """Compare a converted network with Keras in float32, which gave these logits for the same pictures."""
    probabilities, truth = answers.paintings.probabilities, answers.paintings.truth
    expected = tf.nn.softmax(logits[answers.is_painting, : probabilities.shape[1]]).numpy()
    return rounded(
        {
            "top1": top_k(probabilities, truth, 1),
            "keras_top1": top_k(expected, truth, 1),
            "same_top1": float((expected.argmax(1) == probabilities.argmax(1)).mean()),
            "largest_mean_difference": float(np.abs(expected - probabilities).mean(1).max()),
        }
    )


if __name__ == "__main__":
    sys.exit(main())

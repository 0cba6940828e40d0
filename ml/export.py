"""Calibrate a trained network, choose its embedding and its thresholds, and write the artifact that serving reads."""

import hashlib
import importlib.metadata
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from ml.dataset import Dataset, Picture
from ml.inference import EMBEDDING_SIZE, FORMAT, Model, certainty_of
from ml.preprocess import preprocess
from ml.scores import evaluate, precision_at_10, recalls, top_k

if TYPE_CHECKING:
    from ml.train import Network

SURE_IS_RIGHT = 0.88  # of the validation answers called sure, at least this share must be right
LIKELY_IS_RIGHT = 0.55  # the same for those called likely
PAINTINGS_REFUSED = 0.02  # of the validation paintings, at most this share may be called not a painting
LARGEST_DIFFERENCE = 0.01  # between Keras' and the exported probabilities of a picture, in the mean
_WHITENING = (0.0, 0.25, 0.5)  # exponents tried; 0 is plain PCA, 0.5 gives every direction the same weight


def export(
    network: "Network", data: Dataset, *, out: Path, size_px: int, recipe: dict[str, Any]
) -> dict[str, Any]:
    """Convert the network, score the converted one on val and test, write both files; gives model.json.

    Raises RuntimeError when the converted network does not answer as the trained one does.
    """
    train, val, test = (network.features(data.part(split), size_px) for split in ("train", "val", "test"))
    temperature = _temperature(
        network.head(val).numpy(), data.targets(data.part("val")), styles=len(data.styles)
    )
    projection, embedding = _embedding(train, val, data)
    weights = _convert(network, projection, temperature, len(data.styles), size_px)
    card = {
        **_identity(weights),
        "labels": list(data.styles),
        "input": {
            "size_px": size_px,
            "preprocessing": "the whole picture in sRGB, squeezed into a square (bicubic), scaled to -1..1",
        },
        "temperature": round(temperature, 4),
        "embedding": embedding,
        "data": {
            "fingerprint": data.fingerprint,
            "pictures": {split: len(data.part(split)) for split in ("train", "val", "test")},
        },
        "recipe": recipe,
        "versions": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    answers = {split: Answers(Model(card, weights), data, data.part(split)) for split in ("val", "test")}
    agreement = _agreement(network.head(test).numpy() / temperature, answers["test"])
    thresholds = _thresholds(answers["val"], has_photographs=network.head.units > len(data.styles))
    card["certainty"] = {
        "rule": "not_a_painting by its own score; else sure, likely or unsure by the highest probability",
        "thresholds": thresholds,
        **{split: asked.certainty_figures(thresholds) for split, asked in answers.items()},
    }
    card["metrics"] = {split: asked.figures(data) for split, asked in answers.items()}
    card["metrics"]["test"]["agreement_with_keras"] = agreement
    _write(out, card, weights)
    return card


_LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "pillow")


def _identity(weights: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(weights).hexdigest()
    return {"format": FORMAT, "version": f"styleart-1-{digest[:8]}", "sha256": digest, "bytes": len(weights)}


def _write(out: Path, card: dict[str, Any], weights: bytes) -> None:
    """Replace the model in `out`; model.json comes last, so that where it is, the folder is complete."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("model.tflite", weights),
        ("model.json", json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"),
    ):
        part = out / f"{name}.part"
        part.write_bytes(content)
        part.replace(out / name)


def _temperature(logits: np.ndarray, truth: np.ndarray, styles: int) -> float:
    """The divisor of the logits that makes the validation probabilities most honest (least log loss)."""
    paintings = truth < styles
    logits, truth = logits[paintings, :styles].astype(np.float64), truth[paintings]

    def log_loss(temperature: float) -> float:
        scaled = logits / temperature
        highest = scaled.max(1, keepdims=True)
        totals = highest[:, 0] + np.log(np.exp(scaled - highest).sum(1))
        return float((totals - scaled[np.arange(len(truth)), truth]).mean())

    return float(min(np.geomspace(0.2, 5, 401), key=log_loss))


def _embedding(
    train: np.ndarray, val: np.ndarray, data: Dataset
) -> tuple[tuple[np.ndarray, np.ndarray], dict[str, Any]]:
    """Choose, on validation paintings, how strongly to whiten the main components of the features.

    Gives the (mean, matrix) of the projection and the figures of every candidate.
    """
    mean = train.mean(0)
    spreads, directions = np.linalg.eigh(np.cov(train - mean, rowvar=False))
    spreads, directions = spreads[::-1][:EMBEDDING_SIZE], directions[:, ::-1][:, :EMBEDDING_SIZE]
    spreads = np.maximum(spreads, 1e-6 * spreads[0])
    is_painting = data.targets(data.part("val")) < len(data.styles)
    paintings = [picture for picture in data.part("val") if picture.style in data.styles]
    styles = np.array([picture.style for picture in paintings])
    artists = np.array([picture.artist for picture in paintings])
    tried = []
    for whitening in _WHITENING:
        matrix = (directions * spreads**-whitening).astype(np.float32)
        vectors = (val[is_painting] - mean) @ matrix
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        figures = {
            "same_style": precision_at_10(vectors, styles),
            "same_artist": precision_at_10(vectors, artists),
        }
        tried.append((sum(figures.values()), matrix, {"whitening": whitening, **_rounded(figures)}))
    _, matrix, chosen = max(tried, key=lambda candidate: candidate[0])
    definition = {
        "size": EMBEDDING_SIZE,
        "made": "pooled features minus their mean, main components of the training part, unit length",
        "whitening": chosen["whitening"],
        "val_precision_at_10": [figures for _, _, figures in tried],
    }
    return (mean.astype(np.float32), matrix), definition


def _convert(
    network: "Network",
    projection: tuple[np.ndarray, np.ndarray],
    temperature: float,
    styles: int,
    size_px: int,
) -> bytes:
    """Make the LiteRT file: weights in float16, one signature with the outputs that serving names."""
    mean, matrix = (tf.constant(part) for part in projection)

    class Serving(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, size_px, size_px, 3), tf.float32, name="image")])
        def __call__(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
            features = network.backbone(image, training=False)
            logits = network.head(features) / temperature
            everything = tf.nn.softmax(logits)
            return {
                "probabilities": tf.nn.softmax(logits[:, :styles]),
                "not_a_painting": 1 - tf.reduce_sum(everything[:, :styles], axis=1),
                "embedding": tf.math.l2_normalize((features - mean) @ matrix, axis=1),
            }

    module = Serving()
    module.weights = [variable.value for variable in network.variables]  # else they are not saved along
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=module.__call__)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


class Answers:
    """What the exported model says about one part of the data."""

    def __init__(self, model: Model, data: Dataset, pictures: list[Picture]) -> None:
        size_px = model.card["input"]["size_px"]
        outputs = [model.outputs(preprocess(picture.path.read_bytes(), size_px)) for picture in pictures]
        self.pictures = pictures
        self.truth = data.targets(pictures)
        self.is_painting = self.truth < len(data.styles)
        self.probabilities = np.stack([output["probabilities"] for output in outputs])
        self.not_a_painting = np.array([float(output["not_a_painting"]) for output in outputs])

    @property
    def paintings(self) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities and true styles of the paintings alone."""
        return self.probabilities[self.is_painting], self.truth[self.is_painting]

    def figures(self, data: Dataset) -> dict[str, Any]:
        probabilities, truth = self.paintings
        paintings = [picture for picture in self.pictures if picture.style in data.styles]
        right = probabilities.argmax(1) == truth
        learned = {(picture.style, picture.artist) for picture in data.part("train")}
        known = np.array([(picture.style, picture.artist) in learned for picture in paintings])
        sources = np.array([picture.source for picture in paintings])
        return {
            "paintings": len(truth),
            **_rounded(dict(evaluate(probabilities, truth))),
            "top1_artists_not_in_train": _share(right[~known]),
            "top1_artists_in_train": _share(right[known]),
            "recall": _rounded(dict(zip(data.styles, recalls(probabilities.argmax(1), truth), strict=True))),
            "top1_by_source": {
                str(s): [_share(right[sources == s]), int((sources == s).sum())] for s in np.unique(sources)
            },
        }

    def certainty_figures(self, thresholds: dict[str, float]) -> dict[str, Any]:
        """For paintings the share given each word, and how often that was right; for photographs the share found."""
        words = np.array(
            [
                certainty_of(top, photo, thresholds)
                for top, photo in zip(self.probabilities.max(1), self.not_a_painting, strict=True)
            ]
        )
        right = self.probabilities.argmax(1) == self.truth
        figures: dict[str, Any] = {
            word: {
                "share": _share((words == word)[self.is_painting]),
                "right": _share(right[self.is_painting & (words == word)]),
            }
            for word in ("sure", "likely", "unsure")
        }
        figures["paintings_called_not_a_painting"] = _share((words == "not_a_painting")[self.is_painting])
        figures["photographs_called_not_a_painting"] = _share((words == "not_a_painting")[~self.is_painting])
        figures["photographs"] = int((~self.is_painting).sum())
        return figures


def _thresholds(val: Answers, *, has_photographs: bool) -> dict[str, float]:
    """The lowest probabilities from which on validation answers are right as often as promised."""
    probabilities, truth = val.paintings
    top, right = probabilities.max(1), probabilities.argmax(1) == truth
    sure = _lowest(top, right, SURE_IS_RIGHT)
    likely = min(sure, _lowest(top[top < sure], right[top < sure], LIKELY_IS_RIGHT))
    refused = np.quantile(val.not_a_painting[val.is_painting], 1 - PAINTINGS_REFUSED)
    not_a_painting = max(float(refused), 0.1) if has_photographs else 2.0  # 2: never
    return {"sure": round(sure, 3), "likely": round(likely, 3), "not_a_painting": round(not_a_painting, 3)}


def _lowest(top: np.ndarray, right: np.ndarray, share: float) -> float:
    """The lowest bound above which at least `share` are right; just above all where none is."""
    order = np.argsort(-top, kind="stable")
    running = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(running >= share)
    return float(top[order[enough[-1]]]) if len(enough) else 1.0


def _agreement(logits: np.ndarray, answers: Answers) -> dict[str, float]:
    """Compare the converted network with Keras in float32. Raises RuntimeError when they differ."""
    probabilities, truth = answers.paintings
    expected = tf.nn.softmax(logits[answers.is_painting, : probabilities.shape[1]]).numpy()
    difference = float(np.abs(expected - probabilities).mean(1).max())
    if not difference < LARGEST_DIFFERENCE:
        raise RuntimeError(
            f"The converted network's probabilities are off by {difference:.3f} on some picture."
        )
    return _rounded(
        {
            "same_top1": float((expected.argmax(1) == probabilities.argmax(1)).mean()),
            "keras_top1": top_k(expected, truth, 1),
            "largest_mean_difference": difference,
        }
    )


def _share(flags: np.ndarray) -> float | None:
    return round(float(flags.mean()), 4) if len(flags) else None


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in figures.items()}

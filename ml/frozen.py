"""Train a top model on the features of a frozen network, computed once and kept on disk.

Ends with the weights of the best epoch, goes on after a kill: the recipes styleyourart,
styleyourart-deployed and compare-bases.
"""

import csv
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ml.alone import alone
from ml.dataset import Dataset, Picture, batches
from ml.network import MissingWeights, base, class_weights, take_statistics
from ml.recipes import BASES, CompareBases, StyleYourArt, at_most
from ml.runs import log_epoch, read_log, read_scores, scores_of, table, write_json, write_text

_LARGEST_BATCH = 256  # of predictions


def scale_to_one(pixels: np.ndarray) -> np.ndarray:
    """uint8 to float32 from 0 to 1, as the original prepared its pictures for every base."""
    return pixels.astype(np.float32) / 255


def train_top(recipe: StyleYourArt, data: Dataset, run: Path) -> dict[str, Any]:
    """Train the recipe's top model on frozen MobileNetV2; gives what scores.json says. Raises MissingWeights."""
    parts = paintings(data)
    network = frozen_base("MobileNetV2", recipe.weights, recipe.size_px, parts["train"])
    return train_on(network, recipe, data, parts, run, name=recipe.name)


def train_on(
    network: keras.Model,
    recipe: StyleYourArt,
    data: Dataset,
    parts: dict[str, list[Picture]],
    run: Path,
    *,
    name: str,
) -> dict[str, Any]:
    """Features of this network, a top model on them, its scores; leaves top.keras and scores.json in `run`."""
    features = features_of(network, recipe, parts)
    targets = {part: data.targets(pictures) for part, pictures in parts.items()}
    top = make_top(features["train"].shape[1:], len(data.styles), recipe)
    fit(top, features, targets, recipe, run)
    val_top1 = float((predict(top, features["val"]).argmax(1) == targets["val"]).mean())
    scores = scores_of(
        name,
        data,
        predict(top, features["test"]),
        targets["test"],
        val_top1=round(val_top1, 4),
        epochs=len(read_log(run / "log.csv")),
        trained_on=len(parts["train"]),
        parameters={"base": network.count_params(), "top": top.count_params()},
    )
    top.save(run / "top.keras")
    write_json(run / "scores.json", scores)  # where it is, the run is finished and needs no memory
    for kept in (*run.glob("*.weights.h5"), run / "state.json"):
        kept.unlink()
    return scores


def frozen_base(name: str, weights: str, size_px: int, pictures: list[Picture]) -> keras.Model:
    """One of Keras' networks, to be used as it is. Raises MissingWeights."""
    network = base(name, weights, size_px)
    if weights == "none":
        take_statistics(network, [scale_to_one(next(batches(pictures, size_px, batch_size=64)))])
    return network


def features_of(
    network: keras.Model, recipe: StyleYourArt, parts: dict[str, list[Picture]]
) -> dict[str, np.ndarray]:
    cache = Path(recipe.work) / "cache"
    return {
        part: cached_features(network, pictures, recipe.size_px, cache) for part, pictures in parts.items()
    }


def paintings(data: Dataset) -> dict[str, list[Picture]]:
    """Train, val and test part without the photographs, which the original did not know."""
    return {
        part: [picture for picture in data.part(part) if picture.style in data.styles]
        for part in ("train", "val", "test")
    }


def cached_features(network: keras.Model, pictures: list[Picture], size_px: int, cache: Path) -> np.ndarray:
    """The network's last feature maps for pixels from 0 to 1, float16 of shape (n, height, width, channels).

    Computed once; afterwards read from a file in `cache`, which is only mapped. Stopped and called again,
    it goes on where it was; called by two at a time, the second waits for the first. The file's name stands
    for the pictures, their size and the network's weights.
    """
    path = cache / f"{network.name}-{_fingerprint(network, pictures, size_px)}.npy"
    with alone(path):
        if not path.exists():
            _compute_into(path, network, pictures, size_px)
    return np.load(path, mmap_mode="r")


def _compute_into(path: Path, network: keras.Model, pictures: list[Picture], size_px: int) -> None:
    part, count = path.with_suffix(".part"), path.with_suffix(".count")
    done = int(count.read_text() or 0) if count.exists() and part.exists() else 0
    shape = (len(pictures), *network.output_shape[1:])
    kept = np.load(part, mmap_mode="r+") if done else np.lib.format.open_memmap(part, "w+", "f2", shape)
    for computed in _compute(network, pictures, size_px, kept, done):
        kept.flush()
        write_text(count, str(computed))
    part.replace(path)
    count.unlink(missing_ok=True)


def _compute(
    network: keras.Model, pictures: list[Picture], size_px: int, kept: np.ndarray, done: int
) -> Iterator[int]:
    """Fill `kept` from picture number `done` on; yields how many are done."""
    any_number = tf.TensorSpec((None, size_px, size_px, 3), tf.float32)
    run = tf.function(lambda pixels: network(pixels, training=False), input_signature=[any_number])
    with tqdm(total=len(pictures), initial=done, desc=f"{network.name} features", disable=None) as bar:
        for pixels in batches(pictures[done:], size_px):
            kept[done : done + len(pixels)] = run(scale_to_one(pixels)).numpy()
            done += len(pixels)
            bar.update(len(pixels))
            yield done


def _fingerprint(network: keras.Model, pictures: list[Picture], size_px: int) -> str:
    digest = hashlib.sha256(f"{size_px} 0..1 float16".encode())
    for weight in network.get_weights():
        digest.update(np.ascontiguousarray(weight))
    for picture in pictures:
        digest.update(picture.sha256.encode())
    return digest.hexdigest()[:16]


def make_top(shape: tuple[int, ...], styles: int, recipe: StyleYourArt) -> keras.Sequential:
    """The original's top model, compiled: feature maps of this shape to probabilities of the styles."""
    layers = keras.layers
    top = keras.Sequential([keras.Input(shape), layers.Conv2D(recipe.convolution, 2, activation="relu")])
    if recipe.max_pooling:
        top.add(layers.MaxPooling2D())
        top.add(layers.BatchNormalization())
    top.add(layers.Flatten())
    for number, width in enumerate(recipe.dense, start=1):
        top.add(layers.Dense(width, activation="relu"))
        if recipe.dropout and number < len(recipe.dense):
            top.add(layers.BatchNormalization())
            top.add(layers.Dropout(recipe.dropout))
    top.add(layers.Dense(styles, activation="softmax"))
    top.compile(
        optimizer=keras.optimizers.SGD(recipe.rate, clipnorm=recipe.clipnorm),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # compiled for two cores, a step of the larger top took half as long again
    )
    return top


def predict(top: keras.Model, features: np.ndarray) -> np.ndarray:
    """Probabilities, float32 of shape (n, styles)."""
    starts = range(0, len(features), _LARGEST_BATCH)
    return np.concatenate(
        [top.predict_on_batch(features[s : s + _LARGEST_BATCH].astype(np.float32)) for s in starts]
    )


def fit(
    top: keras.Model,
    features: dict[str, np.ndarray],
    targets: dict[str, np.ndarray],
    recipe: StyleYourArt,
    run: Path,
) -> None:
    """Train until patience or epochs run out; leaves the weights of the best validation accuracy in `top`."""
    memory = Memory(top, recipe, run)
    first = memory.recall()
    counts = _counts(targets["train"], recipe)
    per_epoch = -(-len(targets["train"]) // recipe.batch_size)
    bar = tqdm(total=recipe.epochs * per_epoch, initial=first * per_epoch, desc="top model", disable=None)
    for epoch in range(first, recipe.epochs):
        if top.stop_training:
            print("The validation loss falls no more: training ends here.")
            break
        figures, steps = {"rate": float(top.optimizer.learning_rate.numpy())}, []
        for inputs, labels in shuffled(features["train"], targets["train"], epoch, recipe):
            steps.append(_step(top, inputs, labels, counts))
            bar.update()
            bar.set_postfix(epoch=epoch + 1, loss=f"{np.mean(steps[-50:], axis=0)[0]:.3f}")
        figures |= dict(zip(("loss", "accuracy"), np.mean(steps, axis=0).tolist(), strict=True))
        figures |= _validate(top, features["val"], targets["val"])
        log_epoch(run / "log.csv", epoch=epoch + 1, **figures)
        memory.keep(epoch, figures)
    bar.close()
    top.load_weights(run / "best.weights.h5")


def step_at_rate(recipe: StyleYourArt, data: Dataset) -> Callable[[float], float]:
    """A function that trains one batch at the rate it is given, and gives the loss. Raises MissingWeights."""
    train = {"train": paintings(data)["train"]}
    network = frozen_base("MobileNetV2", recipe.weights, recipe.size_px, train["train"])
    features, targets = features_of(network, recipe, train)["train"], data.targets(train["train"])
    counts = _counts(targets, recipe)
    top = make_top(features.shape[1:], len(data.styles), recipe)
    coming = (batch for epoch in itertools.count() for batch in shuffled(features, targets, epoch, recipe))

    def step(rate: float) -> float:
        top.optimizer.learning_rate = rate
        return _step(top, *next(coming), counts)[0]

    return step


def _step(
    top: keras.Model, inputs: np.ndarray, labels: np.ndarray, counts: dict[int, float] | None
) -> tuple[float, float]:
    """Train one batch; gives its loss and its accuracy."""
    top.reset_metrics()
    figures = top.train_on_batch(inputs, labels, class_weight=counts, return_dict=True)
    return float(figures["loss"]), float(figures["accuracy"])


def _counts(targets: np.ndarray, recipe: StyleYourArt) -> dict[int, float] | None:
    return dict(enumerate(class_weights(targets).tolist())) if recipe.class_weights else None


def shuffled(
    features: np.ndarray, targets: np.ndarray, epoch: int, recipe: StyleYourArt
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The epoch's batches in an order that depends only on seed and epoch, so that it survives a resume."""
    order = np.random.default_rng([recipe.seed, epoch]).permutation(len(targets))
    one_hot = np.eye(targets.max() + 1, dtype=np.float32)[targets]
    for start in range(0, len(order), recipe.batch_size):
        members = np.sort(order[start : start + recipe.batch_size])  # in the order of the file
        yield features[members].astype(np.float32), one_hot[members]


def _validate(top: keras.Model, features: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    probabilities = predict(top, features)
    of_truth = probabilities[np.arange(len(targets)), targets]
    return {
        "val_loss": float(-np.log(np.maximum(of_truth, 1e-7)).mean()),
        "val_accuracy": float((probabilities.argmax(1) == targets).mean()),
    }


class Memory:
    """Keras' callbacks of one run and all that a later start needs: weights, rate, what was best, how long ago."""

    def __init__(self, top: keras.Model, recipe: StyleYourArt, run: Path) -> None:
        self.top, self.run = top, run
        callbacks = keras.callbacks
        self.plateau = callbacks.ReduceLROnPlateau(
            monitor="val_accuracy",
            mode="max",
            factor=recipe.plateau_factor,
            patience=recipe.plateau_patience,
            min_lr=recipe.least_rate,
        )
        self.stopping = callbacks.EarlyStopping(
            monitor="val_loss", mode="min", patience=recipe.patience, min_delta=recipe.least_gain
        )
        self.best = callbacks.ModelCheckpoint(
            run / "best.weights.h5",
            monitor="val_accuracy",
            mode="max",
            save_best_only=True,
            save_weights_only=True,
        )
        self.callbacks = callbacks.CallbackList([self.plateau, self.stopping, self.best], model=top)
        top.stop_training = False
        self.callbacks.on_train_begin()

    def recall(self) -> int:
        """Take up what an earlier start kept; gives the number of finished epochs."""
        if not (self.run / "state.json").exists():
            return 0
        state = json.loads((self.run / "state.json").read_text())
        self.top.load_weights(self.run / state["weights"])
        self.top.optimizer.learning_rate = state["rate"]
        self.top.stop_training = state["stop"]
        self.plateau.best, self.plateau.wait = state["plateau"]
        self.stopping.best, self.stopping.wait = state["stopping"]
        self.best.best = state["best"]
        return state["epochs"]

    def keep(self, epoch: int, figures: dict[str, float]) -> None:
        """Tell the callbacks how the epoch went and write everything down."""
        self.callbacks.on_epoch_end(epoch, dict(figures))
        weights = self.run / f"epoch-{epoch + 1}.weights.h5"
        self.top.save_weights(weights)
        state = {
            "epochs": epoch + 1,
            "weights": weights.name,
            "rate": float(self.top.optimizer.learning_rate.numpy()),
            "stop": bool(self.top.stop_training),
            "plateau": [float(self.plateau.best), int(self.plateau.wait)],
            "stopping": [float(self.stopping.best), int(self.stopping.wait)],
            "best": float(self.best.best),
        }
        write_json(self.run / "state.json", state)  # last: what it names is complete
        for other in self.run.glob("epoch-*.weights.h5"):
            if other != weights:
                other.unlink()


def compare_bases(recipe: CompareBases, data: Dataset, run: Path) -> list[dict[str, Any]]:
    """Train the same top on each base; prints a table and writes it to bases.csv.

    A row has either scores or, under `missing`, the sentence that says which weights are.
    """
    files = dict(given.split("=", 1) for given in recipe.base_weights)
    few = at_most(data, recipe.per_class, splits=("train",))
    parts = paintings(data) | {"train": paintings(few)["train"]}
    rows = []
    for name in BASES:
        try:
            rows.append(_try_base(name, files.get(name, recipe.weights), recipe, data, parts, run / name))
        except MissingWeights as error:
            print(error)
            rows.append({"base": name, "missing": str(error)})
    write_table(run / "bases.csv", rows)
    return rows


def _try_base(
    name: str,
    weights: str,
    recipe: CompareBases,
    data: Dataset,
    parts: dict[str, list[Picture]],
    folder: Path,
) -> dict[str, Any]:
    if not (folder / "scores.json").exists():
        keras.utils.set_random_seed(recipe.seed)
        network = frozen_base(name, weights, recipe.size_px, parts["train"])
        folder.mkdir(exist_ok=True)
        train_on(network, recipe, data, parts, folder, name=f"compare-bases {name}")
        keras.backend.clear_session()
    return {"base": name, **_row(read_scores(folder))}


_COLUMNS = ("base", "top1", "top3", "macro_auc", "val_top1", "base_MB", "top_MB", "missing")


def _row(scores: dict[str, Any]) -> dict[str, Any]:
    sizes = {f"{part}_MB": round(count * 4 / 1e6, 1) for part, count in scores["parameters"].items()}
    return {name: scores[name] for name in ("top1", "top3", "macro_auc", "val_top1")} | sizes


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    shown = _COLUMNS[:-1]
    lines = [[str(row.get(name, "missing" if name == "top1" else "–")) for name in shown] for row in rows]
    print(table([shown, *lines]))

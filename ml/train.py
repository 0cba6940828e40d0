"""Train StyleArt's classifier from a manifest of labelled pictures: python -m ml.train.

Fits a linear head on frozen MobileNetV2 features first, then fine-tunes every
layer from there, calibrates on the validation part, exports, and scores what
was exported on the test part. Stopped and started again, it goes on where it was.
"""

import argparse
import csv
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ml import export
from ml.augment import augment
from ml.dataset import Dataset, Picture, batches, cached_pixels, read_manifest
from ml.preprocess import INPUT_SIZE_PX, scale
from ml.scores import top_k


def knob(default: object, meaning: str) -> object:
    return field(default=default, metadata={"help": meaning})


@dataclass(frozen=True)
class Settings:
    """Every knob of a training run; the command line is made from it."""

    manifest: str = knob("../shared/paintings/manifest.csv", "CSV of pictures, labels and splits")
    weights: str = knob(
        "imagenet", "MobileNetV2 weights: imagenet (Keras fetches them), none, or an .h5 file"
    )
    out: str = knob("ml/model", "folder for model.tflite and model.json")
    work: str = knob("var/training", "folder for the pixel cache, checkpoints and logs")
    seed: int = knob(20, "seed of every random choice")
    size_px: int = knob(INPUT_SIZE_PX, "side of the pictures the exported model takes")
    train_size_px: int = knob(160, "side of the pictures while fine-tuning; crops make things look larger")
    cache_px: int = knob(256, "side of the decoded pictures that crops are cut from")
    epochs: int = knob(7, "epochs of fine-tuning; 0 exports the linear head on frozen features")
    batch_size: int = knob(16, "pictures a step")
    backbone_rate: float = knob(1.5e-4, "peak learning rate of MobileNetV2's layers")
    head_rate: float = knob(5e-4, "peak learning rate of the linear head")
    head_penalty: float = knob(0.1, "penalty on the squared weights of the head fitted on frozen features")
    warmup: float = knob(0.1, "share of all steps in which the rates rise to their peaks")
    weight_decay: float = knob(0.02, "AdamW's decay of convolution and head weights")
    dropout: float = knob(0.2, "share of pooled features dropped in training")
    label_smoothing: float = knob(0.1, "share of each label spread over all classes")
    mixup: float = knob(0.2, "alpha of the beta distribution that mixes pictures; 0 mixes none")
    least_area: float = knob(0.35, "smallest share of a picture that a training crop keeps")
    ema: float = knob(0.998, "share of the averaged weights kept at each step")


def main() -> int:
    settings = _settings_from(sys.argv[1:])
    keras.utils.set_random_seed(settings.seed)
    try:
        data = read_manifest(Path(settings.manifest))
    except (OSError, ValueError) as error:
        print(f"The manifest cannot be used: {error}", file=sys.stderr)
        return 1
    if settings.weights not in ("imagenet", "none") and not Path(settings.weights).is_file():
        print(f"There are no weights at {settings.weights}.", file=sys.stderr)
        return 1
    print(f"{len(data.pictures)} pictures, {len(data.styles)} styles, fingerprint {data.fingerprint}")

    run = Path(settings.work) / f"run-{_name_of(settings, data)}"
    run.mkdir(parents=True, exist_ok=True)
    (run / "settings.json").write_text(json.dumps(asdict(settings), indent=2))

    network = build(data, settings)
    if not (run / "checkpoint.npz").exists():  # a checkpoint knows better
        fit_head(network, data, settings)
    fine_tune(network, data, settings, run)
    card = export.export(
        network, data, out=Path(settings.out), size_px=settings.size_px, recipe=asdict(settings)
    )
    print(json.dumps({"version": card["version"], **card["metrics"]["test"]}, indent=2))
    return 0


def _settings_from(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m ml.train",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    for knob_ in fields(Settings):
        name = "--" + knob_.name.replace("_", "-")
        parser.add_argument(name, type=knob_.type, default=knob_.default, help=knob_.metadata["help"])
    parser.add_argument(
        "--smoke", action="store_true", help="run every step in seconds, for a test; learns nothing"
    )
    chosen = vars(parser.parse_args(arguments))
    smoke = chosen.pop("smoke")
    settings = Settings(**chosen)
    return replace(settings, size_px=96, train_size_px=96, cache_px=104, epochs=1) if smoke else settings


def _name_of(settings: Settings, data: Dataset) -> str:
    """Ten hex digits for settings and data, so that a run goes on only with what it began with."""
    choices = {
        name: value for name, value in asdict(settings).items() if name not in ("out", "work", "size_px")
    }
    return hashlib.sha256((json.dumps(choices) + data.fingerprint).encode()).hexdigest()[:10]


@dataclass
class Network:
    """MobileNetV2 up to its pooled features, and the linear head on them."""

    backbone: keras.Model  # pixels from -1 to 1, any size -> (n, 1280)
    head: keras.layers.Dense  # (n, 1280) -> logits (n, styles, and one more for photographs if there are any)

    @property
    def variables(self) -> list[keras.Variable]:
        return [*self.backbone.variables, *self.head.variables]

    def features(self, pictures: list[Picture], size_px: int) -> np.ndarray:
        """Pooled features of whole pictures, float32 of shape (n, 1280)."""
        run = tf.function(lambda pixels: self.backbone(pixels, training=False))
        steps = tqdm(batches(pictures, size_px), total=-(-len(pictures) // 32), desc="features", disable=None)
        return np.concatenate([run(scale(pixels)).numpy() for pixels in steps])


def build(data: Dataset, settings: Settings) -> Network:
    """Load the backbone and put a head of the right width on it."""
    backbone = keras.applications.MobileNetV2(
        include_top=False,
        pooling="avg",
        input_shape=(None, None, 3),
        weights="imagenet" if settings.weights == "imagenet" else None,
    )
    if settings.weights not in ("imagenet", "none"):
        backbone.load_weights(settings.weights)
    train = data.part("train")
    if settings.weights == "none":
        _take_statistics(backbone, scale(next(batches(train, settings.size_px, batch_size=64))))
    head = keras.layers.Dense(int(data.targets(train).max()) + 1, name="head")
    head.build((None, backbone.output_shape[-1]))
    return Network(backbone, head)


def _take_statistics(backbone: keras.Model, pixels: np.ndarray) -> None:
    """Give batch norm the statistics of these pictures; without pretrained weights it has none."""
    norms = [layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in norms:
        layer.momentum = 0.0  # take over all of what is seen
    backbone(pixels, training=True)


def fit_head(network: Network, data: Dataset, settings: Settings) -> None:
    """Fit the head on frozen features of all training pictures, so that fine-tuning starts from sense.

    It is logistic regression with the squared weights penalised.
    """
    train, head = data.part("train"), network.head
    features = network.features(train, settings.size_px)
    mean, spread = features.mean(0), features.std(0).mean()
    inputs, labels = tf.constant((features - mean) / spread), tf.one_hot(data.targets(train), head.units)
    optimizer = keras.optimizers.Adam(3e-3)

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, head(inputs)))
            loss += settings.head_penalty * tf.reduce_sum(head.kernel**2)
        optimizer.apply(tape.gradient(loss, head.trainable_variables), head.trainable_variables)

    for _ in range(200):
        step()
    # Fold the scaling into the weights: serving sees plain pooled features.
    kernel = head.kernel.numpy() / spread
    head.set_weights([kernel, head.bias.numpy() - mean @ kernel])


def _smoothed(labels: tf.Tensor, smoothing: float) -> tf.Tensor:
    return labels * (1 - smoothing) + smoothing / tf.cast(tf.shape(labels)[-1], tf.float32)


def fine_tune(network: Network, data: Dataset, settings: Settings, run: Path) -> None:
    """Train every layer; leaves the averaged weights in the network. Goes on from the last epoch in `run`."""
    if not settings.epochs:
        return
    train = data.part("train")
    val = [picture for picture in data.part("val") if picture.style in data.styles]
    cache = Path(settings.work) / "cache" / f"{data.fingerprint}-train-{settings.cache_px}.npy"
    pixels = cached_pixels(train, settings.cache_px, cache)
    trainer = Trainer(network, settings, steps=settings.epochs * _steps_an_epoch(len(train), settings))
    first = trainer.resume(run / "checkpoint.npz")
    per_epoch = _steps_an_epoch(len(train), settings)
    bar = tqdm(total=trainer.steps, initial=first * per_epoch, desc="fine-tuning", unit="step", disable=None)
    for epoch in range(first, settings.epochs):
        losses = []
        for images, labels in _varied(pixels, data.targets(train), epoch, settings):
            losses.append(float(trainer.step(scale(images), labels)))
            bar.update()
            bar.set_postfix(epoch=epoch + 1, loss=f"{np.mean(losses[-50:]):.3f}")
        trainer.save(run / "checkpoint.npz", epoch + 1)
        with trainer.averaged():
            logits = network.head(network.features(val, settings.size_px)).numpy()[:, : len(data.styles)]
        _log(
            run / "log.csv",
            epoch=epoch + 1,
            loss=np.mean(losses),
            val_top1=top_k(logits, data.targets(val), 1),
        )
    bar.close()
    trainer.settle()


def _steps_an_epoch(pictures: int, settings: Settings) -> int:
    return max(1, pictures // settings.batch_size)


def _varied(
    pixels: np.ndarray, targets: np.ndarray, epoch: int, settings: Settings
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The epoch's batches: uint8 pictures and one-hot labels, mixed in pairs; the same after every resume."""
    chance = np.random.default_rng([settings.seed, epoch])
    order = chance.permutation(len(pixels))
    one_hot = np.eye(targets.max() + 1, dtype=np.float32)[targets]

    def variation(index: int) -> np.ndarray:
        own = np.random.default_rng([settings.seed, epoch, int(index)])
        return augment(pixels[index], settings.train_size_px, own, least_area=settings.least_area)

    def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = order[step * settings.batch_size : (step + 1) * settings.batch_size]
        return np.stack([variation(index) for index in chosen]), one_hot[chosen]

    with ThreadPoolExecutor(1) as ahead:  # one batch ahead; Pillow lets the network compute meanwhile
        steps = _steps_an_epoch(len(pixels), settings)
        coming = ahead.submit(batch, 0)
        for step in range(steps):
            images, labels = coming.result()
            if step + 1 < steps:
                coming = ahead.submit(batch, step + 1)
            yield _mixed(images, labels, settings.mixup, chance)


def _mixed(
    images: np.ndarray, labels: np.ndarray, alpha: float, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    if not alpha:
        return images, labels
    share = np.float32(chance.beta(alpha, alpha))
    share = max(share, 1 - share)
    images = images.astype(np.float32)
    return images * share + images[::-1] * (1 - share), labels * share + labels[::-1] * (1 - share)


class Trainer:
    """Optimizers, schedule and averaged weights of one run."""

    def __init__(self, network: Network, settings: Settings, steps: int) -> None:
        self.network, self.settings, self.steps = network, settings, steps
        self.optimizers = [
            self._optimizer(settings.backbone_rate, network.backbone.trainable_variables),
            self._optimizer(settings.head_rate, network.head.trainable_variables),
        ]
        self.weights = network.backbone.trainable_variables + network.head.trainable_variables
        self.averages = [tf.Variable(weight.value) for weight in self.weights]
        self.step = tf.function(self._step)

    def _optimizer(self, peak: float, weights: list[keras.Variable]) -> keras.optimizers.Optimizer:
        warmup = max(1, int(self.steps * self.settings.warmup))
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, max(1, self.steps - warmup), warmup_target=peak, warmup_steps=warmup, alpha=0.01
        )
        optimizer = keras.optimizers.AdamW(rate, weight_decay=self.settings.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
        optimizer.build(weights)
        return optimizer

    def _step(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        backbone, head = self.network.backbone, self.network.head
        labels = _smoothed(labels, self.settings.label_smoothing)
        with tf.GradientTape() as tape:
            # Batch norm keeps ImageNet's statistics (training=False) and learns only its scales and shifts:
            # batches this small would give poor statistics, and averaged weights would not fit them.
            features = tf.nn.dropout(backbone(images, training=False), self.settings.dropout)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, head(features)))
        gradients = tape.gradient(loss, self.weights)
        split = len(backbone.trainable_variables)
        self.optimizers[0].apply(gradients[:split], self.weights[:split])
        self.optimizers[1].apply(gradients[split:], self.weights[split:])
        # A young average forgets faster, or it would drag the starting point along.
        steps = tf.cast(self.optimizers[0].iterations.value, tf.float32)
        keep = tf.minimum(self.settings.ema, (1 + steps) / (10 + steps))
        for average, weight in zip(self.averages, self.weights, strict=True):
            average.assign(average * keep + weight.value * (1 - keep))
        return loss

    def settle(self) -> None:
        """Give the network its averaged weights for good."""
        for weight, average in zip(self.weights, self.averages, strict=True):
            weight.assign(average)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """While entered, the network has the averaged weights."""
        own = [weight.numpy() for weight in self.weights]
        self.settle()
        yield
        for weight, value in zip(self.weights, own, strict=True):
            weight.assign(value)

    def _state(self) -> list[tf.Variable]:
        return [
            *(weight.value for weight in self.weights),
            *self.averages,
            *(variable.value for optimizer in self.optimizers for variable in optimizer.variables),
        ]

    def save(self, path: Path, epochs_done: int) -> None:
        part = path.with_suffix(".part.npz")
        np.savez(part, np.int64(epochs_done), *(variable.numpy() for variable in self._state()))
        part.replace(path)

    def resume(self, path: Path) -> int:
        """Take up the state in `path`, if there is one; gives the number of finished epochs."""
        if not path.exists():
            return 0
        with np.load(path) as saved:
            for number, variable in enumerate(self._state(), start=1):
                variable.assign(saved[f"arr_{number}"])
            return int(saved["arr_0"])


def _log(path: Path, **row: float) -> None:
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, ["time", *row])
        if is_new:
            writer.writeheader()
        writer.writerow({"time": time.strftime("%Y-%m-%dT%H:%M:%S"), **row})
    tqdm.write("  ".join(f"{name} {value:.4g}" for name, value in row.items()))


if __name__ == "__main__":
    sys.exit(main())

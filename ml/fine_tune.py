"""Fine-tune every layer of MobileNetV2: optimizers, schedule, averaged weights, checkpoints."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ml.answers import ask
from ml.augment import augment
from ml.dataset import Dataset, cached_pixels
from ml.inference import ModelMismatch, load_model
from ml.network import Network, class_weights, folded, stage_of
from ml.preprocess import scale
from ml.recipes import StyleArt
from ml.runs import log_epoch, read_log
from ml.scores import log_loss, top_k


class UnfitTeacher(Exception):  # noqa: N818 - it is the teacher that is unfit
    """The model that should teach cannot be read, or has learned other styles."""


def fine_tune(network: Network, data: Dataset, settings: StyleArt, run: Path) -> None:
    """Train every layer; leaves the averaged weights in the network. Goes on from the last epoch in `run`.

    Raises UnfitTeacher.
    """
    if not settings.epochs:
        return
    val = [picture for picture in data.part("val") if picture.style in data.styles]
    pixels, targets = training_pixels(data, settings), data.targets(data.part("train"))
    labels = labels_of(data, settings, run)
    per_epoch = steps_an_epoch(len(pixels), settings)
    trainer = Trainer(
        network,
        settings,
        settings.epochs * per_epoch,
        artists=len(known_artists(data)),
        weights=_weights(targets, settings),
    )
    first = trainer.resume(run / "checkpoint.npz")
    bar = tqdm(total=trainer.steps, initial=first * per_epoch, desc="fine-tuning", unit="step", disable=None)
    for epoch in range(first, settings.epochs):
        if has_lost_patience(run / "log.csv", settings.patience):
            print(f"No better validation top-1 for {settings.patience} epochs: the best is taken.")
            break
        losses = []
        for images, wanted in varied(pixels, targets, labels, epoch, settings):
            losses.append(float(trainer.step(scale(images), wanted)))
            bar.update()
            bar.set_postfix(epoch=epoch + 1, loss=f"{np.mean(losses[-50:]):.3f}")
        with trainer.averaged():
            logits = network.head(network.features(val, settings.size_px)).numpy()[:, : len(data.styles)]
            top1 = top_k(logits, data.targets(val), 1)
            val_loss = log_loss(logits, data.targets(val))
            if settings.patience and top1 > best_top1(run / "log.csv", before=epoch + 1):
                trainer.save_weights(run / "best.npz")
        log_epoch(
            run / "log.csv", epoch=epoch + 1, loss=float(np.mean(losses)), val_loss=val_loss, val_top1=top1
        )
        trainer.save(run / "checkpoint.npz", epoch + 1)
    bar.close()
    trainer.settle()
    if settings.patience:
        trainer.load_weights(run / "best.npz")


def training_pixels(data: Dataset, settings: StyleArt) -> np.ndarray:
    cache = Path(settings.work) / "cache" / f"{data.fingerprint}-train-{settings.cache_px}.npy"
    return cached_pixels(data.part("train"), settings.cache_px, cache)


def _weights(targets: np.ndarray, settings: StyleArt) -> np.ndarray | None:
    return class_weights(targets) if settings.class_weights else None


def best_top1(log: Path, *, before: int) -> float:
    """The best validation top-1 of the epochs before this one; -1 when there are none."""
    return max((float(r["val_top1"]) for r in read_log(log) if int(r["epoch"]) < before), default=-1.0)


def has_lost_patience(log: Path, patience: int) -> bool:
    """Whether the last `patience` epochs in the log brought no better validation top-1; never if that is 0."""
    seen = [float(row["val_top1"]) for row in read_log(log)]
    return bool(patience and len(seen) > patience and max(seen[-patience:]) <= max(seen[:-patience]))


def step_at_rate(network: Network, data: Dataset, settings: StyleArt) -> Callable[[float], float]:
    """A function that trains one batch with the backbone at the rate it is given, and gives the loss.

    The head's rate keeps its distance from the backbone's.
    """
    pixels, targets = training_pixels(data, settings), data.targets(data.part("train"))
    labels, weights = labels_of(data, settings), _weights(targets, settings)
    artists = len(known_artists(data))
    trainer = Trainer(
        network, settings, steps=1, artists=artists, weights=weights, schedule=lambda peak: peak
    )
    coming = (
        batch for epoch in itertools.count() for batch in varied(pixels, targets, labels, epoch, settings)
    )

    def step(rate: float) -> float:
        for group in trainer.groups:
            group.optimizer.learning_rate = rate * group.share
        images, wanted = next(coming)
        return float(trainer.step(scale(images), wanted))

    return step


def known_artists(data: Dataset) -> list[str]:
    """Who painted two or more of the training pictures, in alphabetical order."""
    counts = Counter(picture.artist for picture in data.part("train") if picture.artist)
    return sorted(artist for artist, count in counts.items() if count > 1)


def labels_of(data: Dataset, settings: StyleArt, run: Path | None = None) -> np.ndarray:
    """What the training pictures teach, float32 of shape (n, classes), or (n, classes + artists).

    The first columns are the style, or partly the teacher's answer, and add up to 1. The others are there
    if artists count: one is 1, or none where the painter is unknown or has no other picture.
    """
    pictures = data.part("train")
    targets = data.targets(pictures)
    labels = np.eye(targets.max() + 1, dtype=np.float32)[targets]
    if settings.teacher:
        share = settings.teacher_share
        labels = (1 - share) * labels + share * _taught(data, labels.shape[1], settings, run)
    if settings.artist_weight:
        artists = np.array(known_artists(data))
        of_each = np.array([picture.artist for picture in pictures])[:, None] == artists
        labels = np.concatenate([labels, of_each], axis=1)
    return labels.astype(np.float32)


def _taught(data: Dataset, classes: int, settings: StyleArt, run: Path | None) -> np.ndarray:
    """The teacher's softened answers about the training pictures, of shape (n, classes).

    They are kept in the run's folder, so that a run goes on with the teacher it began with. Raises
    UnfitTeacher.
    """
    try:
        teacher = load_model(Path(settings.teacher))
    except ModelMismatch as error:
        raise UnfitTeacher(f"The teacher in {settings.teacher} cannot be asked: {error}") from error
    if tuple(teacher.card["labels"]) != data.styles:
        raise UnfitTeacher(f"The teacher in {settings.teacher} has learned other styles than the data have.")
    answers = ask(teacher, data, data.part("train"), cache=run / "teacher.npz" if run else None)
    taught = answers.probabilities
    if classes > len(data.styles):
        photo = answers.not_a_painting[:, None]
        taught = np.concatenate([taught * (1 - photo), photo], axis=1)
    softened = taught ** (1 / settings.teacher_temperature)
    return softened / softened.sum(1, keepdims=True)


def steps_an_epoch(pictures: int, settings: StyleArt) -> int:
    return max(1, pictures // settings.batch_size)


def varied(
    pixels: np.ndarray, targets: np.ndarray, labels: np.ndarray, epoch: int, settings: StyleArt
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The epoch's batches: uint8 pictures and their labels, mixed in pairs; the same after every resume.

    `targets` are the classes' numbers, by which they can be balanced.
    """
    chance = np.random.default_rng([settings.seed, epoch])
    order = balanced_order(targets, chance) if settings.balanced else chance.permutation(len(pixels))
    is_late = settings.late_size_px and epoch >= settings.epochs - settings.late_epochs
    size_px = settings.late_size_px if is_late else settings.train_size_px

    def variation(place: int) -> np.ndarray:
        repeat = [place] if settings.balanced else []  # a picture shown again is varied anew
        own = np.random.default_rng([settings.seed, epoch, int(order[place]), *repeat])
        return augment(pixels[order[place]], size_px, own, least_area=settings.least_area)

    def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
        places = range(len(order))[step * settings.batch_size : (step + 1) * settings.batch_size]
        return np.stack([variation(place) for place in places]), labels[order[places]]

    with ThreadPoolExecutor(1) as ahead:  # one batch ahead; Pillow lets the network compute meanwhile
        steps = steps_an_epoch(len(pixels), settings)
        coming = ahead.submit(batch, 0)
        for step in range(steps):
            images, wanted = coming.result()
            if step + 1 < steps:
                coming = ahead.submit(batch, step + 1)
            yield _mixed(images, wanted, settings.mixup, chance)


def balanced_order(targets: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """As many numbers of pictures as there are, each class equally often (give or take one), shuffled.

    A class with fewer pictures shows each of them several times before any once more; a class with more
    leaves some out.
    """
    classes = np.unique(targets)
    share = -(-len(targets) // len(classes))
    drawn = []
    for number in classes:
        members = np.flatnonzero(targets == number)
        rounds = -(-share // len(members))
        drawn.append(np.concatenate([chance.permutation(members) for _ in range(rounds)])[:share])
    by_turns = np.stack(drawn, axis=1).ravel()[: len(targets)]  # so that the cut takes one from each at most
    return chance.permutation(by_turns)


def _mixed(
    images: np.ndarray, labels: np.ndarray, alpha: float, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    if not alpha:
        return images, labels
    share = np.float32(chance.beta(alpha, alpha))
    share = max(share, 1 - share)
    images = images.astype(np.float32)
    return images * share + images[::-1] * (1 - share), labels * share + labels[::-1] * (1 - share)


def _smoothed(labels: tf.Tensor, smoothing: float) -> tf.Tensor:
    return labels * (1 - smoothing) + smoothing / tf.cast(tf.shape(labels)[-1], tf.float32)


@dataclass(frozen=True)
class Group:
    """Weights that learn at one rate: this share of the backbone's."""

    weights: list[keras.Variable]
    share: float
    optimizer: keras.optimizers.Optimizer


class Trainer:
    """Optimizers, schedule and averaged weights of one run.

    `artists` is how many painters are to be told apart, if the settings want that. `weights` says what each
    class counts in the loss, of shape (classes,). `schedule` makes an optimizer's rate from its peak; warm-up
    and cosine unless given.
    """

    def __init__(
        self,
        network: Network,
        settings: StyleArt,
        steps: int,
        *,
        artists: int = 0,
        weights: np.ndarray | None = None,
        schedule: Callable[[float], object] | None = None,
    ) -> None:
        self.network, self.settings, self.steps = network, settings, steps
        self.class_weights = tf.constant(
            np.ones(network.head.units) if weights is None else weights, tf.float32
        )
        self.schedule = schedule or self._cosine
        self.backbone = folded(network.backbone)
        self.artists = self._artist_head(artists) if settings.artist_weight else None
        self.groups = list(self._groups())
        self.weights = [weight for group in self.groups for weight in group.weights]
        self.averages = [tf.Variable(weight.value) for weight in self.weights]
        self.step = tf.function(self._step)

    def _groups(self) -> Iterator["Group"]:
        """The stages of the backbone, the early ones the slowest, and the heads."""
        settings, backbone = self.settings, self.network.backbone
        last = stage_of("Conv_1")
        for stage in range(last + 1):
            layers = [layer for layer in backbone.layers if layer.weights and stage_of(layer.name) == stage]
            weights = [weight for layer in layers for weight in layer.trainable_variables]
            yield self._group(weights, settings.stage_falloff ** (last - stage))
        for head in filter(None, (self.network.head, self.artists)):
            yield self._group(head.trainable_variables, settings.head_rate / settings.backbone_rate)

    def _artist_head(self, artists: int) -> keras.layers.Dense:
        """A second head that is thrown away in the end; the backbone keeps what it learned from it."""
        head = keras.layers.Dense(artists, name="artists", kernel_initializer="zeros")
        head.build((None, self.network.head.kernel.shape[0]))
        return head

    def _group(self, weights: list[keras.Variable], share: float) -> "Group":
        return Group(weights, share, self._optimizer(self.settings.backbone_rate * share, weights))

    def _cosine(self, peak: float) -> keras.optimizers.schedules.LearningRateSchedule:
        warmup = max(1, int(self.steps * self.settings.warmup))
        return keras.optimizers.schedules.CosineDecay(
            0.0, max(1, self.steps - warmup), warmup_target=peak, warmup_steps=warmup, alpha=0.01
        )

    def _optimizer(self, peak: float, weights: list[keras.Variable]) -> keras.optimizers.Optimizer:
        optimizer = keras.optimizers.AdamW(self.schedule(peak), weight_decay=self.settings.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
        optimizer.build(weights)
        return optimizer

    def _step(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        head = self.network.head
        labels, artists = labels[:, : head.units], labels[:, head.units :]
        counts = tf.linalg.matvec(labels, self.class_weights)  # a mixed picture counts as its parts do
        labels = _smoothed(labels, self.settings.label_smoothing)
        with tf.GradientTape() as tape:
            # Batch norm keeps its statistics, folded into the convolutions, and learns only scales and shifts:
            # batches this small would give poor statistics, and averaged weights would not fit them.
            features = tf.nn.dropout(self.backbone(images), self.settings.dropout)
            losses = tf.nn.softmax_cross_entropy_with_logits(labels, head(features))
            if self.artists:  # unknown ones have a label of zeros, and so no loss
                hands = tf.nn.softmax_cross_entropy_with_logits(artists, self.artists(features))
                losses += self.settings.artist_weight * hands
            loss = tf.reduce_mean(losses * counts)
        gradients = tape.gradient(loss, self.weights)
        coming = iter(gradients)
        for group in self.groups:
            group.optimizer.apply(list(islice(coming, len(group.weights))), group.weights)
        # A young average forgets faster, or it would drag the starting point along.
        steps = tf.cast(self.groups[0].optimizer.iterations.value, tf.float32)
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
            *(variable.value for group in self.groups for variable in group.optimizer.variables),
        ]

    def save(self, path: Path, epochs_done: int) -> None:
        _write(path, [np.int64(epochs_done), *(variable.numpy() for variable in self._state())])

    def resume(self, path: Path) -> int:
        """Take up the state in `path`, if there is one; gives the number of finished epochs."""
        if not path.exists():
            return 0
        with np.load(path) as saved:
            for number, variable in enumerate(self._state(), start=1):
                variable.assign(saved[f"arr_{number}"])
            return int(saved["arr_0"])

    def save_weights(self, path: Path) -> None:
        _write(path, [weight.numpy() for weight in self.weights])

    def load_weights(self, path: Path) -> None:
        with np.load(path) as saved:
            for number, weight in enumerate(self.weights):
                weight.assign(saved[f"arr_{number}"])


def _write(path: Path, arrays: list[np.ndarray]) -> None:
    part = path.with_suffix(".part.npz")
    np.savez(part, *arrays)
    part.replace(path)

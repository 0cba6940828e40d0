"""MobileNetV2 with a linear head on its pooled features: what the site serves, fine-tuned or not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ml.dataset import Dataset, Picture, batches
from ml.preprocess import INPUT_SIZE_PX, scale
from ml.recipes import Linear, StyleArt
from ml.scores import best_temperature, log_loss

FINAL_PENALTIES = (0.05, 0.1, 0.2, 0.4)
STATISTICS_FROM = 1024  # training pictures, when batch norm gets statistics of ours
STAGE_ENDS = (1, 3, 6, 13)  # blocks of MobileNetV2 that halve the size of the maps


class MissingWeights(Exception):  # noqa: N818 - it is the weights that are missing
    """The pretrained weights cannot be had; the message says which and what to do."""


@dataclass
class Network:
    """MobileNetV2 up to its pooled features, and the linear head on them."""

    backbone: keras.Model  # pixels from -1 to 1, sides a multiple of 32 -> (n, width)
    head: (
        keras.layers.Dense
    )  # (n, width) -> logits (n, styles, and one more for photographs if there are any)

    def at_last_level(self) -> "Network":
        """The same backbone up to its last layer, with a head of its own: what learns in fine-tuning."""
        pooled = keras.layers.GlobalAveragePooling2D()(self.backbone.get_layer("out_relu").output)
        return with_head(keras.Model(self.backbone.input, pooled), self.head.units)

    @property
    def widths(self) -> list[int]:
        """How many features each level gives."""
        joined = self.backbone.layers[-2]  # the last one pools
        maps = joined.input if isinstance(joined, keras.layers.Concatenate) else [joined.output]
        return [level.shape[-1] for level in maps]

    @property
    def variables(self) -> list[keras.Variable]:
        return [*self.backbone.variables, *self.head.variables]

    def features(self, pictures: list[Picture], size_px: int, *, mirrored: bool = False) -> np.ndarray:
        """Pooled features of whole pictures, or of their mirror images; float32 of shape (n, width)."""
        steps = tqdm(batches(pictures, size_px), total=-(-len(pictures) // 32), desc="features", disable=None)
        across = -1 if mirrored else 1
        return np.concatenate([self._pooled(scale(pixels[:, :, ::across])).numpy() for pixels in steps])

    @cached_property
    def _pooled(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """The backbone as one function; making it anew for each part took longer than a small part itself."""
        return tf.function(lambda pixels: self.backbone(pixels, training=False), reduce_retracing=True)


def build(data: Dataset, settings: StyleArt | Linear) -> Network:
    """Load the backbone and put a head of the right width on it. Raises MissingWeights."""
    backbone = base("MobileNetV2", settings.weights, None, pooling="avg")
    train = data.part("train")
    if isinstance(settings, StyleArt):
        backbone = of_several_levels(backbone, settings.levels)
    if settings.weights == "none":
        take_statistics(backbone, map(scale, islice(batches(train, settings.size_px, batch_size=64), 1)))
    elif isinstance(settings, StyleArt) and settings.own_norm:
        chosen = np.random.default_rng(settings.seed).permutation(len(train))[:STATISTICS_FROM]
        shown = batches([train[number] for number in chosen], INPUT_SIZE_PX, batch_size=64)
        take_statistics(backbone, map(scale, shown))
    return with_head(backbone, int(data.targets(train).max()) + 1)


def with_head(backbone: keras.Model, classes: int) -> Network:
    """The backbone and a head that has learned nothing yet."""
    head = keras.layers.Dense(classes, name="head")
    head.build((None, backbone.output_shape[-1]))
    return Network(backbone, head)


def of_several_levels(backbone: keras.Model, levels: tuple[str, ...]) -> keras.Model:
    """The same network, whose pooled features are those of all these layers, side by side.

    Brush and surface show in the middle of the network, motifs at its end. The maps of earlier layers are
    averaged down to the size of the last one's, so that the features are the mean of one map.
    """
    maps = [
        _at_last_size(backbone.get_layer(name).output, 2 ** (len(STAGE_ENDS) - stage_of(name)))
        for name in levels
    ]
    joined = keras.layers.Concatenate(name="levels")(maps) if len(maps) > 1 else maps[0]
    return keras.Model(backbone.input, keras.layers.GlobalAveragePooling2D(name="pooled")(joined))


def _at_last_size(maps: keras.KerasTensor, times: int) -> keras.KerasTensor:
    return keras.layers.AveragePooling2D(times)(maps) if times > 1 else maps


def stage_of(layer: str) -> int:
    """Which of the network's five stages a layer belongs to, 0 to 4, by the size of its output."""
    if layer.startswith(("block_", "expanded_conv")):
        block = 0 if layer.startswith("expanded_conv") else int(layer.split("_")[1])
        is_expansion = "_expand" in layer and block in STAGE_ENDS  # works on what the block before gave
        return sum(block >= end for end in STAGE_ENDS) - is_expansion
    return 0 if layer.startswith(("Conv1", "bn_Conv1")) else len(STAGE_ENDS)


def base(name: str, weights: str, size_px: int | None, *, pooling: str | None = None) -> keras.Model:
    """One of Keras' networks without top; `weights` is imagenet, none, or a file.

    Raises MissingWeights when they cannot be fetched or do not fit.
    """
    make = getattr(keras.applications, name)
    shape = (size_px, size_px, 3)
    if weights == "none":
        return make(include_top=False, weights=None, input_shape=shape, pooling=pooling)
    try:
        return make(include_top=False, weights=weights, input_shape=shape, pooling=pooling)
    except Exception as error:  # Keras has no narrower one for a failed download
        raise MissingWeights(
            f"The weights of {name} are missing: {_reason(weights, error)} Give a file of its weights without top."
        ) from error


def _reason(weights: str, error: Exception) -> str:
    if weights == "imagenet":
        return f"Keras could not fetch its ImageNet weights ({str(error).splitlines()[0]})."
    return f"{weights} cannot be used ({str(error).splitlines()[0]})."


def take_statistics(backbone: keras.Model, several: Iterable[np.ndarray]) -> None:
    """Give batch norm the mean statistics of these batches; without pretrained weights it has none."""
    norms = [layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    run = tf.function(lambda pixels: backbone(pixels, training=True), autograph=False)
    for number, pixels in enumerate(several):
        before = [[weight.numpy() for weight in _statistics(layer)] for layer in norms]
        for layer in norms:
            layer.momentum = 0.0  # take over all of what is seen
        run(pixels)
        for layer, earlier in zip(norms, before, strict=True):
            for weight, value in zip(_statistics(layer), earlier, strict=True):
                weight.assign((value * number + weight.numpy()) / (number + 1))


def _statistics(layer: keras.layers.BatchNormalization) -> tuple[keras.Variable, keras.Variable]:
    return layer.moving_mean, layer.moving_variance


def folded(backbone: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """What `backbone(pixels, training=False)` gives, with batch norm folded into the convolutions before it.

    Value and gradients are the same; on a CPU a training step takes two thirds of the time, since batch
    norm no longer goes through all maps of the batch. Every batch norm must follow a convolution.
    """

    def run(pixels: tf.Tensor) -> tf.Tensor:
        known: dict[int, tf.Tensor] = {}
        for layer in backbone.layers:
            if isinstance(layer, keras.layers.InputLayer):
                known[id(layer.output)] = pixels
                continue
            given = [known[id(tensor)] for tensor in tf.nest.flatten(layer.input)]
            if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
                known[id(layer.output)] = (layer, *given)  # waits for its batch norm
            elif isinstance(layer, keras.layers.BatchNormalization):
                known[id(layer.output)] = _convolved(*given[0], layer)
            else:
                known[id(layer.output)] = layer(given if len(given) > 1 else given[0])
        return known[id(backbone.output)]

    return run


def _convolved(
    convolution: keras.layers.Layer, maps: tf.Tensor, norm: keras.layers.BatchNormalization
) -> tf.Tensor:
    times = norm.gamma * tf.math.rsqrt(norm.moving_variance + norm.epsilon)
    plus = norm.beta - norm.moving_mean * times
    strides, padding = (1, *convolution.strides, 1), convolution.padding.upper()
    if isinstance(convolution, keras.layers.DepthwiseConv2D):
        kernel = convolution.kernel * times[:, None]
        return tf.nn.depthwise_conv2d(maps, kernel, strides, padding) + plus
    return tf.nn.conv2d(maps, convolution.kernel * times, strides, padding) + plus


def fit_head(
    head: keras.layers.Dense,
    features: np.ndarray,
    targets: np.ndarray,
    penalty: float,
    widths: Sequence[int] | None = None,
) -> None:
    """Fit the head on frozen features (n, width): logistic regression with the squared weights penalised.

    The features of each level, as wide as `widths` says, are brought to one common spread.
    """
    head.set_weights([np.zeros_like(weights) for weights in head.get_weights()])
    mean, spread = features.mean(0), level_spreads(features, widths or [features.shape[1]])
    inputs, labels = tf.constant((features - mean) / spread), tf.one_hot(targets, head.units)
    optimizer = keras.optimizers.Adam(3e-3)

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, head(inputs)))
            loss += penalty * tf.reduce_sum(head.kernel**2)
        optimizer.apply(tape.gradient(loss, head.trainable_variables), head.trainable_variables)

    for _ in range(200):
        step()
    # Fold the scaling into the weights: serving sees plain pooled features.
    kernel = head.kernel.numpy() / spread[:, None]
    head.set_weights([kernel, head.bias.numpy() - mean @ kernel])


def fit_final_head(network: Network, data: Dataset, size_px: int) -> dict[float, float]:
    """Fit the head on what the trained backbone sees at all levels, the penalty chosen on validation.

    Learning along with the backbone, so wide a head learned the training artists by heart
    (docs/experiments.md), so it comes last. Gives the calibrated validation loss of each penalty tried.
    """
    train, val = data.part("train"), [p for p in data.part("val") if p.style in data.styles]
    features = np.concatenate([network.features(train, size_px, mirrored=side) for side in (False, True)])
    targets, truth = np.tile(data.targets(train), 2), data.targets(val)
    seen = network.features(val, size_px)
    heads, losses = {}, {}
    for penalty in FINAL_PENALTIES:
        fit_head(network.head, features, targets, penalty, network.widths)
        heads[penalty] = network.head.get_weights()
        logits = network.head(seen).numpy()[:, : len(data.styles)]
        losses[penalty] = log_loss(logits / best_temperature(logits, truth), truth)
    network.head.set_weights(heads[min(losses, key=losses.get)])
    return losses


def level_spreads(features: np.ndarray, widths: Sequence[int]) -> np.ndarray:
    """The mean standard deviation of each level, for each of its features; float32 of shape (width,).

    All levels together weigh as much as one alone would.
    """
    ends = np.cumsum(widths)
    means = [features[:, end - width : end].std(0).mean() for width, end in zip(widths, ends, strict=True)]
    return (np.repeat(means, widths) * np.sqrt(features.shape[1] / 1280)).astype(np.float32)


def class_weights(targets: np.ndarray) -> np.ndarray:
    """What each class counts so that all count the same, float32 of shape (classes,); 1 in the mean picture."""
    counts = np.bincount(targets)
    return (len(targets) / (len(counts) * counts)).astype(np.float32)

"""MobileNetV2 with a linear head on its pooled features: what the site serves, fine-tuned or not."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ml.dataset import Dataset, Picture, batches
from ml.preprocess import scale
from ml.recipes import Linear, StyleArt


class MissingWeights(Exception):  # noqa: N818 - it is the weights that are missing
    """The pretrained weights cannot be had; the message says which and what to do."""


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


def build(data: Dataset, settings: StyleArt | Linear) -> Network:
    """Load the backbone and put a head of the right width on it. Raises MissingWeights."""
    backbone = base("MobileNetV2", settings.weights, None, pooling="avg")
    train = data.part("train")
    if settings.weights == "none":
        take_statistics(backbone, scale(next(batches(train, settings.size_px, batch_size=64))))
    head = keras.layers.Dense(int(data.targets(train).max()) + 1, name="head")
    head.build((None, backbone.output_shape[-1]))
    return Network(backbone, head)


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


def take_statistics(backbone: keras.Model, pixels: np.ndarray) -> None:
    """Give batch norm the statistics of these pictures; without pretrained weights it has none."""
    norms = [layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in norms:
        layer.momentum = 0.0  # take over all of what is seen
    backbone(pixels, training=True)


def fit_head(head: keras.layers.Dense, features: np.ndarray, targets: np.ndarray, penalty: float) -> None:
    """Fit the head on frozen features (n, 1280): logistic regression with the squared weights penalised."""
    mean, spread = features.mean(0), features.std(0).mean()
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
    kernel = head.kernel.numpy() / spread
    head.set_weights([kernel, head.bias.numpy() - mean @ kernel])


def class_weights(targets: np.ndarray) -> np.ndarray:
    """What each class counts so that all count the same, float32 of shape (classes,); 1 in the mean picture."""
    counts = np.bincount(targets)
    return (len(targets) / (len(counts) * counts)).astype(np.float32)

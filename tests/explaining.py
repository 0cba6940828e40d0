"""A small model that says which parts of a picture speak for a style, made with random weights."""

import hashlib
import json
from pathlib import Path

import numpy as np

from ml import inference
from tests.factories import SHIPPED_MODEL


def make_explaining_model(folder: Path, seed: int) -> Path:
    """A model whose version names the seed; gives its folder. It knows the styles of the shipped one.

    Each of 7 × 7 places speaks for a style by its mean colour, as random weights have it.
    """
    card = json.loads((SHIPPED_MODEL / "model.json").read_text())
    weights = _weights(card["input"]["size_px"], len(card["labels"]), seed, folder / "saved")
    facts = {"version": f"explains-{seed}", "activation_maps": {"made": "random"}}
    facts |= {"sha256": hashlib.sha256(weights).hexdigest(), "bytes": len(weights)}
    (folder / "model.tflite").write_bytes(weights)
    (folder / "model.json").write_text(json.dumps(card | facts))
    return folder


def _weights(size_px: int, styles: int, seed: int, saved: Path) -> bytes:
    import tensorflow as tf

    head = np.random.default_rng(seed).normal(size=(3, styles)).astype("float32")

    @tf.function(input_signature=[tf.TensorSpec((1, size_px, size_px, 3), tf.float32, name="image")])
    def serve(image):
        places = tf.nn.avg_pool2d(image, 32, 32, "SAME")
        maps = tf.tensordot(places, head, 1)
        logits = tf.reduce_mean(maps, (1, 2))
        spread = tf.tile(logits + 9, (1, -(-inference.EMBEDDING_SIZE // styles)))
        return {
            "probabilities": tf.nn.softmax(logits),
            "not_a_painting": tf.zeros((1,)) * logits[:, 0],
            "embedding": tf.math.l2_normalize(spread[:, : inference.EMBEDDING_SIZE], axis=1),
            "activation_maps": maps,
        }

    module = tf.Module()
    module.serve = serve
    tf.saved_model.save(module, str(saved), signatures=serve)
    return tf.lite.TFLiteConverter.from_saved_model(str(saved)).convert()

"""How much longer one picture takes in the shipped model than in the bare MobileNetV2: python -m benchmarks.network.

Bare means Keras' MobileNetV2 at the same size with one dense layer of as many classes, weights by chance,
converted to float16 like the shipped file. Both run in LiteRT on one thread, in turns, so that whatever else
the machine does touches both.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from ml import inference


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="pictures asked of each (default: 300)")
    rounds = parser.parse_args().rounds
    card, folder = inference.model_card(), inference.model_folder()
    size_px = card["input"]["size_px"]
    shipped = (folder / "model.tflite").read_bytes()
    networks = {"bare MobileNetV2": bare(size_px, len(card["labels"])), card["version"]: shipped}
    times = measure({name: ready(weights, size_px) for name, weights in networks.items()}, rounds)
    (plain, ours) = (statistics.median(of) for of in times.values())
    print("| network | MB | median ms | 95 % within, ms |\n| --- | --- | --- | --- |")
    for (name, weights), of in zip(networks.items(), times.values(), strict=True):
        slow = statistics.quantiles(of, n=20)[-1]
        print(f"| {name} | {len(weights) / 1e6:.1f} | {statistics.median(of):.2f} | {slow:.2f} |")
    print(f"\nRatio of the medians: {ours / plain:.3f}")
    return 0


def bare(size_px: int, classes: int) -> bytes:
    """A LiteRT file of MobileNetV2 with one dense layer, in float16."""
    network = keras.applications.MobileNetV2(weights=None, classes=classes, input_shape=(size_px, size_px, 3))

    class Serving(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, size_px, size_px, 3), tf.float32, name="image")])
        def __call__(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probabilities": network(image, training=False)}

    module = Serving()
    module.weights = [variable.value for variable in network.variables]
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=module.__call__)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


def ready(weights: bytes, size_px: int) -> Interpreter:
    interpreter = Interpreter(model_content=weights, num_threads=1)
    interpreter.allocate_tensors()
    pixels = np.random.default_rng(1).uniform(-1, 1, (1, size_px, size_px, 3)).astype(np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
    return interpreter


def measure(networks: dict[str, Interpreter], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each answer, the networks in turns."""
    times: dict[str, list[float]] = {name: [] for name in networks}
    for number in range(rounds + 10):
        for name, interpreter in networks.items():
            start = time.perf_counter()
            interpreter.invoke()
            if number >= 10:  # the first ones warm up
                times[name].append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    sys.exit(main())

"""Make the LiteRT file of a saved network; only ml.export uses this.

python -m ml.convert SAVED OUT PICTURES.npy does it for int8, as a program of its own: the converter offers
no way to stop it, and how long it takes depends on the network and the machine.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

_HOUSE = Path(__file__).parents[1]


class NotConverted(Exception):  # noqa: N818 - reads as what happened
    """The converter failed, or did not end in its time; the message says which."""


def convert(saved: str, variant: str, pictures: Sequence[np.ndarray] = ()) -> bytes:
    """The network in the folder `saved` as a LiteRT file, with numbers as the variant says.

    `pictures`, prepared as serving does, set the ranges of int8.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(saved)
    if variant != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if variant == "int8":
        converter.representative_dataset = lambda: ({"image": picture[None]} for picture in pictures)
    return converter.convert()


def convert_in_time(saved: str, pictures: Sequence[np.ndarray], seconds: float) -> bytes:
    """The same for int8, ended after so many seconds. Raises NotConverted."""
    with tempfile.TemporaryDirectory() as folder:
        out, shown = Path(folder) / "model.tflite", Path(folder) / "pictures.npy"
        np.save(shown, np.stack(pictures))
        command = [sys.executable, "-m", "ml.convert", saved, str(out), str(shown)]
        try:
            done = subprocess.run(
                command, cwd=_HOUSE, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotConverted(f"not converted within {seconds:.0f} s") from error
        if done.returncode < 0:  # 9 is what the system sends where memory runs out
            raise NotConverted(f"the converter was ended by signal {-done.returncode}")
        if done.returncode:
            last = done.stderr.strip().rpartition("\n")[2]
            raise NotConverted(f"the converter failed: {last}")
        return out.read_bytes()


if __name__ == "__main__":
    saved_, out_, pictures_ = sys.argv[1:]
    Path(out_).write_bytes(convert(saved_, "int8", np.load(pictures_)))

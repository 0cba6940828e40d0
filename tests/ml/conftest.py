import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.network import take_statistics
from tests import pictures

HOUSE = Path(__file__).parents[2]
COUNTS = {"train": 12, "val": 4, "test": 4}


@pytest.fixture(scope="session")
def small_manifest(tmp_path_factory):
    """Three made-up styles and some photographs, twenty pictures each, with a manifest."""
    folder = tmp_path_factory.mktemp("pictures")
    rows = [row for style in _STYLES for row in _make_style(folder, style)]
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder / "manifest.csv"


@pytest.fixture(scope="session")
def smoke_model(small_manifest, tmp_path_factory):
    """What the training command makes of the small manifest: (folder of the model, folder of its work, output)."""
    out, work = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("work")
    return out, work, train(small_manifest, out, work)


def train(manifest, out, work, *more):
    command = [sys.executable, "-m", "ml.train", "--smoke", "--weights", "none", "--batch-size", "8"]
    paths = ["--manifest", str(manifest), "--out", str(out), "--work", str(work)]
    done = subprocess.run([*command, *paths, *more], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def small_backbone(seed):
    """An untrained MobileNetV2 of a third of the width, whose batch norm knows its own noise."""
    keras.utils.set_random_seed(seed)
    backbone = keras.applications.MobileNetV2(
        include_top=False, pooling="avg", weights=None, alpha=0.35, input_shape=(None, None, 3)
    )
    noise = np.random.default_rng(seed).uniform(-1, 1, (8, 96, 96, 3)).astype(np.float32)
    take_statistics(backbone, [noise])  # or an untrained network's numbers die away
    return backbone


def _make_style(folder, style):
    number = 0
    for split, count in COUNTS.items():
        for _ in range(count):
            path = folder / f"{style}-{number}.jpg"
            _STYLES[style](number).save(path, quality=90)
            yield {
                "path": path.name,
                "style": style,
                "artist": f"{split} painter {number % 2}",
                "source_repo": "made here",
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "split": split,
            }
            number += 1


def _stripes(number):
    image = Image.new("RGB", (160, 120), "white")
    for left in range(0, 160, 10 + number):
        ImageDraw.Draw(image).rectangle((left, 0, left + 4, 120), fill=(200, number * 5, 40))
    return image


_STYLES = {
    "Compositions": lambda number: pictures.composition(160, 120, seed=number),
    "Fields": lambda number: Image.new("RGB", (160, 120), (number * 9, 60, 200 - number * 5)),
    "Stripes": _stripes,
    "not-a-painting": lambda number: Image.radial_gradient("L").resize((120 + number, 120)).convert("RGB"),
}

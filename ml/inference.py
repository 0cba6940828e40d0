"""Ask the trained model about one picture; all the rest of the site needs from `ml`.

The model is a folder: the one that STYLEART_MODEL names, else the one that the link
STYLEART_ACTIVE_MODEL leads to, else `ml/model/`. It is loaded at the first question, never
at import, and kept until the model in use is another one.
"""

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ml.hashes import difference_hash
from ml.preprocess import (
    KINDS,
    MAX_JPEG_PIXELS,
    MAX_PIXELS,
    MAX_PIXELS_OF_KIND,
    MAX_SIDE_PX,
    MAX_TWICE_PIXELS,
    MIN_SIDE_PX,
    Cut,
    PictureFacts,
    UnreadableImage,
    check,
    checked_square,
    decode,
    inspect,
    scale,
    square,
)

__all__ = [
    "CERTAINTIES",
    "EMBEDDING_SIZE",
    "KINDS",
    "MAX_JPEG_PIXELS",
    "MAX_PIXELS",
    "MAX_PIXELS_OF_KIND",
    "MAX_SIDE_PX",
    "MAX_TWICE_PIXELS",
    "MIN_SIDE_PX",
    "Answer",
    "Cut",
    "Model",
    "ModelMismatch",
    "PictureFacts",
    "UnreadableImage",
    "check",
    "checked_square",
    "classify",
    "data_card",
    "decode",
    "difference_hash",
    "draws_maps",
    "embed",
    "input_size_px",
    "inspect",
    "load_model",
    "model_card",
    "model_folder",
    "model_version",
]

FORMAT = 1  # of model.json; raised when old readers would misunderstand new files
DATA_FORMAT = 1  # the same of data.json
EMBEDDING_SIZE = 256
CERTAINTIES = ("sure", "likely", "unsure", "not_a_painting")
_HERE = Path(__file__).parent / "model"
_loading = threading.Lock()


class ModelMismatch(RuntimeError):  # noqa: N818 - reads as what happened
    """The model's folder is incomplete, or its two files do not belong together."""


@dataclass(frozen=True)
class Answer:
    """What the model says about one picture.

    `probabilities` maps every painting style to 0..1, highest first, sum 1. `embedding` is float32 of
    shape (256,) and unit length. `certainty` is one of CERTAINTIES. `maps` is float32 of shape
    (styles, 7, 7), the styles in the order of `probabilities`, rows from above: what each place adds to the
    style's logit, so that their mean is the logit without its bias; None where the model has no maps.
    """

    probabilities: Mapping[str, float]
    embedding: np.ndarray
    model_version: str
    certainty: str
    maps: np.ndarray | None = None


class Model:
    """The exported network and its card; any number of threads may ask, one is answered at a time.

    Raises ModelMismatch when the network is not shaped as the card says.
    """

    def __init__(self, card: Mapping[str, Any], weights: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter  # takes time that most commands need not spend

        self.card = card
        self._asking = threading.Lock()
        self._interpreter = Interpreter(model_content=weights, num_threads=1)
        self._run = self._interpreter.get_signature_runner()
        self._refuse_unfitting_shapes()

    @property
    def size_px(self) -> int:
        """Side of the square it looks at."""
        return self.card["input"]["size_px"]

    def answer(self, data: bytes, *, cut: Cut | None = None) -> Answer:
        """Tell the style of the painting in these bytes, or in what `cut` leaves of it. Raises UnreadableImage."""
        return self.answer_about(square(data, self.size_px, cut=cut))

    def answer_about(self, pixels: np.ndarray) -> Answer:
        """The same about a square that is made already: uint8, shape (size_px, size_px, 3)."""
        outputs = self.outputs(scale(pixels))
        labels = self.card["labels"]
        # In float64 and once more divided by the sum, so that what people add up is 1.
        scores = outputs["probabilities"].astype(np.float64)
        if not all(np.isfinite(values).all() for values in outputs.values()):
            raise ModelMismatch(f"The network of {self.card['version']} answers with numbers that are none.")
        scores /= scores.sum()
        ranking = np.argsort(-scores, kind="stable")
        maps = outputs.get("activation_maps")  # the first models had none
        return Answer(
            probabilities={labels[i]: float(scores[i]) for i in ranking},
            embedding=outputs["embedding"],
            model_version=self.card["version"],
            certainty=certainty_of(
                float(scores.max()), float(outputs["not_a_painting"]), self.card["certainty"]["thresholds"]
            ),
            maps=None if maps is None else np.ascontiguousarray(np.moveaxis(maps, -1, 0)[ranking]),
        )

    def outputs(self, pixels: np.ndarray) -> dict[str, np.ndarray]:
        """Run prepared pixels, shape (size, size, 3); gives the signature's outputs without the batch axis."""
        with self._asking:
            outputs = self._run(image=pixels[None])
            return {name: np.array(value[0]) for name, value in outputs.items()}

    def _refuse_unfitting_shapes(self) -> None:
        expected = {
            "image": (1, self.size_px, self.size_px, 3),
            "probabilities": (1, len(self.card["labels"])),
            "embedding": (1, EMBEDDING_SIZE),
            "not_a_painting": (1,),
        }
        places = -(-self.size_px // 32)  # MobileNetV2 halves a picture five times
        if "activation_maps" in self._run.get_output_details():  # the first models had none
            expected["activation_maps"] = (1, places, places, len(self.card["labels"]))
        details = {**self._run.get_input_details(), **self._run.get_output_details()}
        found = {name: tuple(int(side) for side in detail["shape"]) for name, detail in details.items()}
        if found != expected:
            raise ModelMismatch(f"model.json describes {expected}, but model.tflite has {found}.")


def classify(data: bytes, *, cut: Cut | None = None) -> Answer:
    """Tell the style of the painting in these bytes, or in what `cut` leaves of it. Raises UnreadableImage."""
    return load_model().answer(data, cut=cut)


def embed(data: bytes) -> np.ndarray:
    """Describe what a picture looks like: float32, shape (256,), unit length. Raises UnreadableImage."""
    return classify(data).embedding


def load_model(folder: Path | None = None) -> Model:
    """The model in use, or that of another folder; kept until another one is asked for. Raises ModelMismatch."""
    with _loading:  # else two threads' first questions would load it twice
        return _load(folder or model_folder())


def model_card(folder: Path | None = None) -> Mapping[str, Any]:
    """What model.json of the model in use, or of another folder, says; loads no network. Raises ModelMismatch."""
    return _card(folder or model_folder())


def model_version() -> str:
    return model_card()["version"]


def input_size_px() -> int:
    """Side of the square that the model in use looks at. Loads no network."""
    return model_card()["input"]["size_px"]


def draws_maps() -> bool:
    """Whether the model in use tells which parts of a picture speak for a style. Loads no network."""
    return "activation_maps" in model_card()


def data_card() -> Mapping[str, Any] | None:
    """What data.json says of the data that a model learned from; None where the model in use has no such file.

    Compare its fingerprint with the model card's: the file may be older than the model.
    """
    try:
        card = json.loads((model_folder() / "data.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return MappingProxyType(card) if isinstance(card, dict) and card.get("format") == DATA_FORMAT else None


def certainty_of(top_probability: float, not_a_painting: float, thresholds: Mapping[str, float]) -> str:
    """Say how far to trust an answer, by the thresholds that training chose on its validation pictures."""
    if not_a_painting >= thresholds["not_a_painting"]:
        return "not_a_painting"
    if top_probability >= thresholds["sure"]:
        return "sure"
    return "likely" if top_probability >= thresholds["likely"] else "unsure"


def model_folder() -> Path:
    """Where the model in use lies.

    Looked up at each question, in under 50 µs, so that a switch reaches every process at its next one.
    """
    if named := os.environ.get("STYLEART_MODEL"):
        return Path(named)
    active = Path(os.environ.get("STYLEART_ACTIVE_MODEL") or _HERE)
    return active.resolve() if active.is_symlink() else _HERE


@lru_cache(maxsize=1)  # a switch drops the network of the old model
def _load(folder: Path) -> Model:
    card = _read_card(folder)
    return Model(card, _read_weights(folder, card))


@lru_cache(maxsize=2)
def _card(folder: Path) -> Mapping[str, Any]:
    return MappingProxyType(_read_card(folder))


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelMismatch(f"{folder} holds no finished model: model.json is missing.") from None
    except ValueError as error:
        raise ModelMismatch(f"{folder / 'model.json'} cannot be read: {error}.") from error
    if card.get("format") != FORMAT:
        raise ModelMismatch(
            f"{folder / 'model.json'} has format {card.get('format')}; this code reads {FORMAT}."
        )
    return card


def _read_weights(folder: Path, card: Mapping[str, Any]) -> bytes:
    try:
        weights = (folder / "model.tflite").read_bytes()
    except FileNotFoundError:
        raise ModelMismatch(f"{folder} holds no finished model: model.tflite is missing.") from None
    if hashlib.sha256(weights).hexdigest() != card["sha256"]:
        raise ModelMismatch(
            f"model.tflite and model.json in {folder} do not belong together: the file's sha256 is not "
            f"the one that model.json of {card['version']} names."
        )
    return weights

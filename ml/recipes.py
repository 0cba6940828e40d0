"""The recipes of python -m ml.train: frozen choices, every field of which is a knob of the command line.

`W` in the commands stands for --weights ../shared/weights/mobilenet_v2_1.0_224_no_top.weights.h5.
Scores are those of the 1,126 test paintings of ../shared/paintings; docs/experiments.md tells the rest.
"""

import argparse
import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field, fields, replace
from typing import ClassVar, Self

from ml.dataset import Dataset
from ml.preprocess import INPUT_SIZE_PX

BASES = ("ResNet50", "VGG16", "InceptionV3", "MobileNetV2", "Xception")  # of compare-bases

# The layers that show the surface of a painting at three scales, and the two at the end that show motifs.
LEVELS = (
    "block_6_expand_relu",
    "block_10_expand_relu",
    "block_13_expand_relu",
    "block_16_expand_relu",
    "out_relu",
)


VARIANTS = ("int8", "float16", "float32")  # number formats of the exported file


def knob(
    default: object, meaning: str, *, choices: tuple[str, ...] | None = None, least: int | None = None
) -> object:
    return field(default=default, metadata={"help": meaning, "choices": choices, "least": least})


@dataclass(frozen=True)
class Recipe:
    """What every recipe lets one choose. Raises ValueError for what would fail only after hours."""

    name: ClassVar[str]
    smoke: ClassVar[dict[str, object]]  # other defaults, for a run that only shows that every step works
    not_in_run_name: ClassVar[frozenset[str]] = frozenset({"work"})

    manifest: str = knob("../shared/paintings/manifest.csv", "CSV of pictures, labels and splits")
    weights: str = knob(
        "imagenet", "MobileNetV2 weights: imagenet (Keras fetches them), none, or an .h5 file"
    )
    work: str = knob("var/training", "folder for caches, checkpoints and logs")
    seed: int = knob(20, "seed of every random choice")
    size_px: int = knob(INPUT_SIZE_PX, "side of the pictures the model takes", least=32)

    def __post_init__(self) -> None:
        for knob_ in fields(self):
            least = knob_.metadata["least"]
            if least is not None and getattr(self, knob_.name) < least:
                raise ValueError(f"{_option(knob_.name)} must be {least} or more.")

    def run_name(self, fingerprint: str) -> str:
        """Recipe and ten hex digits for knobs and data, so that a run goes on only with what it began with."""
        choices = {name: value for name, value in asdict(self).items() if name not in self.not_in_run_name}
        return f"run-{self.name}-{self.digest(choices, fingerprint)}"

    @staticmethod
    def digest(choices: dict[str, object], fingerprint: str) -> str:
        """The ten digits at the end of a run's name."""
        return hashlib.sha256((json.dumps(choices) + fingerprint).encode()).hexdigest()[:10]


@dataclass(frozen=True)
class StyleArt(Recipe):
    """Ours: every layer of MobileNetV2 learns, early ones slowest; then a linear head on five of its levels.

    Command: python -m ml.train W
    Duration: 28 minutes (7 epochs at 160 px, 2 very busy cores)
    Score: top-1 0.520, top-3 0.817, macro F1 0.514, macro AUC 0.919, ECE 0.041; the mean of two runs, shipped:
    top-1 0.527, top-3 0.824, macro F1 0.520, macro AUC 0.919, ECE 0.050
    """

    name: ClassVar[str] = "styleart"
    smoke: ClassVar[dict[str, object]] = {
        "size_px": 96,
        "train_size_px": 96,
        "cache_px": 104,
        "epochs": 1,
        "out": "var/training/smoke-model",
    }
    not_in_run_name: ClassVar[frozenset[str]] = frozenset({"out", "work", "variants"})

    out: str = knob("ml/model", "folder for model.tflite and model.json")
    variants: tuple[str, ...] = knob(
        VARIANTS,
        "number formats to try; the smallest that keeps Keras' answers is written",
        choices=VARIANTS,
    )
    train_size_px: int = knob(
        160, "side of the pictures while fine-tuning; crops make things look larger", least=32
    )
    cache_px: int = knob(256, "side of the decoded pictures that crops are cut from", least=32)
    epochs: int = knob(7, "epochs of fine-tuning; 0 exports the linear head on frozen features", least=0)
    batch_size: int = knob(16, "pictures a step", least=1)
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
    class_weights: bool = knob(False, "let each class count the same in the loss, whatever its number")
    balanced: bool = knob(False, "show each class equally often; small ones repeat, varied anew each time")
    patience: int = knob(0, "epochs without a better validation top-1 that end the run; 0: never")
    levels: tuple[str, ...] = knob(LEVELS, "layers of MobileNetV2 whose pooled maps the final head sees")
    stage_falloff: float = knob(0.7, "rate of a stage of the backbone as a share of the next one's")
    artist_weight: float = knob(
        0.0, "what telling the painters apart counts beside telling the styles; 0: nothing"
    )
    teacher: str = knob("", "folder of a model whose answers become part of the labels; empty: none")
    teacher_share: float = knob(0.5, "the part of a label that the teacher's answer makes")
    teacher_temperature: float = knob(2.0, "what softens the teacher's answer; 1: as it is")
    late_size_px: int = knob(0, "side of the pictures in the last epochs; 0: as in the others")
    late_epochs: int = knob(2, "how many epochs these are")
    own_norm: bool = knob(
        False, "give batch norm the statistics of 1,024 training pictures before anything is learned"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size_px % 32:
            raise ValueError("--size-px must be a multiple of 32: MobileNetV2 halves a picture five times.")


@dataclass(frozen=True)
class Linear(Recipe):
    """The honest baseline: frozen MobileNetV2, global average pooling, one linear layer, calibrated.

    Command: python -m ml.train --recipe linear W
    Duration: 7 minutes (2 very busy cores)
    Score: top-1 0.446, top-3 0.734, macro F1 0.440, macro AUC 0.880, ECE 0.029
    """

    name: ClassVar[str] = "linear"
    smoke: ClassVar[dict[str, object]] = {"size_px": 96}

    head_penalty: float = knob(0.1, "penalty on the squared weights of the head")


@dataclass(frozen=True)
class StyleYourArt(Recipe):
    """The original's recipe: a deep top model on frozen 7×7×1280 features of MobileNetV2.

    From its write-up and published code: pixels scaled to 0..1 (MobileNetV2 learned from -1..1), no
    augmentation, class weights, SGD at 0.02 with clipnorm 1.0, batches of 16, at most 50 epochs, the rate
    times 0.4 after 3 epochs without a better accuracy, an end after 10 whose loss does not fall by 0.005.

    Ours: these are watched on the validation part, where the original watched its test part; the epoch of
    the best validation accuracy is scored, as its ModelCheckpoint keeps it (it deployed the last one); the
    features lie on disk in float16 (it kept float32); pictures are squeezed with a bicubic filter (its
    depended on the version of Pillow); photographs are left out, as it knew only styles.

    Command: python -m ml.train --recipe styleyourart W
    Duration: 12 minutes, 12 epochs (2 cores)
    Score: top-1 0.389, top-3 0.688, macro F1 0.386, macro AUC 0.836, ECE 0.369
    """

    name: ClassVar[str] = "styleyourart"
    smoke: ClassVar[dict[str, object]] = {"size_px": 96, "epochs": 2}

    convolution: int = knob(512, "filters of the 2×2 convolution on the features")
    dense: tuple[int, ...] = knob((2048, 1024, 512, 256, 64), "widths of the dense layers after it")
    max_pooling: bool = knob(False, "max pooling and batch norm after the convolution")
    dropout: float = knob(
        0.0, "share dropped after each dense layer but the last, with batch norm; 0: neither"
    )
    epochs: int = knob(50, "most epochs", least=1)
    batch_size: int = knob(16, "pictures a step", least=1)
    rate: float = knob(0.02, "SGD's learning rate to begin with")
    clipnorm: float = knob(1.0, "longest gradient of any weight")
    class_weights: bool = knob(True, "let each style count the same in the loss, whatever its number")
    plateau_factor: float = knob(0.4, "what the rate is multiplied with when accuracy stands still")
    plateau_patience: int = knob(3, "epochs of standing still before that")
    least_rate: float = knob(1e-6, "the rate falls no lower")
    patience: int = knob(10, "epochs whose validation loss does not fall that end the run")
    least_gain: float = knob(0.005, "a smaller fall of the validation loss is none")


@dataclass(frozen=True)
class StyleYourArtDeployed(StyleYourArt):
    """The original as finally deployed: the first dense layer 1024, max pooling, batch norm, dropout 0.25.

    The sources differ on the dense layers: the write-up names 1024, 1024, 512, 256, 64 (without saying
    where pooling, norm and dropout stand), the published code of the last version 1024, 1024, 512, 256,
    128, 64. This is the code: pooling and batch norm after the convolution, batch norm and dropout after
    each dense layer but the last.

    Command: python -m ml.train --recipe styleyourart-deployed W
    Duration: 8 minutes, 25 epochs, features known (2 cores)
    Score: top-1 0.353, top-3 0.662, macro F1 0.350, macro AUC 0.841, ECE 0.141
    """

    name: ClassVar[str] = "styleyourart-deployed"

    dense: tuple[int, ...] = knob((1024, 1024, 512, 256, 128, 64), "widths of the dense layers after it")
    max_pooling: bool = knob(True, "max pooling and batch norm after the convolution")
    dropout: float = knob(
        0.25, "share dropped after each dense layer but the last, with batch norm; 0: neither"
    )


@dataclass(frozen=True)
class CompareBases(StyleYourArt):
    """The original's first study: five frozen bases under the same top, on up to 1,000 pictures a style.

    All bases get pixels from 0 to 1, as there, although only some of them learned from such; read the
    table with that in mind. Validation and test part are asked whole, so that the scores stand beside
    those of the other recipes. A base whose weights are missing is named, and the others go on.

    Command: python -m ml.train --recipe compare-bases --base-weights MobileNetV2=FILE
    Duration: that of styleyourart for each base
    Score: MobileNetV2 as styleyourart, which it is on fewer than 1,000 pictures a style: top-1 0.389, macro AUC
    0.836; the other bases: not run, their weights could not be fetched
    """

    name: ClassVar[str] = "compare-bases"
    smoke: ClassVar[dict[str, object]] = {"size_px": 128, "epochs": 1, "per_class": 8}

    weights: str = knob(
        "imagenet", "weights of the bases not named below: imagenet (Keras fetches them) or none"
    )
    per_class: int = knob(1000, "training pictures of each style, at most", least=1)
    base_weights: tuple[str, ...] = knob((), "NAME=FILE: weights of one base, without top; repeat for others")


RECIPES = {
    recipe.name: recipe for recipe in (StyleArt, Linear, StyleYourArt, StyleYourArtDeployed, CompareBases)
}


def add_knobs(parser: argparse.ArgumentParser, recipe: type[Recipe], defaults: Recipe) -> None:
    """Give the parser an option for each field of the recipe."""
    for knob_ in fields(recipe):
        default = getattr(defaults, knob_.name)
        reading = _reading(default)
        if knob_.metadata["choices"]:
            reading["choices"] = knob_.metadata["choices"]
        if isinstance(default, tuple):
            default = list(default)  # argparse adds to it
        parser.add_argument(_option(knob_.name), default=default, help=knob_.metadata["help"], **reading)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _reading(default: object) -> dict[str, object]:
    if isinstance(default, bool):
        return {"action": argparse.BooleanOptionalAction}
    if default == ():
        return {"action": "append", "type": _name_and_file, "metavar": "NAME=FILE"}
    if isinstance(default, tuple):
        return {"nargs": "+", "type": type(default[0])}
    return {"type": type(default)}


def _name_and_file(given: str) -> str:
    name, _, file = given.partition("=")
    if name not in BASES or not file:
        raise argparse.ArgumentTypeError(f"{given} is not NAME=FILE with a NAME of {', '.join(BASES)}")
    return given


def defaults(recipe: type[Recipe], *, smoke: bool) -> Recipe:
    return replace(recipe(), **recipe.smoke) if smoke else recipe()


def chosen(recipe: type[Recipe], options: dict[str, object]) -> Self:
    """The recipe with what the command line says. Raises ValueError as the recipe does."""
    values = {knob_.name: options[knob_.name] for knob_ in fields(recipe)}
    return recipe(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def at_most(data: Dataset, per_class: int, *, splits: tuple[str, ...] = ("train", "val", "test")) -> Dataset:
    """The data with no more than so many pictures of a class in each of these splits; always the same ones."""
    taken: Counter[tuple[str, str]] = Counter()
    kept = set()
    for picture in sorted(data.pictures, key=lambda picture: picture.sha256):  # an order without a meaning
        taken[picture.split, picture.style] += 1
        if picture.split not in splits or taken[picture.split, picture.style] <= per_class:
            kept.add(picture)
    return replace(data, pictures=tuple(picture for picture in data.pictures if picture in kept))

"""Train a classifier of styles from a manifest of labelled pictures: python -m ml.train --recipe NAME.

Without a recipe it is styleart, which writes the model that the site serves. The others are what that is
measured against; they leave scores.json in the folder of their run. ml/recipes.py says what each one does.
Stopped and started again, a run goes on where it was.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf

from ml import export, find_rate, frozen, recipes, runs
from ml.alone import alone
from ml.dataset import BrokenPicture, Dataset, read_manifest
from ml.facts import look
from ml.fine_tune import UnfitTeacher, fine_tune, step_at_rate
from ml.network import MissingWeights, Network, build, fit_final_head, fit_head
from ml.recipes import (
    RECIPES,
    CompareBases,
    Linear,
    Recipe,
    StyleArt,
    StyleYourArt,
    StyleYourArtDeployed,
    at_most,
)

SMOKE_PICTURES = 16  # of each class in each split
SWEEP_STEPS = 100  # of the search for a learning rate


def main() -> int:
    options, recipe = _options(sys.argv[1:])
    if options.compare:
        return runs.compare(options.compare)
    try:
        return _train(recipe, options)
    except KeyboardInterrupt:
        print("Stopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    except (MissingWeights, UnfitTeacher, BrokenPicture, export.NothingFits) as error:
        print(error, file=sys.stderr)
        return 1


def _train(recipe: Recipe, options: argparse.Namespace) -> int:
    keras.utils.set_random_seed(recipe.seed)
    try:
        data = read_manifest(Path(recipe.manifest))
    except (OSError, ValueError) as error:
        print(f"The manifest cannot be used: {error}", file=sys.stderr)
        return 1
    if recipe.weights not in ("imagenet", "none") and not Path(recipe.weights).is_file():
        print(f"There are no weights at {recipe.weights}.", file=sys.stderr)
        return 1
    if options.smoke:
        data = at_most(data, SMOKE_PICTURES)
    print(f"{len(data.pictures)} pictures, {len(data.styles)} styles, fingerprint {data.fingerprint}")

    run = runs.open_run(recipe, data)
    if options.find_rate:
        return _find_rate(recipe, data, run, steps=12 if options.smoke else SWEEP_STEPS)
    return _WORK[recipe.name](recipe, data, run)


def _options(arguments: list[str]) -> tuple[argparse.Namespace, Recipe]:
    """Read the command line; which knobs there are depends on the recipe, so that is read first."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--recipe", choices=RECIPES, default="styleart", help="what to train")
    first.add_argument(
        "--smoke", action="store_true", help="run every step on few pictures, for a test; learns nothing"
    )
    first.add_argument(
        "--find-rate", action="store_true", help="only raise the learning rate and see where the loss falls"
    )
    first.add_argument(
        "--compare", nargs="+", type=Path, metavar="RUN", help="only print the scores of these folders"
    )
    known, _ = first.parse_known_args(arguments)
    recipe = RECIPES[known.recipe]
    parser = argparse.ArgumentParser(
        prog="python -m ml.train",
        description=f"{__doc__}\n{recipe.name}: {recipe.__doc__}",
        parents=[first],
        formatter_class=_Formatter,
        allow_abbrev=False,  # the first parser would not know what is meant
    )
    recipes.add_knobs(parser, recipe, recipes.defaults(recipe, smoke=known.smoke))
    if known.find_rate and recipe.name not in _RATED:
        parser.error(f"--find-rate works with {', '.join(_RATED)}")
    options = parser.parse_args(arguments)
    try:
        return options, recipes.chosen(recipe, vars(options))
    except ValueError as error:
        parser.error(str(error))


class _Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Defaults behind the options, and the description in its own lines."""


def _refuse_broken(data: Dataset, recipe: StyleArt | Linear) -> None:
    """Look once at every picture, those asked about after the training, too. Raises BrokenPicture."""
    kept = Path(recipe.work) / "cache" / "facts.csv"
    with alone(kept):
        seen = look((picture.path for picture in data.pictures), kept)
    broken = [f"{path}: {facts.problem}" for path, facts in seen.items() if facts.problem]
    if broken:
        raise BrokenPicture("\n".join(broken))


def _styleart(recipe: StyleArt, data: Dataset, run: Path) -> int:
    _refuse_broken(data, recipe)
    network = build(data, recipe)
    learner = network.at_last_level()
    if not (run / "checkpoint.npz").exists():  # a checkpoint knows better
        _start_head(learner, data, recipe)
    fine_tune(learner, data, recipe, run)
    print(f"Validation loss by penalty on the head: {fit_final_head(network, data, recipe.size_px)}")
    card = export.export(
        network,
        data,
        out=Path(recipe.out),
        size_px=recipe.size_px,
        recipe=asdict(recipe),
        run=run,
        variants=recipe.variants,
    )
    runs.write_json(run / "scores.json", runs.scores_of_card(card, recipe.name))
    print(json.dumps({"version": card["version"], **card["metrics"]["test"]}, indent=2))
    return 0


def _start_head(network: Network, data: Dataset, recipe: StyleArt | Linear) -> None:
    """Fit the head on frozen features of all training pictures, so that fine-tuning starts from sense."""
    train = data.part("train")
    features = network.features(train, recipe.size_px)
    fit_head(network.head, features, data.targets(train), recipe.head_penalty, network.widths)


def _styleart_step(recipe: StyleArt, data: Dataset) -> Callable[[float], float]:
    network = build(data, recipe).at_last_level()
    _start_head(network, data, recipe)
    return step_at_rate(network, data, recipe)


def _linear(recipe: Linear, data: Dataset, run: Path) -> int:
    _refuse_broken(data, recipe)
    network = build(data, recipe)
    _start_head(network, data, recipe)
    val, logits = (
        network.head(network.features(data.part(part), recipe.size_px)).numpy() for part in ("val", "test")
    )
    styles, truth = len(data.styles), data.targets(data.part("test"))
    temperature = export.temperature_of(val, data.targets(data.part("val")), styles)
    probabilities = tf.nn.softmax(logits[truth < styles, :styles] / temperature).numpy()
    scores = runs.scores_of(
        recipe.name, data, probabilities, truth[truth < styles], temperature=round(temperature, 4)
    )
    keras.Sequential([network.backbone, network.head]).save(run / "linear.keras")  # pixels to logits
    runs.write_json(run / "scores.json", scores)
    return _report(run)


def _on_frozen(recipe: StyleYourArt, data: Dataset, run: Path) -> int:
    if not (run / "scores.json").exists():
        frozen.train_top(recipe, data, run)
    return _report(run)


def _bases(recipe: CompareBases, data: Dataset, run: Path) -> int:
    rows = frozen.compare_bases(recipe, data, run)
    missing = [row["base"] for row in rows if "missing" in row]
    print(f"The table is in {run / 'bases.csv'}, scores and top models in the folders beside it.")
    if len(missing) == len(rows):
        return 1
    return 3 if missing else 0


def _report(run: Path) -> int:
    print(json.dumps(runs.read_scores(run), indent=2, ensure_ascii=False))
    print(f"Scores and model are in {run}.")
    return 0


_WORK: dict[str, Callable[[Any, Dataset, Path], int]] = {
    "styleart": _styleart,
    "linear": _linear,
    "styleyourart": _on_frozen,
    "styleyourart-deployed": _on_frozen,
    "compare-bases": _bases,
}
_RATED = {  # recipes with a learning rate to find: what makes a step, and the rates it is tried at
    StyleArt.name: (_styleart_step, 1e-6, 1e-1),
    StyleYourArt.name: (frozen.step_at_rate, 1e-5, 1.0),
    StyleYourArtDeployed.name: (frozen.step_at_rate, 1e-5, 1.0),
}


def _find_rate(recipe: Recipe, data: Dataset, run: Path, *, steps: int) -> int:
    make_step, low, high = _RATED[recipe.name]
    rates, losses = find_rate.sweep(make_step(recipe, data), low, high, steps)
    suggested = find_rate.write(run, rates, losses)
    print(
        f"The loss falls fastest at {_rate_options(recipe, suggested)}. The curve is in {run}/find-rate.png."
    )
    return 0


def _rate_options(recipe: Recipe, rate: float) -> str:
    if isinstance(recipe, StyleArt):  # the head's rate keeps its distance
        return f"--backbone-rate {rate:.2g} --head-rate {rate * recipe.head_rate / recipe.backbone_rate:.2g}"
    return f"--rate {rate:.2g}"


if __name__ == "__main__":
    sys.exit(main())

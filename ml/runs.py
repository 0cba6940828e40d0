"""The folder of one training: its knobs, its log, its scores, and how several stand side by side."""

import csv
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ml.dataset import Dataset
from ml.recipes import Recipe, StyleArt
from ml.scores import evaluate, recalls

COMPARED = ("top1", "top3", "macro_f1", "macro_auc", "ece")
_NOT_IN_FIRST_NAMES = frozenset({"out", "work", "size_px", "variants"})


def open_run(recipe: Recipe, data: Dataset) -> Path:
    """Make the run's folder, or find the one it began in; settings.json has its knobs and names its data."""
    run = Path(recipe.work) / recipe.run_name(data.fingerprint)
    run.mkdir(parents=True, exist_ok=True)
    write_json(run / "settings.json", {**asdict(recipe), "fingerprint": data.fingerprint})
    return run


def read_settings(run: Path) -> tuple[dict[str, Any], str | None]:
    """A run's knobs and the fingerprint of its data, which the first runs did not write down."""
    knobs = json.loads((run / "settings.json").read_text(encoding="utf-8"))
    return knobs, knobs.pop("fingerprint", None)


def has_learned_from(data: Dataset, run: Path, knobs: dict[str, Any], fingerprint: str | None) -> bool:
    """Whether a run of styleart learned from these very data; the first runs tell it by their name alone."""
    if fingerprint:
        return fingerprint == data.fingerprint
    named = {name: value for name, value in knobs.items() if name not in _NOT_IN_FIRST_NAMES}
    return run.resolve().name.endswith(StyleArt.digest(named, data.fingerprint))


def write_json(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, content: str) -> None:
    """Replace the file at once, so that nobody finds half of it."""
    part = path.with_name(path.name + ".part")
    part.write_text(content, encoding="utf-8")
    part.replace(path)


def log_epoch(path: Path, *, epoch: int, **figures: float) -> None:
    """Add the epoch's row to the CSV; an epoch that was cut short and trained again has one row."""
    row = {"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "epoch": epoch, **figures}
    rows = [known for known in read_log(path) if int(known["epoch"]) < epoch]
    names = list(dict.fromkeys(name for known in [*rows, row] for name in known))
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows([*rows, row])
    part.replace(path)
    tqdm.write(f"epoch {epoch}  " + "  ".join(f"{name} {value:.4g}" for name, value in figures.items()))


def read_log(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def scores_of(
    recipe: str, data: Dataset, probabilities: np.ndarray, truth: np.ndarray, **more: object
) -> dict[str, Any]:
    """What scores.json says about answers to the test paintings: probabilities (n, styles), truth (n,)."""
    figures = {name: round(float(value), 4) for name, value in evaluate(probabilities, truth)}
    found = recalls(probabilities.argmax(1), truth)
    return {
        "recipe": recipe,
        "fingerprint": data.fingerprint,
        "paintings": len(truth),
        **figures,
        "recall": {style: round(float(r), 4) for style, r in zip(data.styles, found, strict=True)},
        **more,
    }


def scores_of_card(card: dict[str, Any], recipe: str) -> dict[str, Any]:
    """The same from a model's model.json."""
    return {"recipe": recipe, "fingerprint": card["data"]["fingerprint"], **card["metrics"]["test"]}


def read_scores(folder: Path) -> dict[str, Any]:
    """The test scores in the folder of a run or of a model. Raises ValueError where there are none."""
    if (folder / "scores.json").is_file():
        return json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    if (folder / "model.json").is_file():
        card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        return scores_of_card(card, card["version"])
    raise ValueError(f"{folder} has neither scores.json nor model.json; was the run finished?")


def compare(folders: Sequence[Path]) -> int:
    """Print the scores of several runs as one table; gives the exit code."""
    try:
        rows = [read_scores(folder) for folder in folders]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    heads = ("recipe", "paintings", *COMPARED)
    print(table([heads, *([row["recipe"], str(row["paintings"]), *_figures(row)] for row in rows)]))
    if len({row["fingerprint"] for row in rows}) > 1:
        print("These runs were scored on different data: their figures cannot be compared.")
    return 0


def _figures(scores: dict[str, Any]) -> list[str]:
    return [f"{scores[name]:.3f}" for name in COMPARED]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )

"""Examine trained models on labelled pictures: python -m ml.evaluate MODEL [MODEL ...].

Asks the exported file itself, as the site does, about every picture of the manifest, and writes a
folder of figures, tables and plots for each model. Several models end up side by side in one table.
Stopped and started again, it goes on where it was: what a picture was answered is kept.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ml import plots, resampling, scores
from ml.answers import Answers, ask
from ml.dataset import SPLITS, BrokenPicture, Dataset, read_manifest
from ml.inference import CERTAINTIES, Model, ModelMismatch, load_model
from ml.runs import COMPARED

MISTAKES_SHOWN = 24

Figure = dict[str, Any]  # {"value": 0.47, "interval": [0.45, 0.5]}


def main(given: list[str] | None = None) -> int:
    arguments = _parser().parse_args(given)
    try:
        data = read_manifest(Path(arguments.manifest))
        models = {folder: load_model(folder) for folder in arguments.models}
        _refuse_other_styles(data, models)
    except (OSError, ValueError, ModelMismatch) as error:
        print(error, file=sys.stderr)
        return 1
    try:
        _write_reports(models, data, arguments.out)
    except KeyboardInterrupt:
        print("Stopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    except BrokenPicture as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _write_reports(models: Mapping[Path, Model], data: Dataset, out: Path) -> None:
    """A folder for each model, and all of them in one table. Raises BrokenPicture."""
    metrics = {}
    for folder, model in models.items():
        report = out / model.card["version"]
        metrics[f"{model.card['version']} ({folder})"] = write_report(model, data, report)
        print(f"The report of {folder} is in {report}.")
    table = "\n".join([*side_by_side(metrics), *about_data(models, data)]) + "\n"
    (out / "models.md").write_text(table, encoding="utf-8")
    print("\n" + table, end="")


def about_data(models: Mapping[Path, Model], data: Dataset) -> Iterator[str]:
    """A sentence for each model that learned from other data than it is asked about."""
    for model in models.values():
        learned = model.card["data"]["fingerprint"]
        if learned != data.fingerprint:
            yield ""
            yield (
                f"{model.card['version']} learned from other data ({learned}) than these ({data.fingerprint}): "
                "pictures that it learned from may be in the test part."
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate", description=__doc__)
    parser.add_argument(
        "models", nargs="+", type=Path, metavar="MODEL", help="folder with model.tflite and model.json"
    )
    parser.add_argument(
        "--manifest",
        default="../shared/paintings/manifest.csv",
        help="CSV of pictures, labels and splits (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("var/evaluation"),
        help="folder for the reports (default: %(default)s)",
    )
    return parser


def _refuse_other_styles(data: Dataset, models: Mapping[Path, Model]) -> None:
    """Raise ValueError unless every model has learned the very styles of the data."""
    for folder, model in models.items():
        other = sorted(set(data.styles) ^ set(model.card["labels"]))
        if other:
            raise ValueError(f"{folder} and the manifest differ in these styles: {', '.join(other)}.")


def write_report(model: Model, data: Dataset, out: Path) -> dict[str, Any]:
    """Write everything about one model into `out`; gives the figures by split, as metrics.json has them."""
    card = model.card
    cache = out.parent / "answers" / f"{card['sha256'][:16]}-{data.fingerprint}.npz"
    asked = ask(model, data, data.pictures, cache=cache)
    splits = np.array([picture.split for picture in data.pictures])
    thresholds = card["certainty"]["thresholds"]
    metrics, reports = {}, {}
    for split in tqdm(SPLITS, desc="measuring", unit="part", disable=None):
        answers = asked.only(splits == split)
        reports[split] = list(classification_report(answers))
        _write_part(answers, reports[split], thresholds, out / split)
        metrics[split] = figures_of(answers, thresholds)
    plots.train_against_test(reports["train"], reports["test"], out / "train-test.png")
    if card.get("history"):
        plots.history(card["history"], out / "history.png")
    described = {
        "model": card["version"],
        "data": data.fingerprint,
        "learned_from": card["data"]["fingerprint"],
        "intervals": "95 %, bootstrap over the pictures of a part",
        **metrics,
    }
    (out / "metrics.json").write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n")
    (out / "figures.md").write_text("\n".join(figures_table(metrics["test"])) + "\n", encoding="utf-8")
    return metrics


def _write_part(
    answers: Answers, report: Sequence[Mapping[str, Any]], thresholds: Mapping[str, float], out: Path
) -> None:
    """Tables and plots of one part of the data."""
    out.mkdir(parents=True, exist_ok=True)
    styles, paintings = answers.data.styles, answers.paintings
    probabilities, truth = paintings.probabilities, paintings.truth
    write_csv(out / "classification.csv", report)
    aucs = list(auc_rows(probabilities, truth, styles))
    write_csv(out / "auc.csv", aucs)
    curves = roc_curves(probabilities, truth, styles)
    write_csv(out / "roc.csv", _rows_of(curves))
    plots.roc(curves, {row["style"]: row["auc"] for row in aucs}, out / "roc.png")
    confusion = scores.confusion(probabilities.argmax(1), truth, len(styles))
    write_csv(out / "confusion.csv", confusion_rows(confusion, styles))
    plots.confusion(confusion, styles, out / "confusion.png")
    plots.confusion(confusion / confusion.sum(1, keepdims=True), styles, out / "confusion-normalised.png")
    plots.reliability(probabilities, truth, out / "reliability.png")
    plots.risk_coverage(paintings, thresholds, out / "risk-coverage.png")
    mistakes = list(mistake_rows(paintings))
    if mistakes:
        write_csv(out / "mistakes.csv", mistakes)
        worst = [(paintings.pictures[n], *_told(paintings, n)) for n in confident_mistakes(paintings)]
        plots.contact_sheet(worst[:MISTAKES_SHOWN], out / "mistakes.png")


# Figures with intervals


def figures_of(answers: Answers, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Everything that is measured about one part, each figure with its 95 % interval."""
    paintings, styles = answers.paintings, answers.data.styles
    right, words = paintings.is_right, paintings.words(thresholds)
    photographs = answers.only(~answers.is_painting)
    everything = np.ones(len(right), bool)
    figures = {
        "paintings": len(right),
        **_main_figures(paintings),
        "recall": _shares({style: (right, paintings.truth == n) for n, style in enumerate(styles)}),
        "top1_by_source": _shares({s: (right, paintings.sources == s) for s in np.unique(paintings.sources)}),
        "top1_by_artist": _shares(
            {"in train": (right, paintings.by_known_hand), "not in train": (right, ~paintings.by_known_hand)}
        ),
        "certainty": {
            "share": _shares({word: (words == word, everything) for word in CERTAINTIES}),
            "right": _shares({word: (right, words == word) for word in CERTAINTIES[:3]}),
            "photographs": len(photographs.pictures),
            **_called_so(photographs, thresholds),
        },
        "retrieval": retrieval_figures(paintings),
    }
    apart = paintings.styles_of_known_hands()
    others = paintings.only(np.array([picture.style not in apart for picture in paintings.pictures], bool))
    if apart and len(set(others.truth)) > 1:
        without = {"paintings": len(others.pictures), **_main_figures(others)}
        figures["apart"] = {"styles": apart, "without": without}
    return figures


def _main_figures(answers: Answers) -> dict[str, Figure]:
    probabilities, truth = answers.probabilities, answers.truth
    values = dict(scores.evaluate(probabilities, truth))
    values["micro_auc"] = scores.micro_auc(probabilities, truth)
    bounds = resampling.intervals(resampling.main_figures(probabilities, truth), len(truth))
    return {name: _figure(value, bounds[name]) for name, value in values.items()}


def _shares(asked: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, Figure]:
    """For each name (flags, within): the share of true flags within; left out where nothing is within."""
    shares = {}
    for name, (flags, within) in asked.items():
        if within.any():
            bounds = resampling.mean_interval(flags[within].astype(float))
            shares[str(name)] = {
                **_figure(flags[within].mean(), bounds),
                "pictures": int(within.sum()),
            }
    return shares


def _called_so(photographs: Answers, thresholds: Mapping[str, float]) -> dict[str, Figure]:
    called = photographs.words(thresholds) == CERTAINTIES[3]
    return _shares({"photographs_called_not_a_painting": (called, np.ones(len(called), bool))})


def retrieval_figures(paintings: Answers) -> dict[str, Any]:
    """How well the embedding finds the same style and the same artist among a part's other paintings.

    Chance is to draw ten others at random that got the same style as first answer.
    """
    named = paintings.probabilities.argmax(1)
    figures = {}
    kinds = {
        "style": [picture.style for picture in paintings.pictures],
        "artist": [picture.hand for picture in paintings.pictures],
    }
    for group, groups in kinds.items():
        found, by_chance = scores.precision_at_10_against_chance(
            paintings.embeddings, np.array(groups), named
        )
        if len(found):
            figures[f"same_{group}_precision_at_10"] = _figure(found.mean(), resampling.mean_interval(found))
            figures[f"same_{group}_by_chance_within_the_answer"] = round(float(by_chance.mean()), 4)
    return figures


def _figure(value: float, bounds: tuple[float, float]) -> Figure:
    return {"value": round(float(value), 4), "interval": [round(bound, 4) for bound in bounds]}


# Tables


def classification_report(answers: Answers) -> Iterator[dict[str, Any]]:
    """Precision, recall, F1 and number of paintings for each style, then their means over styles and paintings."""
    styles, paintings = answers.data.styles, answers.paintings
    table = scores.confusion(paintings.probabilities.argmax(1), paintings.truth, len(styles))
    hits, named, there = np.diag(table), table.sum(0), table.sum(1)
    columns = {
        "precision": hits / np.maximum(named, 1),
        "recall": hits / np.maximum(there, 1),
        "f1": 2 * hits / np.maximum(named + there, 1),
    }
    for number, style in enumerate(styles):
        values = {name: round(float(column[number]), 4) for name, column in columns.items()}
        yield {"style": style, **values, "paintings": int(there[number])}
    for name, weights in (("mean over styles", None), ("mean over paintings", there)):
        means = {n: round(float(np.average(column, weights=weights)), 4) for n, column in columns.items()}
        yield {"style": name, **means, "paintings": int(there.sum())}


def auc_rows(probabilities: np.ndarray, truth: np.ndarray, styles: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Area under the ROC curve: each style against the rest, their mean, and all decisions at once."""
    for number, style in enumerate(styles):
        yield {"style": style, "auc": round(scores.auc(probabilities[:, number], truth == number), 4)}
    yield {"style": "macro", "auc": round(scores.macro_auc(probabilities, truth), 4)}
    yield {"style": "micro", "auc": round(scores.micro_auc(probabilities, truth), 4)}


def roc_curves(probabilities: np.ndarray, truth: np.ndarray, styles: Sequence[str]) -> dict[str, np.ndarray]:
    """The ROC curves at 201 false positive rates; macro is the mean of the styles' curves."""
    at = np.linspace(0, 1, 201)
    curves = {s: scores.roc_curve(probabilities[:, n], truth == n, at) for n, s in enumerate(styles)}
    is_style = np.eye(len(styles), dtype=bool)[truth]
    macro = np.mean(list(curves.values()), axis=0)
    micro = scores.roc_curve(probabilities.ravel(), is_style.ravel(), at)
    return {"false_positive_rate": at, **curves, "macro": macro, "micro": micro}


def _rows_of(columns: Mapping[str, np.ndarray]) -> Iterator[dict[str, float]]:
    for values in zip(*columns.values(), strict=True):
        yield {name: round(float(value), 4) for name, value in zip(columns, values, strict=True)}


def confusion_rows(confusion: np.ndarray, styles: Sequence[str]) -> Iterator[dict[str, Any]]:
    for style, counts in zip(styles, confusion, strict=True):
        yield {"truth": style, **dict(zip(styles, map(int, counts), strict=True))}


def confident_mistakes(paintings: Answers) -> np.ndarray:
    """Numbers of the paintings that got a wrong style, most confident first."""
    wrong = np.flatnonzero(~paintings.is_right)
    return wrong[np.argsort(-paintings.probabilities[wrong].max(1), kind="stable")]


def mistake_rows(paintings: Answers) -> Iterator[dict[str, Any]]:
    for number in confident_mistakes(paintings):
        picture = paintings.pictures[number]
        answer, probability = _told(paintings, number)
        yield {
            "picture": picture.path.name,
            "artist": picture.artist,
            "source": picture.source,
            "truth": picture.style,
            "answer": answer,
            "probability": round(probability, 4),
        }


def _told(answers: Answers, number: int) -> tuple[str, float]:
    best = int(answers.probabilities[number].argmax())
    return answers.data.styles[best], float(answers.probabilities[number, best])


def side_by_side(metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A Markdown table: a line for each model, figures of the test part with their 95 % intervals."""
    words = CERTAINTIES[:3]
    yield "| model | " + " | ".join(COMPARED) + " | " + " | ".join(f"{word} (right)" for word in words) + " |"
    yield "| --- " * (1 + len(COMPARED) + len(words)) + "|"
    for name, figures in metrics.items():
        test = figures["test"]
        cells = [_with_interval(test[name]) for name in COMPARED]
        yield f"| {name} | " + " | ".join(cells + [_share_right(test, word) for word in words]) + " |"


def figures_table(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures of one part as the Markdown tables of docs/model-card.md."""
    certainty, retrieval = figures["certainty"], figures["retrieval"]
    rows = {words: figures[name] for name, words in _TOLD.items()}
    for word in CERTAINTIES[:3]:
        rows[f"called {word}"] = certainty["share"][word]
        rows[f"right when called {word}"] = certainty["right"].get(word)
    rows["paintings called not a painting"] = certainty["share"][CERTAINTIES[3]]
    rows["photographs called not a painting"] = certainty.get("photographs_called_not_a_painting")
    for name, figure in figures["top1_by_artist"].items():
        rows[f"top-1, artist {name}"] = figure
    if "apart" in figures:
        rows[f"top-1 without {' and '.join(figures['apart']['styles'])}"] = figures["apart"]["without"][
            "top1"
        ]
    for group in ("style", "artist"):
        if f"same_{group}_precision_at_10" in retrieval:
            chance = retrieval[f"same_{group}_by_chance_within_the_answer"]
            words = f"same {group} among the ten nearest (by chance within the answered style: {chance:.3f})"
            rows[words] = retrieval[f"same_{group}_precision_at_10"]
    yield "| figure | value |"
    yield "| --- | --- |"
    for words, figure in rows.items():
        if figure:
            yield f"| {words} | {_with_interval(figure)} |"
    yield ""
    yield "| style | found | of |"
    yield "| --- | --- | --- |"
    for style, figure in sorted(figures["recall"].items(), key=lambda pair: pair[1]["value"]):
        yield f"| {style} | {_with_interval(figure)} | {figure['pictures']} |"


_TOLD = {
    "top1": "top-1",
    "top3": "top-3",
    "macro_f1": "macro F1",
    "macro_auc": "macro AUC",
    "ece": "calibration error (ECE)",
    "baseline_top1": "top-1 of always naming the test part's commonest style",
}


def _with_interval(figure: Figure) -> str:
    return "{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})".format(**figure)


def _share_right(figures: Mapping[str, Any], word: str) -> str:
    certainty = figures["certainty"]
    if word not in certainty["right"]:
        return "never"
    return f"{certainty['share'][word]['value']:.1%} ({certainty['right'][word]['value']:.1%})"


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:  # for names of files
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())

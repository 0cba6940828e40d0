"""Plots about models, each written to one PNG file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps, font_manager
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageDraw, ImageFont

from ml import scores
from ml.answers import Answers
from ml.dataset import Picture, naming
from ml.inference import CERTAINTIES
from ml.preprocess import decode

INK, PAPER, ACCENT, FAINT = "#26231f", "#f7f5f1", "#8a3a1e", "#d8d2c6"
DPI = 120


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=PAPER)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    return figure, axes


def confusion(table: np.ndarray, styles: Sequence[str], path: Path) -> None:
    """Rows are the true styles, columns the answers; counts, or shares of the row."""
    figure, axes = _figure(10, 9)
    axes.imshow(table, cmap="YlOrBr", vmin=0)
    axes.set_xticks(range(len(styles)), styles, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(styles)), styles)
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")
    is_share = table.dtype.kind == "f"
    for row, column in np.ndindex(table.shape):
        value = table[row, column]
        if value:
            words = f"{value:.0%}".rstrip("%") if is_share else str(int(value))
            colour = PAPER if value > 0.6 * table.max() else INK
            axes.text(column, row, words, ha="center", va="center", fontsize=8, color=colour)
    axes.set_title("Percent of the true style" if is_share else "Number of paintings", loc="left")
    figure.savefig(path, dpi=DPI)


def roc(curves: Mapping[str, np.ndarray], aucs: Mapping[str, float], path: Path) -> None:
    """A curve for each style against the rest, their mean and all decisions at once, with their areas."""
    figure, axes = _figure(10, 7)
    at = curves["false_positive_rate"]
    styles = [name for name in curves if name not in ("false_positive_rate", "macro", "micro")]
    for number, name in enumerate(styles):
        colour = colormaps["tab20"](number % 20)
        axes.plot(at, curves[name], color=colour, linewidth=1.3, label=f"{aucs[name]:.2f}  {name}")
    for name, dashes in (("macro", "--"), ("micro", "-")):
        label = f"{aucs[name]:.2f}  {name}"
        axes.plot(at, curves[name], color=INK, linewidth=2.2, linestyle=dashes, label=label)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.7, linestyle=":")
    axes.set_xlabel("share of the other paintings wrongly given the style")
    axes.set_ylabel("share of the style's paintings found")
    axes.set_title("ROC: every style against the rest, with the area under its curve", loc="left")
    figure.legend(frameon=False, loc="outside right center")
    figure.savefig(path, dpi=DPI)


def reliability(probabilities: np.ndarray, truth: np.ndarray, path: Path, bins: int = 10) -> None:
    """How often the first answer is right, by how probable it was said to be; numbers of paintings below."""
    figure, axes = _figure(6.5, 6)
    top, right = probabilities.max(1), probabilities.argmax(1) == truth
    bin_of = np.minimum((top * bins).astype(int), bins - 1)
    filled = np.unique(bin_of)
    shares = [right[bin_of == b].mean() for b in filled]
    axes.bar((filled + 0.5) / bins, shares, width=0.9 / bins, color=ACCENT, alpha=0.75)
    for b in filled:
        axes.text((b + 0.5) / bins, -0.045, int((bin_of == b).sum()), ha="center", fontsize=8, color=INK)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.7, linestyle=":")
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.07, 1)
    axes.set_xlabel("probability of the first answer")
    axes.set_ylabel("share that is right")
    error = scores.calibration_error(probabilities, truth)
    axes.set_title(f"Is a 70 % right seven times in ten? ECE {error:.3f}", loc="left")
    figure.savefig(path, dpi=DPI)


def risk_coverage(paintings: Answers, thresholds: Mapping[str, float], path: Path) -> None:
    """The share of wrong answers when only the surest are given, and how far each word reaches.

    Paintings called not a painting come last: they get no answer.
    """
    figure, axes = _figure(7.5, 5)
    words, top = paintings.words(thresholds), paintings.probabilities.max(1)
    order = np.lexsort((-top, words == "not_a_painting"))
    answered = np.arange(1, len(top) + 1)
    wrong = 1 - np.cumsum(paintings.is_right[order]) / answered
    axes.plot(answered / len(top), wrong, color=ACCENT)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.25 * max(wrong.max(), 0.01))
    end = 0.0
    for word in CERTAINTIES[:3]:
        share = float((words == word).mean())
        if share:
            axes.text(end + share / 2, axes.get_ylim()[1], f"{word}\n{share:.0%}", ha="center", va="top")
            end += share
            axes.axvline(end, color=INK, linewidth=0.7, linestyle=":")
    axes.set_xlabel("share of paintings answered, surest first")
    axes.set_ylabel("share of these that is wrong")
    axes.set_title("What doubt is worth", loc="left", pad=12)
    figure.savefig(path, dpi=DPI)


def train_against_test(
    train: Sequence[Mapping[str, Any]], test: Sequence[Mapping[str, Any]], path: Path
) -> None:
    """Precision, recall and F1 of every style on what was learned from and on what was not."""
    figure = Figure(figsize=(12, 0.34 * len(test) + 1.6), facecolor=PAPER, layout="constrained")
    names = [row["style"] for row in test]
    for column, axes in zip(("precision", "recall", "f1"), figure.subplots(1, 3, sharey=True), strict=True):
        axes.set_facecolor(PAPER)
        axes.spines[["top", "right"]].set_visible(False)
        learned, transferred = ([row[column] for row in rows] for rows in (train, test))
        axes.hlines(names, transferred, learned, color=FAINT, linewidth=3)
        axes.scatter(learned, names, facecolors=PAPER, edgecolors=INK, zorder=2, label="train")
        axes.scatter(transferred, names, color=ACCENT, zorder=3, label="test")
        axes.set_xlim(0, 1.02)
        axes.set_title(column.replace("f1", "F1"), loc="left")
    axes.invert_yaxis()
    figure.legend(*axes.get_legend_handles_labels(), frameon=False, ncols=2, loc="outside lower right")
    figure.savefig(path, dpi=DPI)


def history(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """What a run's log says of every epoch: losses on the left, shares of right answers on the right."""
    figure, axes = _figure(8, 4.5)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    right = axes.twinx()
    right.spines["top"].set_visible(False)
    right.set_ylabel("share right", color=ACCENT)
    for name in rows[0]:
        points = [(row["epoch"], row[name]) for row in rows if isinstance(row.get(name), int | float)]
        marker = "s" if name.startswith("val") else "o"
        if "loss" in name and points:
            axes.plot(*zip(*points, strict=True), color=INK, marker=marker, label=name)
        elif ("top" in name or "accuracy" in name) and points:
            right.plot(*zip(*points, strict=True), color=ACCENT, marker=marker, label=name)
    axes.set_title("Training", loc="left")
    figure.legend(frameon=False, ncols=4, loc="outside lower right")
    figure.savefig(path, dpi=DPI)


def contact_sheet(entries: Sequence[tuple[Picture, str, float]], path: Path, *, columns: int = 6) -> None:
    """Pictures with the answer they got and the truth. Raises BrokenPicture."""
    cell, words = 200, 44
    rows = max(1, -(-len(entries) // columns))
    sheet = Image.new("RGB", (columns * cell, rows * (cell + words)), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 11)  # comes with matplotlib
    for place, (picture, answer, probability) in enumerate(entries):
        left, top = place % columns * cell, place // columns * (cell + words)
        with naming(picture):
            image = decode(picture.path.read_bytes(), fit_px=cell - 12)
        sheet.paste(image, (left + 6, top + 6))
        draw.text((left + 6, top + cell - 2), f"said: {answer} {probability:.0%}", fill=ACCENT, font=font)
        draw.text((left + 6, top + cell + 15), f"is: {picture.style}", fill=INK, font=font)
    sheet.save(path)

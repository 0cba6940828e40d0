"""Plots about data, each written to one PNG file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from ml.plots import ACCENT, DPI, FAINT, INK, PAPER
from ml.preprocess import decode

PARTS = (ACCENT, "#c99a6b", "#544e46")  # train, val, test
WIDTH_INCHES = 9


def _figure(rows: float) -> tuple[Figure, Axes]:
    """A figure with room for so many rows."""
    figure = Figure(figsize=(WIDTH_INCHES, 0.36 * rows + 1.2), facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=PAPER)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=INK, length=0)
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=DPI)


def stacked(counts: Mapping[str, Mapping[str, int]], parts: Sequence[str], path: Path) -> None:
    """Horizontal bars, one for each name, made of the parts one after the other."""
    figure, axes = _figure(len(counts))
    start = np.zeros(len(counts))
    for part, colour in zip(parts, PARTS, strict=True):
        lengths = np.array([numbers[part] for numbers in counts.values()])
        bars = axes.barh(list(counts), lengths, left=start, color=colour, label=part, height=0.72)
        labels = [f"{length:,}" if length > 0.04 * max(lengths.max(), 1) else "" for length in lengths]
        axes.bar_label(bars, labels, label_type="center", color=PAPER, fontsize=8)
        start += lengths
    axes.invert_yaxis()
    axes.set_xlabel("pictures", color=INK)
    figure.legend(frameon=False, ncols=len(parts), loc="outside upper right")
    _save(figure, path)


def bars(values: Mapping[str, float], unit: str, path: Path) -> None:
    figure, axes = _figure(len(values))
    drawn = axes.barh(list(values), list(values.values()), color=ACCENT, height=0.72)
    axes.bar_label(drawn, padding=4, color=INK)
    axes.invert_yaxis()
    axes.set_xlabel(unit, color=INK)
    _save(figure, path)


def ridgeline(values: Mapping[str, Sequence[int]], path: Path, *, bandwidth: float = 6) -> None:
    """A smooth hill of years for each name (Gaussian kernel, `bandwidth` in years), one above the other."""
    figure, axes = _figure(1.25 * max(len(values), 1))
    if values:
        first, last = min(map(min, values.values())), max(map(max, values.values()))
        years = np.arange(first - 3 * int(bandwidth), last + 3 * int(bandwidth))
        for row, known in enumerate(values.values()):
            hill = np.exp(-0.5 * ((years[:, None] - np.array(known)) / bandwidth) ** 2).sum(1)
            top = 1.5 * hill / hill.max() - row
            axes.fill_between(years, -row, top, color=ACCENT, zorder=2 * row, linewidth=0)
            axes.plot(years, top, color=PAPER, linewidth=1.2, zorder=2 * row)
            axes.plot(np.median(known), -row, "|", color=INK, markersize=8, zorder=2 * row + 1)
        axes.set_yticks([-row for row in range(len(values))], list(values))
        axes.set_ylim(-len(values) + 0.7, 1.6)
        axes.set_xlim(years[0], years[-1])
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    _save(figure, path)


def strips(
    values: Mapping[str, Sequence[float]],
    unit: str,
    path: Path,
    *,
    low: float,
    high: float,
    ticks: Mapping[float, str] | None = None,
) -> None:
    """One dot for each value, a line at the median; values outside `low` to `high` stand at the edge."""
    figure, axes = _figure(1.1 * len(values))
    chance = np.random.default_rng(20)
    for row, known in enumerate(values.values()):
        height = row + chance.uniform(-0.3, 0.3, len(known))
        axes.scatter(np.clip(known, low, high), height, s=5, color=ACCENT, alpha=0.3, linewidths=0)
        axes.vlines(np.clip(np.median(known), low, high), row - 0.4, row + 0.4, color=INK, linewidth=2)
    axes.set_yticks(range(len(values)), list(values))
    axes.invert_yaxis()
    margin = 0.02 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    if ticks:
        axes.set_xticks(list(ticks), list(ticks.values()))
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(unit, color=INK)
    _save(figure, path)


def example_rows(rows: Mapping[str, Sequence[Path]], path: Path, *, cell: int = 118) -> None:
    """Some small pictures for each name, in their own proportions, below the name."""
    head, longest = 30, max(map(len, rows.values()))
    sheet = Image.new("RGB", (longest * cell + 12, len(rows) * (cell + head) + 12), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for row, (name, paths) in enumerate(rows.items()):
        top = row * (cell + head)
        draw.text((10, top + 8), name, fill=INK, font=font)
        for column, picture in enumerate(paths):
            image = decode(picture.read_bytes(), fit_px=cell - 8)
            sheet.paste(image, (10 + column * cell, top + head + (cell - 8 - image.height)))
    sheet.save(path)

"""Bootstrap intervals of the figures of ml/scores.py.

A draw is told by how often it holds each picture, so that all draws of a figure are a few sums over one
array of shape (draws, pictures), and no draw is sorted or counted by itself.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ml import scores

Measure = Callable[[np.ndarray], Mapping[str, np.ndarray]]  # counts (draws, n) -> figures (draws,)
_NUMBERS_AT_ONCE = 4_000_000  # counts and what is made of them in one go, at most


def intervals(measure: Measure, pictures: int, *, resamples: int = 1000) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals of all figures, from 0 to 1, that `measure` gives for draws of the pictures.

    What draws with repeats add to a figure in the mean is taken off again: it is nothing for a share,
    but draws look worse calibrated than the whole. A draw in which a figure is nan, since none of its
    pictures was drawn, does not count for it.
    """
    chance = np.random.default_rng(20)
    at_once = max(1, _NUMBERS_AT_ONCE // (16 * pictures))
    measured = []
    for first in range(0, resamples, at_once):
        draws = range(first, min(first + at_once, resamples))
        drawn = [chance.integers(pictures, size=pictures) for _ in draws]
        measured.append(measure(np.stack([np.bincount(d, minlength=pictures) for d in drawn])))
    bounds = {}
    for name, value in measure(np.ones((1, pictures), int)).items():
        draws = np.concatenate([figures[name] for figures in measured])
        draws = draws[np.isfinite(draws)]
        low, high = np.quantile(draws, (0.025, 0.975)) - (draws.mean() - value[0])
        bounds[name] = (float(max(low, 0)), float(min(high, 1)))
    return bounds


def mean_interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean."""
    return intervals(lambda counts: {"mean": counts @ values / len(values)}, len(values))["mean"]


def main_figures(probabilities: np.ndarray, truth: np.ndarray) -> Measure:
    """What measures scores.evaluate and scores.micro_auc in draws of these answers.

    As there, a style that a draw does not hold counts neither for the F1 nor for the area under the curve.
    """
    pictures, styles = probabilities.shape
    is_style = np.eye(styles)[truth]
    is_named = np.eye(styles)[probabilities.argmax(1)]
    top, right = probabilities.max(1), (is_style * is_named).sum(1)
    in_top3 = (np.argsort(-probabilities, axis=1, kind="stable")[:, :3] == truth[:, None]).any(1)
    bins = np.eye(scores.CALIBRATION_BINS)[scores.bins_of(top)]
    area_of_style = [_area(column, truth == n) for n, column in enumerate(probabilities.T)]
    area_of_all = _area(probabilities.ravel(), is_style.ravel().astype(bool))

    def measure(counts: np.ndarray) -> dict[str, np.ndarray]:
        counts = counts.astype(float)
        there, hits = counts @ is_style, counts @ (is_style * is_named)
        with np.errstate(invalid="ignore"):  # 0 / 0 where a style was not drawn
            f1 = np.where(there > 0, 2 * hits / (there + counts @ is_named), np.nan)
        areas = np.stack([area(counts) for area in area_of_style], axis=1)
        return {
            "top1": counts @ right / pictures,
            "top3": counts @ in_top3 / pictures,
            "macro_f1": _mean_of_known(f1),
            "macro_auc": _mean_of_known(areas),
            "ece": np.abs(counts @ (bins * (right - top)[:, None])).sum(1) / pictures,
            "baseline_top1": there.max(1) / pictures,
            "micro_auc": area_of_all(np.repeat(counts, styles, axis=1)),
        }

    return measure


def _mean_of_known(figures: np.ndarray) -> np.ndarray:
    """The mean of each row (draws, styles) without its nan; nan where a row holds nothing else."""
    known = ~np.isnan(figures)
    total = np.where(known, figures, 0).sum(1)
    return np.divide(total, known.sum(1), out=np.full(len(figures), np.nan), where=known.any(1))


def _area(values: np.ndarray, is_positive: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """What gives scores.auc of these values for each row of counts; nan where one kind was not drawn."""
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(values[order]) != 0))  # of values that are equal
    positive = is_positive[order].astype(float)

    def area(counts: np.ndarray) -> np.ndarray:
        counts = counts[:, order]
        positives = np.add.reduceat(counts * positive, starts, axis=1)
        others = np.add.reduceat(counts, starts, axis=1) - positives
        pairs = positives.sum(1) * others.sum(1)
        won = (positives * (np.cumsum(others, axis=1) - others / 2)).sum(1)
        return np.divide(won, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)

    return area

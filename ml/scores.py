"""Figures about answers, from probabilities of shape (n, styles) and true style numbers of shape (n,)."""

from collections.abc import Iterator

import numpy as np

CALIBRATION_BINS = 15


def evaluate(probabilities: np.ndarray, truth: np.ndarray) -> Iterator[tuple[str, float]]:
    """Yield the figures that describe a model, each as (name, value), all from 0 to 1."""
    yield "top1", top_k(probabilities, truth, 1)
    yield "top3", top_k(probabilities, truth, 3)
    yield "macro_f1", macro_f1(probabilities.argmax(1), truth)
    yield "macro_auc", macro_auc(probabilities, truth)
    yield "ece", calibration_error(probabilities, truth)
    yield "baseline_top1", float(np.bincount(truth).max() / len(truth))  # always naming their commonest style


def log_loss(logits: np.ndarray, truth: np.ndarray) -> float:
    """The mean negative logarithm of the probability given to the truth; logits of shape (n, classes)."""
    scaled = logits.astype(np.float64) - logits.max(1, keepdims=True)
    return float((np.log(np.exp(scaled).sum(1)) - scaled[np.arange(len(truth)), truth]).mean())


def best_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The divisor of the logits with the least log loss, 0.2 to 5; temperature scaling (Guo et al., 2017)."""
    return float(min(np.geomspace(0.2, 5, 401), key=lambda divisor: log_loss(logits / divisor, truth)))


def top_k(probabilities: np.ndarray, truth: np.ndarray, k: int) -> float:
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return float((best == truth[:, None]).any(1).mean())


def recalls(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """For each style that occurs in `truth`, the share found; nan for the others."""
    with np.errstate(invalid="ignore"):
        found = np.bincount(truth[predicted == truth], minlength=truth.max() + 1)
        return found / np.bincount(truth)


def macro_f1(predicted: np.ndarray, truth: np.ndarray) -> float:
    scores = []
    for style in np.unique(truth):
        hits = np.sum((predicted == style) & (truth == style))
        scores.append(2 * hits / (np.sum(predicted == style) + np.sum(truth == style)))
    return float(np.mean(scores))


def macro_auc(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The mean over styles of the chance that one of theirs is scored above one of the others."""
    return float(np.mean([auc(probabilities[:, style], truth == style) for style in np.unique(truth)]))


def micro_auc(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The same over all decisions at once: is this painting of that style?"""
    return auc(probabilities.ravel(), np.eye(probabilities.shape[1], dtype=bool)[truth].ravel())


def auc(scores: np.ndarray, is_positive: np.ndarray) -> float:
    """The chance that a positive one is scored above a negative one; a tie counts half. nan where one kind is missing."""
    ranks = np.unique(scores, return_inverse=True)[1]  # the place of each among the different ones
    places = int(ranks.max()) + 1
    positives = np.bincount(ranks[is_positive], minlength=places)
    others = np.bincount(ranks[~is_positive], minlength=places)
    pairs = positives.sum() * others.sum()
    return float(positives @ (np.cumsum(others) - others / 2) / pairs) if pairs else float("nan")


def roc_curve(scores: np.ndarray, is_positive: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The share of positive ones found where the shares `at`, ascending from 0, of the others are let in too."""
    order = np.argsort(-scores, kind="stable")
    last_of_equals = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits = np.append(0, np.cumsum(is_positive[order])[last_of_equals])
    misses = np.append(0, np.cumsum(~is_positive[order])[last_of_equals])
    return np.interp(at, misses / misses[-1], hits / hits[-1])


def confusion(predicted: np.ndarray, truth: np.ndarray, styles: int) -> np.ndarray:
    """Counts of shape (styles, styles): a row for each true style, a column for each answer."""
    return np.bincount(truth * styles + predicted, minlength=styles * styles).reshape(styles, styles)


def bins_of(confidence: np.ndarray) -> np.ndarray:
    """The number of the bin, of equal width, that each probability falls into."""
    return np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)


def calibration_error(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Expected calibration error (ECE) of the top answer, over bins of equal width."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == truth
    bin_of = bins_of(confidence)
    gaps = [
        abs(right[bin_of == b].mean() - confidence[bin_of == b].mean()) * (bin_of == b).mean()
        for b in np.unique(bin_of)
    ]
    return float(sum(gaps))


def precision_at_10(embeddings: np.ndarray, groups: np.ndarray) -> float:
    """Of each picture's ten nearest others, the share of its own group; groups of one do not ask.

    Where a group has fewer than ten others, the share is of those, so that 1 can be reached; nan where nobody asks.
    """
    same, others, shown = _among_ten_nearest(embeddings, groups)
    asking = others > 0
    if not asking.any():
        return float("nan")
    return float((same[asking] / np.minimum(others[asking], shown)).mean())


def precision_at_10_against_chance(
    embeddings: np.ndarray, groups: np.ndarray, drawers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each picture that asks, its precision, and what ten others drawn from its own drawer would give.

    Both of shape (asking,) and divided as precision_at_10 does. Where the drawer holds fewer than ten
    others, the rest of the ten counts as misses.
    """
    same, others, shown = _among_ten_nearest(embeddings, groups)
    in_drawer = drawers[:, None] == drawers
    np.fill_diagonal(in_drawer, False)
    there = in_drawer.sum(1)
    hits = (in_drawer & (groups[:, None] == groups)).sum(1)
    by_chance = hits * np.minimum(shown, there) / np.maximum(there, 1)
    asking = others > 0
    reachable = np.minimum(others[asking], shown)
    return same[asking] / reachable, by_chance[asking] / reachable


def _among_ten_nearest(embeddings: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    likeness = embeddings @ embeddings.T
    np.fill_diagonal(likeness, -np.inf)
    shown = min(10, len(groups) - 1)
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :shown]
    same = (groups[nearest] == groups[:, None]).sum(1)
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return same, counts[inverse] - 1, shown

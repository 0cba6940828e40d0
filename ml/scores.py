"""Figures about answers, from probabilities of shape (n, styles) and true style numbers of shape (n,)."""

from collections.abc import Iterator

import numpy as np


def evaluate(probabilities: np.ndarray, truth: np.ndarray) -> Iterator[tuple[str, float]]:
    """Yield the figures that describe a model, each as (name, value), all from 0 to 1."""
    yield "top1", top_k(probabilities, truth, 1)
    yield "top3", top_k(probabilities, truth, 3)
    yield "macro_f1", macro_f1(probabilities.argmax(1), truth)
    yield "macro_auc", macro_auc(probabilities, truth)
    yield "ece", calibration_error(probabilities, truth)
    yield "baseline_top1", float(np.bincount(truth).max() / len(truth))  # always naming the commonest style


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
    return float(np.mean([_auc(probabilities[:, style], truth == style) for style in np.unique(truth)]))


def _auc(scores: np.ndarray, is_positive: np.ndarray) -> float:
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # equal scores share their mean rank
    positives = int(is_positive.sum())
    below = ranks[is_positive].sum() - positives * (positives + 1) / 2
    return float(below / (positives * (len(scores) - positives)))


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (ECE) of the top answer, over bins of equal width."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == truth
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[bin_of == b].mean() - confidence[bin_of == b].mean()) * (bin_of == b).mean()
        for b in np.unique(bin_of)
    ]
    return float(sum(gaps))


def precision_at_10(embeddings: np.ndarray, groups: np.ndarray) -> float:
    """Of each picture's ten nearest others, the share of its own group; groups of one do not ask.

    Where a group has fewer than ten others, the share is of those, so that 1 can be reached.
    """
    likeness = embeddings @ embeddings.T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, : min(10, len(groups) - 1)]
    same = (groups[nearest] == groups[:, None]).sum(1)
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    others = counts[inverse] - 1
    asking = others > 0
    return float((same[asking] / np.minimum(others[asking], nearest.shape[1])).mean())

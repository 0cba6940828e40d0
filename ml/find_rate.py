"""Find a learning rate: raise it step by step and see where the loss falls fastest (Smith 2017)."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

_SMOOTHING = 0.9  # share of the running loss that each step keeps
_DIVERGED = 4  # times the best running loss: the sweep ends there


def sweep(
    step: Callable[[float], float], low: float, high: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Train with rates rising evenly in their logarithm from `low` to `high`; gives rates and running losses.

    `step` trains one batch at the rate it is given and gives the loss. Ends early where the loss explodes.
    """
    losses, running, least = [], 0.0, np.inf
    rates = np.geomspace(low, high, steps)
    for number, rate in enumerate(tqdm(rates, desc="rising rate", unit="step", disable=None), start=1):
        running = _SMOOTHING * running + (1 - _SMOOTHING) * step(float(rate))
        losses.append(running / (1 - _SMOOTHING**number))  # as if it had not begun at zero
        least = min(least, losses[-1])
        if not losses[-1] < _DIVERGED * least:  # nan too
            break
    return rates[: len(losses)], np.array(losses)


def suggestion(rates: np.ndarray, losses: np.ndarray) -> float:
    """The rate around which the running loss falls most, before it is lowest.

    A fall is taken over a fifth of all steps: from step to step, chance decides.
    """
    losses = np.where(np.isfinite(losses), losses, np.inf)
    reach = max(1, len(losses) // 10)
    last = max(reach + 1, min(int(losses.argmin()) + 1, len(losses) - reach))
    middles = np.arange(reach, last)
    falls = losses[middles - reach] - losses[middles + reach]
    return float(rates[middles[falls.argmax()]])


def write(run: Path, rates: np.ndarray, losses: np.ndarray) -> float:
    """Write find-rate.csv and find-rate.png into the run's folder; gives the suggestion."""
    suggested = suggestion(rates, losses)
    with (run / "find-rate.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("rate", "running_loss"), *zip(rates, losses, strict=True)])
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.semilogx(rates, losses)
    axes.axvline(suggested, linestyle=":", label=f"falls fastest at {suggested:.2g}")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("running loss")
    axes.legend(frameon=False)
    figure.savefig(run / "find-rate.png", dpi=120)
    return suggested

"""Which answer goes wrong, and how: told by seed, address and how often it was asked for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from .world import fraction

KINDS = ("reset", "short", "truncated", "error", "html", "slow", "busy", "limit")
# reset: the connection is torn down, before or amid the answer; short: a page of a list lacks works;
# truncated: a picture ends early; error: 500; html: a web page with 200; slow: it dawdles;
# busy: 429 with Retry-After; limit: 429 with "limit exceeded".
DEFAULT_KINDS = KINDS[:-1]  # "limit" pauses everybody for long
FITTING = {
    "json": {"reset", "error", "html", "slow", "busy", "limit"},
    "page": {"reset", "short", "error", "html", "slow", "busy", "limit"},
    "picture": {"reset", "truncated", "error", "html", "slow", "busy"},
}


@dataclass
class Faults:
    """Faults at a rate, of all kinds or by kind, and those planned one by one."""

    rate: float | Mapping[str, float] = 0.0
    seed: int = 1
    given: Counter[str] = field(default_factory=Counter)  # how often each kind was
    _asked: Counter[str] = field(default_factory=Counter)
    _planned: list[list] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def plan(self, kind: str, *, times: int = 1, containing: str = "") -> None:
        """Let the next calls whose address contains this go wrong."""
        self._planned.append([kind, times, containing])

    def next(self, address: str, what: str) -> str:
        """The fault for this call; empty for none. `what` is json, page or picture."""
        with self._lock:
            self._asked[address] += 1
            kind = self._next_planned(address, what) or self._by_chance(address, what)
            if kind:
                self.given[kind] += 1
            return kind

    def _next_planned(self, address: str, what: str) -> str:
        for entry in self._planned:
            kind, times, containing = entry
            if times and containing in address and kind in FITTING[what]:
                entry[1] -= 1
                return kind
        return ""

    def _by_chance(self, address: str, what: str) -> str:
        rates = self.rate
        if not isinstance(rates, Mapping):
            kinds = [kind for kind in DEFAULT_KINDS if kind in FITTING[what]]
            rates = {kind: rates / len(kinds) for kind in kinds}
        drawn = fraction(self.seed, address, self._asked[address])
        for kind, rate in rates.items():
            if kind in FITTING[what] and drawn < rate:
                return kind
            drawn -= rate if kind in FITTING[what] else 0
        return ""

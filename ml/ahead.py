"""Do work in threads a little ahead of whoever asks for it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item, Outcome = TypeVar("Item"), TypeVar("Outcome")


def ahead(work: Callable[[Item], Outcome], items: Iterable[Item], *, most: int = 64) -> Iterator[Outcome]:
    """Yield the outcomes in the order of the items; at most `most` are held, however many items there are.

    What `work` raises is raised here.
    """
    items = iter(items)
    with ThreadPoolExecutor() as workers:
        coming = deque(workers.submit(work, item) for item in islice(items, most))
        try:
            while coming:
                outcome = coming.popleft().result()
                coming.extend(workers.submit(work, item) for item in islice(items, 1))
                yield outcome
        finally:  # whoever asks may stop early
            for future in coming:
                future.cancel()

"""Tell near duplicates of pictures apart from mere look-alikes, fast enough for 100,000 of them."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

_BLOCKS = 4  # two hashes within three bits agree in at least one of four blocks (pigeonhole)
NEAR_BITS = _BLOCKS - 1


def difference_hash(image: Image.Image) -> int:
    """64 bits: is each of 8 × 8 cells brighter than the one to its right? Survives scaling and JPEG.

    After N. Krawetz, "Kind of Like That" (2013).
    """
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    return int.from_bytes(np.packbits(grey[:, :-1] > grey[:, 1:]).tobytes())


def near_pairs(hashes: Sequence[int], *, within: int = NEAR_BITS) -> Iterator[tuple[int, int]]:
    """Yield the numbers (i, j), i < j, of hashes that differ in at most `within` bits (0 to 3).

    Compares only those that share one of four 16-bit blocks, which all such pairs do.
    """
    if not 0 <= within <= NEAR_BITS:
        raise ValueError(f"within must be 0 to {NEAR_BITS}, not {within}")
    values = np.array(hashes, dtype=np.uint64)
    found = set()
    for block in range(_BLOCKS):
        keys = (values >> np.uint64(16 * block)) & np.uint64(0xFFFF)
        for members in _groups(keys):
            found.update(_near_among(members, values, within))
    yield from sorted(found)


def _groups(keys: np.ndarray) -> Iterator[np.ndarray]:
    """Numbers of the elements that share a key, for every key that occurs twice or more."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    yield from (members for members in np.split(order, edges) if len(members) > 1)


def _near_among(members: np.ndarray, values: np.ndarray, within: int) -> Iterator[tuple[int, int]]:
    for place, i in enumerate(members[:-1]):
        others = members[place + 1 :]
        distance = np.bitwise_count(values[others] ^ values[i])
        for j in others[distance <= within]:
            yield (int(i), int(j)) if i < j else (int(j), int(i))

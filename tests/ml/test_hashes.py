import random
from itertools import combinations

import pytest
from PIL import Image

from ml.hashes import difference_hash, near_pairs
from ml.preprocess import decode
from tests import pictures


def flipped(value: int, *bits: int) -> int:
    for bit in bits:
        value ^= 1 << bit
    return value


def test_a_smaller_and_harder_compressed_copy_is_near():
    original = pictures.composition()
    small = original.resize((160, 120), Image.Resampling.LANCZOS)

    pair = [difference_hash(original), difference_hash(decode(pictures._saved(small, "JPEG", quality=40)))]

    assert list(near_pairs(pair)) == [(0, 1)]


def test_different_pictures_are_not_near():
    hashes = [difference_hash(pictures.composition(seed=seed)) for seed in range(6)]

    assert list(near_pairs(hashes)) == []


def test_all_pairs_within_three_bits_are_found_and_no_others():
    chance = random.Random(1)
    hashes = [chance.getrandbits(64) for _ in range(60)]
    hashes += [flipped(value, *chance.sample(range(64), chance.randint(0, 5))) for value in hashes]

    expected = [
        (i, j) for i, j in combinations(range(len(hashes)), 2) if (hashes[i] ^ hashes[j]).bit_count() <= 3
    ]

    assert list(near_pairs(hashes)) == expected
    assert len(expected) > 20


def test_more_than_three_bits_cannot_be_asked_for():
    with pytest.raises(ValueError, match="0 to 3"):
        list(near_pairs([1, 2], within=4))

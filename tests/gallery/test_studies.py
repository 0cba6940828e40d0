"""The generated studies: every style paints, always the same pixels, and no two alike."""

import os
import subprocess
import sys
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from gallery.studies import STUDIES_PER_STYLE, STYLE_SLUGS, WORKS, paint

CHECKSUM = """
import zlib
from gallery.studies import paint
for slug, number in {samples!r}:
    print(zlib.crc32(paint(slug, number).image.tobytes()))
"""


SAMPLE = (1, 4, 9)  # all 216 would take a minute


@cache
def painted(slug, number):
    return paint(slug, number)


def thumbnail(slug, number):
    return np.asarray(painted(slug, number).image.resize((32, 32)), float)


@pytest.mark.parametrize("slug", STYLE_SLUGS)
def test_every_style_paints_studies_of_the_promised_size(slug):
    study = painted(slug, 1)

    assert (study.style_slug, study.number) == (slug, 1)
    assert study.image.mode == "RGB"
    assert 800 <= max(study.image.size) <= 1000
    assert min(study.image.size) >= 300


@pytest.mark.parametrize("slug", STYLE_SLUGS)
def test_the_studies_of_a_style_differ_clearly(slug):
    pictures = [thumbnail(slug, number) for number in SAMPLE]

    differences = [np.abs(first - second).mean() for first, second in combinations(pictures, 2)]

    assert min(differences) > 8


@pytest.mark.parametrize("slug", STYLE_SLUGS)
def test_a_style_has_twelve_works_with_their_own_short_titles(slug):
    titles = [work.title for work in WORKS[slug]]

    assert len(titles) == len(set(titles)) == STUDIES_PER_STYLE
    assert all(3 <= len(title) <= 40 for title in titles)


def test_a_style_hangs_in_several_proportions():
    for slug in STYLE_SLUGS:
        proportions = {round(work.size[0] / work.size[1], 1) for work in WORKS[slug]}

        assert len(proportions) >= 3, slug


def test_a_fresh_process_paints_the_same_pixels():
    samples = [(slug, 1 + order % STUDIES_PER_STYLE) for order, slug in enumerate(STYLE_SLUGS)]
    script = CHECKSUM.format(samples=samples)

    painters = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    outputs = [painter.communicate(timeout=120)[0] for painter in painters]

    assert len(outputs[0].split()) == len(STYLE_SLUGS)
    assert outputs[0] == outputs[1]


def test_painting_twice_in_one_process_gives_the_same_pixels():
    first, second = paint(STYLE_SLUGS[0], 2), paint(STYLE_SLUGS[0], 2)

    assert first.image.tobytes() == second.image.tobytes()


def test_an_unknown_style_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no studies for the style 'rococo'\. Known: .*baroque"):
        paint("rococo", 1)


@pytest.mark.parametrize("number", [0, 13, -1])
def test_a_number_out_of_range_is_refused(number):
    with pytest.raises(ValueError, match="studies 1 to 12"):
        paint(STYLE_SLUGS[0], number)

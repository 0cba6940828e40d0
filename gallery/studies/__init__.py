"""Generated studies: small pictures in the manner of each style, painted by our own code.

They are nobody's works and are labelled so wherever they are shown. The same slug and number give
the same pixels on every run; another processor, numpy or Pillow may round some of them differently.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from gallery.studies import (
    abstract_art,
    art_nouveau,
    baroque,
    conceptual_art,
    cubism,
    expressionism,
    impressionism,
    minimalism,
    naive_art,
    neo_expressionism,
    neoclassicism,
    pop_art,
    realism,
    renaissance,
    romanticism,
    surrealism,
    symbolism,
    ukiyo_e,
)

STUDIES_PER_STYLE = 12
WORKS = {  # in the order of art history
    "renaissance": renaissance.WORKS,
    "baroque": baroque.WORKS,
    "ukiyo-e": ukiyo_e.WORKS,
    "neoclassicism": neoclassicism.WORKS,
    "romanticism": romanticism.WORKS,
    "realism": realism.WORKS,
    "impressionism": impressionism.WORKS,
    "symbolism": symbolism.WORKS,
    "art-nouveau-modern": art_nouveau.WORKS,
    "naive-art-primitivism": naive_art.WORKS,
    "expressionism": expressionism.WORKS,
    "cubism": cubism.WORKS,
    "surrealism": surrealism.WORKS,
    "abstract-art": abstract_art.WORKS,
    "pop-art": pop_art.WORKS,
    "minimalism": minimalism.WORKS,
    "conceptual-art": conceptual_art.WORKS,
    "neo-expressionism": neo_expressionism.WORKS,
}
STYLE_SLUGS = tuple(WORKS)


@dataclass(frozen=True)
class Study:
    """One painted study; the image is RGB, its long side 800 to 1000 pixels."""

    style_slug: str
    number: int
    title: str
    image: Image.Image


def paint(style_slug: str, number: int) -> Study:
    """Paint one study, number 1 to 12. Takes about a third of a second on one core.

    Raises ValueError for a style or number that does not exist.
    """
    if style_slug not in WORKS:
        raise ValueError(
            f"There are no studies for the style {style_slug!r}. Known: {', '.join(STYLE_SLUGS)}."
        )
    if not 1 <= number <= STUDIES_PER_STYLE:
        raise ValueError(f"Each style has the studies 1 to {STUDIES_PER_STYLE}; there is no number {number}.")
    chosen = WORKS[style_slug][number - 1]
    rng = np.random.default_rng([zlib.crc32(style_slug.encode()), number])
    image = chosen.painter(rng, chosen.size, **chosen.settings)
    return Study(style_slug, number, chosen.title, image)

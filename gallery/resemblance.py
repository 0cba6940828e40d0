"""How alike works are, in words; which of them show the same; and whether a picture is one of them."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy

from ml import inference

from . import decoding, duplicates
from .models import Artwork, DuplicatePair, PictureHash
from .pictures import HASHED_PX

# Cosine similarity from which a word is fair. Measured on 400 paintings of 15 styles: of pairs taken by chance
# 5 % are at least 0.23, 1 % 0.39 and 0.1 % 0.58. From 0.8 on curators are asked whether it is a duplicate.
WORDS = {
    0.8: gettext_lazy("Nearly the same"),
    0.6: gettext_lazy("Very alike"),
    0.4: gettext_lazy("Alike"),
    0.2: gettext_lazy("Somewhat alike"),
}
FURTHEST = gettext_lazy("Distantly alike")


def in_words(similarity: float) -> str:
    """A similarity from -1 to 1 as people say it."""
    return str(next((words for least, words in WORDS.items() if similarity >= least), FURTHEST))


def fold(works: Sequence[Artwork]) -> list[Artwork]:
    """Works without those that show the same as an earlier one, which has them as `.folded`. One query."""
    pairs = DuplicatePair.objects.open().among([work.pk for work in works])
    same = {frozenset(pair) for pair in pairs.values_list("first", "second")}
    kept: list[Artwork] = []
    for work in works:
        work.folded = []
        shown = next((other for other in kept if _show_the_same(work, other, same)), None)
        (kept if shown is None else shown.folded).append(work)
    return kept


def _show_the_same(work: Artwork, other: Artwork, pairs: set[frozenset[int]]) -> bool:
    same_file = bool(work.sha256) and work.sha256 == other.sha256
    return same_file or frozenset((work.pk, other.pk)) in pairs


def work_shown(
    data: bytes, sha256: str, nearest: Sequence[Artwork], *, cut: inference.Cut | None = None
) -> Artwork | None:
    """The published work that this picture shows, or None: the same file, or the same to hash and model.

    `nearest` are works with `.similarity`, most alike first. With `cut` only that part counts: what remains of
    a work's own file may be another picture. Two queries at most. Raises UnreadableImage.
    """
    if cut is None:
        same_file = Artwork.objects.published().with_labels().filter(sha256=sha256).order_by("pk").first()
        if same_file is not None:
            return same_file
    close = {work.pk: work for work in nearest if 1 - work.similarity <= duplicates.SAME_LOOK_DISTANCE}
    if not close:
        return None
    own = inference.difference_hash(decoding.decode(data, fit_px=HASHED_PX, cut=cut))
    bits = {
        row.pk: duplicates.differing_bits(own, row.bits) for row in PictureHash.objects.filter(pk__in=close)
    }
    fitting = [
        pk for pk, work in close.items() if pk in bits and duplicates.are_alike(bits[pk], 1 - work.similarity)
    ]
    return close[min(fitting, key=bits.get)] if fitting else None

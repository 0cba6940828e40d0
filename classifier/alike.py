"""The paintings that look like a picture somebody sent, as its page shows them."""

import logging
from collections.abc import Mapping
from functools import cached_property

from gallery import resemblance
from gallery.models import Artwork
from gallery.similar import similar_to
from ml import inference

from .forms import AlikeFilter
from .models import Prediction

logger = logging.getLogger(__name__)

SHOWN = 12
FOUND = 24  # so that enough are left when those that show the same are folded


class Alike:
    """What looks like the picture of a prediction that is done, as far as `wanted` lets it through."""

    def __init__(self, prediction: Prediction, wanted: Mapping[str, str]) -> None:
        prediction.embed_again()
        self.prediction = prediction
        is_asked = AlikeFilter.base_fields.keys() & wanted.keys()
        self.form = AlikeFilter(wanted if is_asked else None, auto_id="alike-%s")

    @cached_property
    def works(self) -> list[Artwork]:
        """The nearest first, each with `.similarity`, `.in_words` and `.folded`; without the one it is."""
        found = self._find(**self.form.wanted) if self.form.wanted else self._nearest
        others = [work for work in found if self.same_work is None or work.pk != self.same_work.pk]
        for work in others:
            work.in_words = resemblance.in_words(work.similarity)
        return resemblance.fold(others)[:SHOWN]

    @cached_property
    def same_work(self) -> Artwork | None:
        """The work of the catalogue that the picture shows, if it is one."""
        try:
            data, sha256, cut = self.prediction.read_bytes(), self.prediction.sha256, self.prediction.cut
            return resemblance.work_shown(data, sha256, self._nearest, cut=cut)
        except (inference.UnreadableImage, OSError, MemoryError):
            logger.warning("prediction %s cannot be compared", self.prediction.pk, exc_info=True)
            return None

    @cached_property
    def artist_names(self) -> list[str]:
        """Whom one may want to see: the artists of what is nearest."""
        return sorted({work.artist.name for work in self._nearest if work.artist})

    @cached_property
    def _nearest(self) -> list[Artwork]:
        return self._find()

    def _find(self, **wanted: object) -> list[Artwork]:
        return similar_to(
            self.prediction.embedding,
            model_version=self.prediction.embedding_model,
            limit=FOUND,
            **wanted,
        )

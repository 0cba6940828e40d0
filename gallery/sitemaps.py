"""What search engines may read, in files of 500 addresses: each is quick, however many works there are.

A file holds a block of ids, so that an address stays in its file, and none is found by counting rows.
"""

from django.contrib.sitemaps import Sitemap
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db.models import Max, QuerySet
from django.urls import reverse

from .models import Artist, Artwork, Style

BLOCK = 500


class Block:
    """The rows of one file. It has what Django's sitemaps ask of a page."""

    def __init__(self, rows: QuerySet) -> None:
        self.object_list = rows


class Blocks:
    """Rows in blocks of ids. It has what Django's sitemaps ask of a paginator."""

    def __init__(self, rows: QuerySet) -> None:
        self._rows = rows

    @property
    def num_pages(self) -> int:
        return (self._rows.aggregate(last=Max("pk"))["last"] or 0) // BLOCK + 1

    def page(self, number: int | str) -> Block:
        """Raises PageNotAnInteger, and EmptyPage beyond the last block."""
        if not str(number).isdecimal():
            raise PageNotAnInteger
        start = (int(number) - 1) * BLOCK
        if not 1 <= int(number) <= self.num_pages:
            raise EmptyPage
        return Block(self._rows.filter(pk__gte=start, pk__lt=start + BLOCK).order_by("pk"))


class InBlocks(Sitemap):
    """A sitemap of many rows."""

    @property
    def paginator(self) -> Blocks:
        return Blocks(self.items())

    def get_latest_lastmod(self):
        """Not told for whole files: it would take a look at every row."""
        return None


class ArtworkSitemap(InBlocks):
    def items(self) -> QuerySet:
        return Artwork.objects.published().only("pk", "updated_at")

    def lastmod(self, work: Artwork):
        return work.updated_at


class ArtistSitemap(InBlocks):
    def items(self) -> QuerySet:
        return Artist.objects.only("slug")


class StyleSitemap(Sitemap):
    def items(self) -> QuerySet:
        return Style.objects.of_the_house()


class PageSitemap(Sitemap):
    """The pages that there is one of."""

    def items(self) -> list[str]:
        names = ["style-list", "artist-list", "artwork-list", "chronology", "model", "data"]
        return ["home", "about", *(f"gallery:{name}" for name in names)]

    def location(self, name: str) -> str:
        return reverse(name)


SITEMAPS = {"pages": PageSitemap, "styles": StyleSitemap, "artists": ArtistSitemap, "works": ArtworkSitemap}

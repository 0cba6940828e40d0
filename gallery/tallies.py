"""How many works are on display: counts that PostgreSQL itself keeps, because counting 250,000 rows takes too long.

Triggers on the table of artworks (migration 0009) write these rows whenever works come, go, or change their
style, artist, year or place on display, whoever writes and however. Nobody else may write them. A row whose
count falls to nothing is deleted.
"""

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce


class StyleYear(models.Model):
    """How many published works a style has of one year; of no known year where `year` is empty."""

    style = models.ForeignKey("gallery.Style", models.CASCADE, related_name="years_of_works")
    year = models.SmallIntegerField(null=True)
    artwork_count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="counted_once", fields=["style", "year"], nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.style}, {self.year}: {self.artwork_count}"


class ArtistStyle(models.Model):
    """How many published works an artist has in one style."""

    artist = models.ForeignKey("gallery.Artist", models.CASCADE, related_name="styles_of_works")
    style = models.ForeignKey("gallery.Style", models.CASCADE, related_name="artists_of_works")
    artwork_count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="artist_counted_once", fields=["artist", "style"])]

    def __str__(self) -> str:
        return f"{self.artist}, {self.style}: {self.artwork_count}"


def total(rows: QuerySet) -> int:
    """All works that these rows count. One query."""
    return rows.aggregate(total=Sum("artwork_count"))["total"] or 0


def sum_for(rows: QuerySet, field: str) -> Coalesce:
    """An annotation: the works counted by those rows whose `field` is the row at hand."""
    of_this_row = rows.filter(**{field: OuterRef("pk")}).order_by().values(field)
    summed = of_this_row.annotate(total=Sum("artwork_count")).values("total")
    return Coalesce(Subquery(summed), 0, output_field=models.IntegerField())

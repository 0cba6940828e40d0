"""Make one artist of two: the works, the facts, the places among the famous, and the old address."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet

from .changes import edit_many, recorded
from .models import Artist, ArtistRedirect, Artwork, Change, FamousArtist, Style

DATES = ("birth_year", "death_year")
FACTS = (
    *DATES, "nationality", "note", "biography", "portrait", "wikipedia_title", "wikiart_slug", "wikiart_id"
)  # fmt: skip


@dataclass(frozen=True)
class Merge:
    """Two artists that are one: `source` goes, `target` stays."""

    source: Artist
    target: Artist

    def facts_taken(self) -> list[str]:
        """Names of the facts that the target lacks and the source has; dates only where they fit."""
        taken = [name for name in FACTS if getattr(self.source, name) and not getattr(self.target, name)]
        dates = {name: getattr(self.target, name) or getattr(self.source, name) for name in DATES}
        if all(dates.values()) and dates["birth_year"] > dates["death_year"]:
            taken = [name for name in taken if name not in DATES]
        return taken

    def styles(self) -> QuerySet[Style]:
        """Where the source is among the famous."""
        return self.source.famous_for.order_by("position", "name")

    def twins(self) -> QuerySet[Artwork]:
        """Works of the source that have the same address at WikiArt as one of the target's."""
        slugs = self.target.artworks.exclude(wikiart_slug="").values("wikiart_slug")
        return self.source.artworks.filter(wikiart_slug__in=slugs)

    def known_works_taken(self) -> list[tuple[str, int]]:
        titles = set(self.target.known_works.values_list("title", flat=True))
        return list(self.source.known_works.exclude(title__in=titles).values_list("title", "year"))

    def carry_out(self, *, user: AbstractBaseUser | None, reason: str = "") -> UUID:
        """Merge them in one transaction; the batch that it gives can be undone as a whole."""
        taken = {name: getattr(self.source, name) for name in self.facts_taken()}
        rows = (*self.styles(), self.source, self.target)
        with recorded(*rows, user=user, kind=Change.Kind.MERGE, reason=reason) as batch:
            self._move_works(user, reason, batch)
            for style in self.styles():
                _replace_among_famous(style, self.source, self.target)
            for title, year in self.known_works_taken():
                self.target.known_works.create(title=title, year=year)
            self._leave_address()
            self.source.delete()
            for name, value in taken.items():
                setattr(self.target, name, value)
            self.target.save()
        return batch

    def _move_works(self, user: AbstractBaseUser | None, reason: str, batch: UUID) -> None:
        how = {"user": user, "kind": Change.Kind.MERGE, "reason": reason, "batch": batch}
        edit_many(self.twins(), {"artist": self.target.pk, "wikiart_slug": ""}, **how)
        edit_many(self.source.artworks.all(), {"artist": self.target.pk}, **how)

    def _leave_address(self) -> None:
        self.source.redirects.update(artist=self.target)
        ArtistRedirect.objects.filter(old_slug=self.source.slug).delete()
        self.target.redirects.create(
            old_slug=self.source.slug,
            name=self.source.name,
            wikiart_slug=self.source.wikiart_slug or "",
            wikiart_id=self.source.wikiart_id or "",
        )


def _replace_among_famous(style: Style, source: Artist, target: Artist) -> None:
    """The target takes the better of both places."""
    ranks = FamousArtist.objects.filter(style=style, artist__in=[source, target]).order_by("rank", "pk")
    best, *others = ranks
    for other in others:
        other.delete()
    best.artist = target
    best.save()


def artist_once_known_as(*, slug: str = "", wikiart_slug: str = "", wikiart_id: str = "") -> Artist | None:
    """The artist that somebody with one of these names was merged into, or who had this address; one query."""
    names = {"old_slug": slug, "wikiart_slug": wikiart_slug, "wikiart_id": wikiart_id}
    wanted = Q(*[(field, value) for field, value in names.items() if value], _connector=Q.OR)
    if not wanted:
        return None
    found = ArtistRedirect.objects.filter(wanted).select_related("artist").first()
    return found.artist if found else None

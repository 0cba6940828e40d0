"""Whether a work is in the public domain, told from dates."""

from datetime import date

from django.conf import settings

from .models import Artist, Artwork

LONGEST_LIFE = 100  # years: whoever was born, or painted, longer ago is dead by now


def rights_of(artist: Artist | None, year: int | None, *, is_free_at_wikiart: bool = False) -> Artwork.Rights:
    """Tell the rights in a work from the artist's dates, and from its own year where they are not known.

    Public domain: WikiArt marks it so, or the artist died more than PUBLIC_DOMAIN_YEARS ago.
    Protected: surely not.
    """
    if is_free_at_wikiart:
        return Artwork.Rights.PUBLIC_DOMAIN
    dead_before = date.today().year - settings.PUBLIC_DOMAIN_YEARS
    if artist and artist.death_year:
        is_free = artist.death_year < dead_before
        return Artwork.Rights.PUBLIC_DOMAIN if is_free else Artwork.Rights.PROTECTED
    if year and year >= dead_before:  # the artist was alive then
        return Artwork.Rights.PROTECTED
    born = artist.birth_year if artist else None
    if born and born > date.today().year - LONGEST_LIFE:  # living, or dead for too short a time
        return Artwork.Rights.PROTECTED
    if year and year < dead_before - LONGEST_LIFE:
        return Artwork.Rights.PUBLIC_DOMAIN
    return Artwork.Rights.UNKNOWN

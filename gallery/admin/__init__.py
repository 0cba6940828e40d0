"""The curators' room: the catalogue, for people who look after pictures."""

from . import artists, artworks, changes, review, styles

__all__ = ["artists", "artworks", "changes", "review", "styles"]

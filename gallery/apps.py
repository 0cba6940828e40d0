from django.apps import AppConfig


class GalleryConfig(AppConfig):
    """Artworks, artists and styles; similar pictures; curation."""

    name = "gallery"
    verbose_name = "Catalogue"

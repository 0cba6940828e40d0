from django.apps import AppConfig


class GalleryConfig(AppConfig):
    """Artworks, artists and styles; similar pictures; curation."""

    name = "gallery"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Bring the system checks along."""
        from . import checks  # noqa: F401

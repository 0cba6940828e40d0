from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class GalleryConfig(AppConfig):
    """Artworks, artists and styles; similar pictures; curation."""

    name = "gallery"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        """Bring the system checks along, and give the roles their rights after each migration."""
        from . import checks, curators  # noqa: F401

        post_migrate.connect(curators.grant_roles)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScraperConfig(AppConfig):
    """Brings works in: from folders, from WikiArt."""

    name = "scraper"
    verbose_name = _("Import")

    def ready(self) -> None:
        """Tell the page of data quality what imports could not use."""
        from . import quality

        quality.add_to_the_page()

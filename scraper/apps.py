from django.apps import AppConfig


class ScraperConfig(AppConfig):
    """Brings works in: from folders, from WikiArt."""

    name = "scraper"
    verbose_name = "Import"

    def ready(self) -> None:
        """Tell the page of data quality what imports could not use."""
        from . import quality

        quality.add_to_the_page()

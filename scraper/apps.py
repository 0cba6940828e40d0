from django.apps import AppConfig


class ScraperConfig(AppConfig):
    """Brings works in: from folders, from WikiArt."""

    name = "scraper"
    verbose_name = "Import"

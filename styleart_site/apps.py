from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The house itself: users, start, health. It knows every other app."""

    name = "styleart_site"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Make the Celery app known, so that tasks sent by the site find their broker."""
        from . import celery  # noqa: F401

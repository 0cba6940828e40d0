from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SiteConfig(AppConfig):
    """The house itself: users, start, health. It knows every other app."""

    name = "styleart_site"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Make the Celery app known, so that tasks sent by the site find their broker.

        And read allauth's addresses before anybody asks: read in an app's request, which gets codes, they
        would lack the links that pages mail.
        """
        import allauth.account.urls  # noqa: F401

        from . import celery  # noqa: F401

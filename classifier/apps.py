from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClassifierConfig(AppConfig):
    """Predictions: from the upload to the answer."""

    name = "classifier"
    verbose_name = _("Predictions")

    def ready(self) -> None:
        """Listen for sign-ups and sign-ins: a visitor's pictures move into the account."""
        from . import visitors  # noqa: F401

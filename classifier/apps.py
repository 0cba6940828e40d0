from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    """Predictions: from the upload to the answer."""

    name = "classifier"
    verbose_name = "Predictions"

    def ready(self) -> None:
        """Listen for sign-ups and sign-ins: a visitor's pictures move into the account."""
        from . import visitors  # noqa: F401

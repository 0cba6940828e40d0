from allauth.account.apps import AccountConfig
from allauth.mfa.apps import MFAConfig
from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.db.models import Model
from django.utils.translation import gettext_lazy as _


class SiteConfig(AppConfig):
    """The house itself: users, start, health. It knows every other app."""

    default = True
    name = "styleart_site"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Make the Celery app known, so that tasks sent by the site find their broker.

        And read allauth's addresses before anybody asks: read in an app's request, which gets codes, they
        would lack the links that pages mail.
        """
        import allauth.account.urls  # noqa: F401

        from . import celery  # noqa: F401


# allauth's apps, under names of ours: it has no translatable ones for the admin's lists.


class AddressesConfig(AccountConfig):
    verbose_name = _("Mail addresses")


class TwoFactorsConfig(MFAConfig):
    verbose_name = _("Two-factor sign-in")

    def ready(self) -> None:
        """Name the rows and their columns."""
        super().ready()
        _name(
            self.get_model("Authenticator"),
            _("second factor"),
            _("second factors"),
            user=_("user"),
            type=_("kind"),
            created_at=_("set up"),
            last_used_at=_("last used"),
        )


class SessionsConfig(UserSessionsConfig):
    verbose_name = _("Where people are signed in")

    def ready(self) -> None:
        """Name the rows and their columns."""
        super().ready()
        _name(
            self.get_model("UserSession"),
            _("device signed in"),
            _("devices signed in"),
            user=_("user"),
            ip=_("network address"),
            user_agent=_("browser"),
            created_at=_("signed in"),
            last_seen_at=_("last seen"),
        )


def _name(model: type[Model], one: str, several: str, **fields: str) -> None:
    """Name a model of others. Migrations do not see it: they read what its class says."""
    model._meta.verbose_name, model._meta.verbose_name_plural = one, several
    for name, words in fields.items():
        model._meta.get_field(name).verbose_name = words

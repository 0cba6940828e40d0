"""The people who look after the catalogue: what each role may do. Superusers are Django's own."""

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

APPS = ["gallery", "scraper"]  # the catalogue and its imports; nothing of users' pictures
WRITTEN_BY_NOBODY = Q(content_type__model="change") & ~Q(codename__startswith="view_")  # the log


def curators() -> Group:
    """The group "Curators": may change the catalogue and import, and sees nothing of users' pictures."""
    group, _ = Group.objects.get_or_create(name="Curators")
    group.permissions.add(*_of_the_catalogue().exclude(WRITTEN_BY_NOBODY))
    return group


def viewers() -> Group:
    """The group "Viewers": may look at all of the catalogue behind the scenes, and change nothing."""
    group, _ = Group.objects.get_or_create(name="Viewers")
    group.permissions.add(*_of_the_catalogue().filter(codename__startswith="view_"))
    return group


def grant_roles(sender: AppConfig, **kwargs) -> None:
    """After each migration of these apps: give the roles their rights on models that are new."""
    if sender.label in APPS:
        create_permissions(**kwargs)  # Django itself may come to that only later
        curators()
        viewers()


def _of_the_catalogue() -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label__in=APPS)

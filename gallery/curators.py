"""The people who look after the catalogue."""

from django.contrib.auth.models import Group, Permission


def curators() -> Group:
    """The group "Curators": may change the catalogue, and sees nothing of users' pictures."""
    group, _ = Group.objects.get_or_create(name="Curators")
    group.permissions.set(Permission.objects.filter(content_type__app_label="gallery"))
    return group

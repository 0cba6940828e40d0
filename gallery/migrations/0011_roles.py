"""The roles of the curators' room; their rights follow in `gallery.curators` after each migration."""

from django.db import migrations

ROLES = ["Viewers", "Curators"]


def make_roles(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.using(schema_editor.connection.alias).get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0010_duplicates_opinions_files"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    # On the way back the groups stay: people may be in them.
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]

from django.db import migrations


class Migration(migrations.Migration):
    """No request waits for a disk to be counted."""

    dependencies = [
        ('classifier', '0010_derive_in_quiet'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE styleart_site_requestcount SET UNLOGGED',
            'ALTER TABLE styleart_site_requestcount SET LOGGED',
        ),
    ]

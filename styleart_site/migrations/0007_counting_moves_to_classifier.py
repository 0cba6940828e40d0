from django.db import migrations


class Migration(migrations.Migration):
    """The table stays as it is; classifier's 0005 takes it over."""

    dependencies = [
        ('styleart_site', '0006_languages_of_accounts'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name='RequestCount')]),
    ]

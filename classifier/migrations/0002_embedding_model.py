from django.db import migrations, models
from django.db.models import F


def the_same_model_made_both(apps, schema_editor):
    predictions = apps.get_model("classifier", "Prediction").objects
    predictions.filter(embedding__isnull=False).update(embedding_model=F("model_version"))
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else pending checks forbid the constraint below
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):

    dependencies = [
        ('classifier', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='prediction',
            name='embedding_model',
            field=models.CharField(blank=True, default='', editable=False, help_text="Newer than the answer's after a switch.", max_length=100),
            preserve_default=False,
        ),
        migrations.RunPython(the_same_model_made_both, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='prediction',
            constraint=models.CheckConstraint(condition=models.Q(('embedding__isnull', True), ('embedding_model__gt', ''), _connector='OR'), name='embedding_names_its_maker'),
        ),
    ]

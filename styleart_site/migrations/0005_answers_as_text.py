from django.db import migrations, models


def forget_answers(apps, schema_editor):
    """They are kept for a day only, and text of requests on their way is no JSON."""
    apps.get_model("styleart_site", "IdempotencyKey").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('styleart_site', '0004_tokens_and_counts'),
    ]

    operations = [
        migrations.RunPython(forget_answers, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='idempotencykey',
            name='body',
            field=models.TextField(blank=True, default='', help_text='JSON; as text, so that its keys keep their order.'),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_answers),
    ]

"""Let search find the generated studies that are there by their titles in each language."""

from django.db import migrations

from gallery.models import searchable
from gallery.said import study_titles


def tell_titles(apps, schema_editor):
    works = apps.get_model("gallery", "Artwork").objects.filter(rights="generated").select_related("artist")
    stale = []
    for work in works.only("title", "artist__name"):
        told = [work.title, work.artist.name if work.artist else "", *study_titles(work.title)]
        work.search_text = searchable(" ".join(told))[:800]
        stale.append(work)
    works.bulk_update(stale, ["search_text"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0017_label_embeddings")]

    operations = [migrations.RunPython(tell_titles, migrations.RunPython.noop)]

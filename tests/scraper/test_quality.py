import pytest
from django.urls import reverse
from django.utils import timezone

from gallery.curators import curators
from scraper.models import ImportFailure, ImportRun
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_failed_imports_are_counted_and_lead_to_their_list(client):
    curator = make_user(is_staff=True)
    curator.groups.add(curators())
    client.force_login(curator)
    run = ImportRun.objects.create()
    ImportFailure.objects.create(run=run, kind="picture", name="One", reason="It is cut off.")
    ImportFailure.objects.create(run=run, kind="picture", name="Two", reason="", settled_at=timezone.now())

    page = client.get(reverse("admin:gallery_filecheck_changelist"))
    lines = {line.title: line for _, lines, _ in page.context["sections"] for line in lines}

    line = lines["Pictures that could not be fetched"]
    assert line.count == 1
    assert client.get(line.url).context["cl"].result_count == 1
    assert lines["Works that could not be used"].count == 0
    assert "Artists that could not be used" not in lines

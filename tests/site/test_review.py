"""Curators decide in a real browser: duplicates and labels, by keyboard alone."""

import subprocess
import sys

import pytest

from tests import live

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "reviewer@example.org", "a-quiet-room-7"

# What the rooms need, put into the running site's own database by a process of its own.
ROWS = f"""
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "styleart_site.settings"
import django
django.setup()
from io import BytesIO
from gallery import duplicates, labels
from gallery.curators import curators
from gallery.models import Artwork, Style
from tests import factories, pictures

user = factories.make_user("{EMAIL}", "{PASSWORD}", is_staff=True)
user.groups.add(curators())
realism, cubism = Style.objects.get(name="Realism"), Style.objects.get(name="Cubism")
large, small = BytesIO(), BytesIO()
pictures.composition(seed=51).save(large, "PNG")
pictures.composition(seed=51).resize((240, 180)).save(small, "JPEG", quality=80)
fields = {{"style": realism, "rights": "public_domain"}}
factories.make_artwork("The large copy", picture=large.getvalue(), **fields)
factories.make_artwork("The small copy", picture=small.getvalue(), year=1871, **fields)
while duplicates.find(100):
    pass
work = factories.make_artwork("A guitar", picture=pictures.small_painting(52), **fields)
labels.suggest(source_key="test:guitar", proposed=cubism, predicted=cubism, confidence=0.9, artwork=work)
"""


@pytest.fixture(scope="module")
def rows(site):
    command = [sys.executable, "-c", ROWS]
    subprocess.run(command, cwd=live.ROOT, env=site.environment, check=True)
    return site


@pytest.fixture
def curator(rows, page):
    page.goto("/admin/login/?next=/admin/")
    page.locator("[name=username], [name=login]").first.fill(EMAIL)
    page.locator("[type=password]").first.fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")
    return page


def test_a_duplicate_is_hidden_and_brought_back_by_keyboard(curator, rows):
    curator.goto("/admin/gallery/duplicatepair/")
    curator.locator("figure", has_text="The small copy").locator("[name=kept]").check()

    curator.keyboard.press("1")
    curator.keyboard.press("Enter")

    curator.get_by_text("“The large copy” is kept, 1 hidden.").first.wait_for()
    shown = "SELECT title, year, is_published FROM gallery_artwork WHERE title LIKE %s ORDER BY title"
    assert rows.query(shown, "The % copy") == [
        ("The large copy", 1871, True),
        ("The small copy", 1871, False),
    ]

    curator.keyboard.press("u")

    curator.get_by_text("Keep this one").first.wait_for()
    assert rows.query(shown, "The % copy") == [("The large copy", None, True), ("The small copy", 1871, True)]


def test_a_label_is_accepted_and_taken_back_by_keyboard(curator, rows):
    style = """SELECT style.name FROM gallery_style style JOIN gallery_artwork work ON work.style_id = style.id
               WHERE work.title = 'A guitar'"""
    curator.goto("/admin/gallery/labelsuggestion/")
    curator.get_by_text("A guitar").first.wait_for()

    curator.keyboard.press("a")

    curator.get_by_text("no longer Realism").first.wait_for()
    assert rows.query(style) == [("Cubism",)]

    curator.keyboard.press("u")

    curator.get_by_role("button", name="It stays Realism").wait_for()
    assert rows.query(style) == [("Realism",)]


def test_labels_can_be_reviewed_without_scripts(rows, browser):
    context = browser.new_context(base_url=rows.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/admin/login/?next=/admin/gallery/labelsuggestion/")
    page.locator("[name=username], [name=login]").first.fill(EMAIL)
    page.locator("[type=password]").first.fill(PASSWORD)
    page.locator("[type=password]").first.press("Enter")

    page.get_by_role("button", name="It stays Realism").click()

    assert "is not Cubism" in page.locator(".room-last").inner_text()
    context.close()

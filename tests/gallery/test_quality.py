"""What the page of data quality counts, and the check of files behind it."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from gallery import changes, duplicates, files, labels, quality, tasks
from gallery.curators import curators
from gallery.models import Artwork, FileCheck, MissingFile
from tests.factories import make_artwork, make_style, make_user
from tests.pictures import small_painting

pytestmark = pytest.mark.django_db

LONG_AGO = (timezone.now() - timedelta(days=3)).timestamp()


def line(title: str) -> quality.Line:
    return next(line for section in quality.sections() for line in section.lines() if line.title == title)


def check() -> FileCheck:
    begun = files.begin()
    assert files.advance(begun, seconds=60)
    return begun


def lay_file(settings, name: str, *, age: float = LONG_AGO) -> Path:
    path = Path(settings.MEDIA_ROOT, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a picture")
    os.utime(path, (age, age))
    return path


@pytest.mark.parametrize(
    ("title", "fields"),
    [
        ("Works without a year", {"year": 1900}),
        ("Works without a picture", {"picture": small_painting()}),
    ],
)
def test_what_a_work_lacks_is_counted(title, fields):
    make_artwork(**fields)
    make_artwork()

    assert line(title).count == 1


@pytest.mark.parametrize("title", ["Works without an artist", "Works without a year"])
def test_studies_need_neither_artist_nor_year(title):
    make_artwork(rights="generated")
    make_artwork()

    assert line(title).count == 1


def test_pictures_that_the_model_has_not_seen_are_counted():
    make_artwork(picture=small_painting())
    make_artwork(picture=small_painting(2)).embeddings.update(model_version="an older one")
    make_artwork()

    assert line("Pictures the model has not seen").count == 1


def test_styles_of_the_house_with_few_works_are_named():
    make_style("Cubism", position=1)
    make_style("Fauvism")

    titles = [line.title for section in quality.sections() for line in section.lines()]

    assert "Cubism" in titles
    assert "Fauvism" not in titles


def test_what_waits_for_a_decision_is_counted():
    labels.suggest(source_key="one", proposed=make_style(), picture=small_painting())
    for _ in range(2):
        make_artwork(picture=small_painting())
    duplicates.find(10)

    assert line("Labels to review").count == 1
    assert line("Groups of suspected duplicates").count == 1


def test_before_the_first_check_of_files_nothing_is_claimed():
    assert line("Works whose file is missing or empty").count is None


def test_missing_and_empty_files_are_found_and_forgotten_when_they_are_back():
    gone, empty, _ = (make_artwork(picture=small_painting(seed)) for seed in range(3))
    Path(gone.picture.path).unlink()
    Path(empty.picture.path).write_bytes(b"")

    check()

    assert set(MissingFile.objects.values_list("artwork", flat=True)) == {gone.pk, empty.pk}
    Path(gone.picture.path).write_bytes(small_painting(0))
    check()
    assert line("Works whose file is missing or empty").count == 1


def test_files_that_no_work_needs_are_counted_and_removed(settings):
    work = make_artwork(picture=small_painting())
    os.utime(work.picture.path, (LONG_AGO, LONG_AGO))
    dangling = lay_file(settings, f"catalogue/ab/{'ab' * 32}.jpg")
    fresh = lay_file(settings, f"catalogue/cd/{'cd' * 32}.jpg", age=timezone.now().timestamp())

    found = check()
    count, removed = found.dangling_count, files.remove_dangling(found)

    assert (count, removed) == (1, 1)
    assert not dangling.exists()
    assert fresh.exists() and Path(work.picture.path).exists()
    assert line("Files that no work needs").count == 0


def test_a_file_that_a_work_took_meanwhile_is_not_removed(settings):
    work = make_artwork(picture=small_painting())
    found = FileCheck.objects.create(dangling=[work.picture.name], dangling_count=1)

    assert files.remove_dangling(found) == 0
    assert Path(work.picture.path).exists()


def test_files_of_works_that_an_undo_brings_back_are_kept():
    deleted, replaced = (make_artwork(picture=small_painting(seed)) for seed in range(2))
    names = [work.picture.name for work in (deleted, replaced)]
    for work in (deleted, replaced):
        os.utime(work.picture.path, (LONG_AGO, LONG_AGO))
    with changes.recorded(deleted, user=make_user()):
        deleted.delete()
    with changes.recorded(replaced, user=make_user()):
        replaced.take_picture(small_painting(2))
        replaced.save()

    found = check()
    count, removed = found.dangling_count, files.remove_dangling(found)

    assert (count, removed) == (0, 0)
    assert all(map(Artwork.picture.field.storage.exists, names))


def test_a_file_is_not_removed_once_only_an_undo_needs_it():
    work = make_artwork(picture=small_painting())
    name = work.picture.name
    with changes.recorded(work, user=make_user()) as batch:
        work.delete()
    found = FileCheck.objects.create(dangling=[name], dangling_count=1)

    assert files.remove_dangling(found) == 0
    changes.undo_batch(batch, user=make_user())
    assert Artwork.objects.get().picture.open("rb").read() == small_painting()


def test_pictures_of_suggestions_that_are_gone_are_deleted(settings):
    kept = labels.suggest(source_key="one", proposed=make_style(), picture=small_painting())
    os.utime(kept.picture.path, (LONG_AGO, LONG_AGO))
    orphan = lay_file(settings, "suggestions/ab/abc.jpg")

    check()

    assert not orphan.exists()
    assert Path(kept.picture.path).exists()


def test_a_check_that_was_stopped_goes_on_where_it_was():
    begun = files.begin()
    assert not files.advance(begun, seconds=0)
    files._check_folder(begun, "00")

    again = files.begin()

    assert (again.pk, again.folders_done) == (begun.pk, 1)
    assert files.advance(again, seconds=60)


def test_files_are_checked_once_a_day():
    assert files.is_due()
    done = check()
    assert not files.is_due()

    FileCheck.objects.filter(pk=done.pk).update(finished_at=timezone.now() - timedelta(days=2))
    assert files.is_due()


def test_the_worker_finds_what_is_to_be_decided():
    for _ in range(2):
        make_artwork(picture=small_painting())

    tasks.find_duplicates()
    while files.is_due():  # some seconds' worth each time
        tasks.check_files()

    assert len(duplicates.group_numbers()) == 1
    assert FileCheck.objects.get().finished_at is not None


def test_other_apps_add_sections():
    section = quality.Section("From another app", lambda: [quality.Line("Pictures refused", 3)])

    quality.register(section)

    try:
        assert line("Pictures refused").count == 3
    finally:
        del quality._sections[section.title]


# The page


def test_every_line_with_something_to_see_to_leads_to_its_list(client):
    user = make_user(is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    make_artwork(style=make_style("Cubism", position=1))
    make_artwork(rights="generated", is_published=False)

    page = client.get(reverse("admin:gallery_filecheck_changelist"))
    lines = [line for _, lines, _ in page.context["sections"] for line in lines if line.count and line.url]

    assert {line.title for line in lines} >= {"Works without a year", "Works without a picture", "Cubism"}
    for one in lines:
        shown = client.get(one.url)
        assert (one.title, shown.context["cl"].result_count) == (one.title, one.count)


def test_a_curator_has_files_checked_and_removed(client, settings):
    user = make_user(is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    dangling = lay_file(settings, f"catalogue/ab/{'ab' * 32}.jpg")

    client.post(reverse("admin:gallery_filecheck_begin"))
    check()
    page = client.post(reverse("admin:gallery_filecheck_clean"), follow=True).content.decode()

    assert "1 file removed." in page
    assert not dangling.exists()

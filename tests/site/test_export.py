"""Everything of somebody as one file."""

import csv
import io
import json
import resource
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from styleart_site import export as exporting
from styleart_site.models import Export, ExportQuerySet
from styleart_site.tasks import go_on, pack_export, sweep_exports, tidy_accounts
from tests import pictures
from tests.factories import make_done_prediction, make_prediction, make_user
from tests.site.test_templates import check, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return make_user()


def packed(user) -> Export:
    """A new export of this user, packed to its end."""
    row = Export.objects.start(user)
    pack_export(str(row.pk))
    row.refresh_from_db()
    return row


def in_file(row: Export, name: str) -> str:
    with ZipFile(row.path) as archive:
        return archive.read(name).decode()


KINDS = {
    "jpg": pictures.small_painting,
    "png": pictures.png,
    "gif": pictures.animated_gif,
    "tif": pictures.tiff,
    "webp": pictures.webp,
    "avif": pictures.avif,
}


def test_the_file_has_every_picture_as_it_was_sent(user):
    sent = {suffix: make() for suffix, make in KINDS.items()}
    for data in sent.values():
        make_prediction(data, owner=user)
    make_prediction()  # of somebody else

    row = packed(user)

    with ZipFile(row.path) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if name.startswith("pictures/")]
        assert {name.rpartition(".")[2]: archive.read(name) for name in names} == sent
    assert (row.status, row.packed, row.total) == ("done", 6, 6)
    assert row.size_bytes == row.path.stat().st_size


def test_the_file_says_what_was_said(user):
    done = make_done_prediction(("Cubism", 0.7), ("Realism", 0.3), owner=user, title="Guitar, with é")
    done.trash()

    row = packed(user)

    (told,) = json.loads(in_file(row, "predictions.json"))
    (line,) = csv.DictReader(io.StringIO(in_file(row, "predictions.csv").removeprefix("\ufeff")))
    assert (told["title"], told["style"], told["probabilities"]) == (
        "Guitar, with é",
        "Cubism",
        {"Cubism": 0.7, "Realism": 0.3},
    )
    assert told["trashed_at"] is not None
    assert (line["id"], line["picture"]) == (str(done.pk), told["picture"])
    assert told["picture"].endswith(".jpg")
    assert json.loads(in_file(row, "account.json"))["email"] == user.email


def test_no_cell_becomes_a_formula(user):
    make_prediction(owner=user, title='=HYPERLINK("https://example.org")', note="@SUM(A1)")

    row = packed(user)

    (line,) = csv.DictReader(io.StringIO(in_file(row, "predictions.csv").removeprefix("\ufeff")))
    assert line["title"].startswith("'=")
    assert line["note"].startswith("'@")


def test_a_missing_original_does_not_stop_the_rest(user):
    lost, kept = make_prediction(owner=user), make_prediction(pictures.small_painting(2), owner=user)
    lost.original.storage.delete(lost.original.name)

    row = packed(user)

    told = {entry["id"]: entry["picture"] for entry in json.loads(in_file(row, "predictions.json"))}
    assert row.is_done
    assert told[str(lost.pk)] is None
    assert told[str(kept.pk)] is not None


def test_an_empty_account_can_be_exported_too(user):
    row = packed(user)

    assert json.loads(in_file(row, "predictions.json")) == []


def test_a_large_export_is_packed_in_slices(user, settings):
    for seed in range(3):
        make_prediction(pictures.small_painting(seed), owner=user)
    row = Export.objects.start(user)
    settings.EXPORT_SLICE_S = -1.0  # time is up before the first picture
    pack_export(str(row.pk))
    row.refresh_from_db()
    halfway = (row.status, row.packed, row.total, row.lease_until)
    settings.EXPORT_SLICE_S = 5.0

    pack_export(str(row.pk))

    row.refresh_from_db()
    assert halfway == ("running", 0, 3, None)
    assert (row.status, row.packed) == ("done", 3)


def test_a_slice_goes_on_where_the_last_one_ended(user):
    first = make_prediction(pictures.small_painting(1), owner=user)
    row = Export.objects.claim(Export.objects.start(user).pk)
    name = f"pictures/2026-11-22_{first.pk}.jpg"
    row.part_path.parent.mkdir(parents=True)
    with ZipFile(row.part_path, "w") as archive:
        archive.writestr(name, b"packed by the slice before")
    make_prediction(pictures.small_painting(2), owner=user)

    exporting.pack(row)

    row.refresh_from_db()
    assert in_file(row, name) == "packed by the slice before"
    assert row.packed == 2


def test_what_a_dead_worker_left_is_thrown_away(user):
    make_prediction(owner=user)
    row = Export.objects.start(user)
    row.part_path.parent.mkdir(parents=True)
    with ZipFile(row.part_path, "w") as archive:
        archive.writestr("pictures/first.jpg", bytes(100))
    with row.part_path.open("r+b") as file:  # the next slice had begun to write over the table of contents
        file.seek(-100, 2)
        file.write(b"cut off in the middle")

    pack_export(str(row.pk))

    row.refresh_from_db()
    assert row.is_done
    assert ZipFile(row.path).testzip() is None
    assert b"cut off" not in row.path.read_bytes()


def ring(*args):
    """The worker's alarm."""
    raise SoftTimeLimitExceeded


@pytest.mark.parametrize("has_picture", [True, False])
def test_what_was_broken_off_is_packed_anew(user, monkeypatch, has_picture):
    if has_picture:
        make_prediction(owner=user)
    row = Export.objects.start(user)

    with monkeypatch.context() as patched:
        patched.setattr("zipfile.crc32", ring)  # while the picture, or else the first facts, are written
        pack_export(str(row.pk))
    Export.objects.update(lease_until=None)
    pack_export(str(row.pk))

    row.refresh_from_db()
    with ZipFile(row.path) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(set(archive.namelist())) == 4 + has_picture


def test_an_original_that_cannot_be_read_does_not_cost_what_is_packed(user):
    packed_before = make_prediction(owner=user)
    unreadable = Path(make_prediction(pictures.small_painting(2), owner=user).original.path)
    unreadable.unlink()
    unreadable.mkdir()
    row = Export.objects.start(user)

    with pytest.raises(IsADirectoryError):
        pack_export(str(row.pk))

    with ZipFile(row.part_path) as archive:
        (name,) = archive.namelist()
        assert str(packed_before.pk) in name


def test_only_one_worker_packs_at_a_time(user):
    row = Export.objects.start(user)

    first, second = Export.objects.claim(row.pk), Export.objects.claim(row.pk)

    assert first is not None
    assert second is None


def test_the_sweep_sends_again_what_a_dead_worker_held_and_gives_up_in_the_end(user):
    row = Export.objects.start(user)
    long_ago = timezone.now() - timedelta(hours=1)
    sent = []
    for _ in range(ExportQuerySet.MAX_ATTEMPTS):
        Export.objects.claim(row.pk)
        Export.objects.update(sent_at=long_ago, lease_until=long_ago)
        sent.append(Export.objects.sweep())
        Export.objects.update(sent_at=long_ago)

    row.refresh_from_db()
    assert sent == [[row.pk], [row.pk], []]
    assert row.status == "failed"
    assert "try again" in row.failure


@contextmanager
def little_room():
    """No file of this process may grow beyond 100 kB, as on a full disk; pytest's own log neither."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_said_and_what_was_packed_goes(user):
    make_prediction(pictures.big_jpeg(4), owner=user)

    with little_room():
        row = packed(user)

    assert (row.status, row.error_code) == ("failed", "no_space")
    assert "room" in row.failure
    assert not row.part_path.exists()


def test_an_export_that_is_being_made_is_not_made_twice(user):
    first = Export.objects.start(user)

    again = Export.objects.start(user)
    pack_export(str(first.pk))
    later = Export.objects.start(user)

    assert again == first
    assert later != first


def test_only_the_newest_file_of_somebody_is_kept(user, django_capture_on_commit_callbacks):
    older, of_another = packed(user), packed(make_user())

    with django_capture_on_commit_callbacks(execute=True):
        newer = packed(user)

    assert set(Export.objects.all()) == {newer, of_another}
    assert [row.path.exists() for row in (older, of_another, newer)] == [False, True, True]


def test_the_owner_hears_of_it_by_mail(user, settings):
    row = packed(user)

    message = mail.outbox[-1]
    assert message.to == [user.email]
    assert f"{settings.SITE_URL}{row.get_absolute_url()}" in message.body
    assert "!" not in message.body


# Fetching


def test_the_owner_fetches_the_file(client, user):
    make_prediction(owner=user)
    row = packed(user)
    client.force_login(user)

    response = client.get(reverse("account:export-file", args=[row.pk]))

    data = b"".join(response.streaming_content)
    assert ZipFile(io.BytesIO(data)).testzip() is None
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="styleart-')
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in response.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["export-detail", "export-state", "export-file"])
def test_the_link_is_worth_nothing_to_a_stranger(client, user, name):
    row = packed(user)
    client.force_login(make_user())

    assert client.get(reverse(f"account:{name}", args=[row.pk])).status_code == 404


def test_the_account_page_offers_no_file_that_has_run_out(client, user):
    row = packed(user)
    client.force_login(user)
    address = reverse("account:export-file", args=[row.pk])
    before = client.get(reverse("account:page")).content.decode()
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    after = client.get(reverse("account:page")).content.decode()

    assert address in before
    assert address not in after


def test_a_link_that_has_run_out_leads_nowhere_and_its_file_is_erased(
    client, user, django_capture_on_commit_callbacks
):
    row = packed(user)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    client.force_login(user)
    found = client.get(reverse("account:export-file", args=[row.pk])).status_code

    with django_capture_on_commit_callbacks(execute=True):
        tidy_accounts()

    assert found == 404
    assert not row.path.exists()
    assert not Export.objects.exists()


def test_the_page_shows_how_far_it_is_until_it_is_there(client, user):
    row = Export.objects.start(user)
    client.force_login(user)
    state = reverse("account:export-state", args=[row.pk])
    waiting = client.get(state, headers={"HX-Request": "true"}).content.decode()
    check(read(client.get(row.get_absolute_url())))
    Export.objects.update(status="running", total=7, packed=3)
    halfway = client.get(state, headers={"HX-Request": "true"}).content.decode()
    pack_export(str(row.pk))

    done = client.get(state, headers={"HX-Request": "true"}).content.decode()

    assert f'hx-get="{state}"' in waiting
    assert 'hx-swap="outerMorph"' in waiting  # the focus stays
    assert "3 of 7" in halfway
    assert "hx-get" not in done
    assert reverse("account:export-file", args=[row.pk]) in done
    assert ["Pack it anew" in fragment for fragment in (waiting, halfway, done)] == [False, False, True]
    check(read(client.get(row.get_absolute_url())))


def test_what_failed_can_be_tried_again_where_that_is_said(client, user):
    row = Export.objects.start(user)
    row.fail("gave_up")
    client.force_login(user)

    told = client.get(reverse("account:export-state", args=[row.pk]), headers={"HX-Request": "true"})

    assert "Try again" in told.content.decode()
    assert "csrfmiddlewaretoken" in told.content.decode()


def test_a_page_whose_session_has_ended_is_loaded_again_instead_of_showing_the_login_in_it(client, user):
    state = reverse("account:export-state", args=[Export.objects.start(user).pk])

    response = client.get(state, headers={"HX-Request": "true"})

    assert response.headers["HX-Refresh"] == "true"
    assert response.content == b""
    assert client.get(state).url.startswith(reverse("account_login"))


def test_an_unfinished_export_has_no_file(client, user):
    row = Export.objects.start(user)
    client.force_login(user)

    assert client.get(reverse("account:export-file", args=[row.pk])).status_code == 404


def test_an_export_that_is_deleted_while_it_is_packed_leaves_nothing(user):
    make_prediction(owner=user)
    row = Export.objects.claim(Export.objects.start(user).pk)
    is_complete = exporting.pack(row)
    Export.objects.all().delete()

    go_on(row, is_complete=is_complete)

    assert is_complete
    assert not row.path.exists()
    assert not row.part_path.exists()
    assert mail.outbox == []


def test_nothing_lost_means_nothing_sent(user):
    Export.objects.start(user)

    sweep_exports()  # it was queued a moment ago

    assert Export.objects.get().status == "queued"

"""Pictures in a bucket: a local server that speaks S3, asked over HTTP as a real one is."""

import time
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from moto.server import ThreadedMotoServer

from classifier.models import Prediction
from classifier.tasks import classify
from gallery import embeddings, export, files, stored
from gallery.models import Artwork, FileCheck, LabelSuggestion, MissingFile
from ml import inference
from styleart_site import belongings, doctor
from styleart_site.backups import BackupError, making, restoring
from styleart_site.usage import storage_bytes
from tests import factories, live, pictures
from tests.site.test_settings import load_settings

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    """The bucket's server; each test has a bucket of its own."""
    names = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in names.items():
            environment.setenv(name, value)
        running = ThreadedMotoServer(ip_address="127.0.0.1", port=live.free_port(), verbose=False)
        running.start()
        yield f"http://127.0.0.1:{running._port}"
        running.stop()


@pytest.fixture
def bucket(server, settings):
    """An empty bucket in which pictures lie below "pictures/"."""
    client = boto3.resource("s3", endpoint_url=server, region_name="us-east-1")
    bucket = client.create_bucket(Bucket=f"styleart-{next(factories.numbers)}-{time.time_ns()}")
    use(settings, server, bucket.name)
    return bucket


def use(settings, server: str, name: str) -> None:
    options = {
        "bucket_name": name,
        "endpoint_url": server,
        "region_name": "us-east-1",
        "location": "pictures",
        "addressing_style": "path",
    }
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "gallery.bucket.Bucket", "OPTIONS": options}
    }


def keys(bucket) -> set[str]:
    return {found.key for found in bucket.objects.all()}


def local_files(settings) -> set[str]:
    root = Path(settings.MEDIA_ROOT)
    return {path.relative_to(root).parts[0] for path in root.rglob("*") if path.is_file()}


def test_an_upload_lies_in_the_bucket_and_only_its_copies_on_the_disk(bucket, client, settings):
    user = factories.make_user()
    client.force_login(user)
    picture = factories.small_painting()
    prediction = factories.make_prediction(picture, owner=user)

    classify(str(prediction.pk))
    prediction.refresh_from_db()
    answer = client.get(reverse("classifier:prediction-picture", args=[prediction.pk, "thumbnail"]))

    assert prediction.status == Prediction.Status.DONE
    assert keys(bucket) == {f"pictures/{prediction.original.name}"}
    assert bucket.Object(f"pictures/{prediction.original.name}").get()["Body"].read() == picture
    assert answer.status_code == 200
    assert local_files(settings) == {"derived"}
    assert storage_bytes(user) > len(picture)


def test_what_is_deleted_is_gone_from_the_bucket(bucket, django_capture_on_commit_callbacks):
    prediction = factories.make_prediction()

    with django_capture_on_commit_callbacks(execute=True):
        prediction.delete()

    assert keys(bucket) == set()


def test_an_original_that_is_gone_fails_as_it_does_on_a_disk(bucket):
    prediction = factories.make_prediction()
    bucket.Object(f"pictures/{prediction.original.name}").delete()

    classify(str(prediction.pk))

    prediction.refresh_from_db()
    assert (prediction.status, prediction.error_code) == (Prediction.Status.FAILED, "missing_original")


@pytest.mark.parametrize("processes", [1, 2])
def test_the_model_looks_at_works_in_the_bucket(bucket, processes, tmp_path):
    good = factories.make_artwork("Good", picture=factories.small_painting())
    lost = factories.make_artwork("Lost", picture=pictures.small_painting("PNG"))
    good.embeddings.all().delete()
    lost.embeddings.all().delete()
    default_storage.delete(lost.picture.name)

    outcomes = list(embeddings.embed(inference.model_folder(), processes=processes))

    assert [(found.pk, found.reason) for found in outcomes] == [
        (good.pk, ""),
        (lost.pk, "Its picture is missing."),
    ]
    assert good.embeddings.exists()


def test_an_imported_file_is_sent_once(bucket, tmp_path):
    from gallery import pictures as measuring

    path = tmp_path / "fetched.jpg"
    path.write_bytes(factories.small_painting())
    style = factories.make_style()
    for title in ("First", "Again"):
        work = Artwork(title=title, style=style)
        work.keep_file(path, measuring.measure(path.read_bytes()))
        work.save()

    assert keys(bucket) == {f"pictures/{work.picture.name}"}
    assert path.exists()
    assert work.copy(480).exists()


def test_the_check_of_files_and_the_doctor_look_into_the_bucket(bucket, monkeypatch):
    kept = factories.make_artwork("Kept", picture=factories.small_painting())
    lost = factories.make_artwork("Lost", picture=pictures.small_painting("PNG"))
    default_storage.delete(lost.picture.name)
    stray = f"catalogue/ab/{'ab' * 32}.jpg"
    bucket.put_object(Key=f"pictures/{stray}", Body=b"stray")
    # The bucket says when it got a file, so nothing in it can be a day old.
    monkeypatch.setattr(files, "SETTLED_AFTER", timedelta(seconds=-5))
    monkeypatch.setattr(belongings, "SETTLED_S", -5)

    while not files.advance(files.begin(), seconds=5):
        continue

    check = FileCheck.objects.get()
    assert list(MissingFile.objects.values_list("artwork", flat=True)) == [lost.pk]
    assert check.dangling == [stray]
    missing, unknown = belongings.missing_files(keep=5), belongings.unknown_files(keep=5)
    assert (missing.names, unknown.names) == ([lost.picture.name], [stray])
    assert files.remove_dangling(check) == 1
    assert keys(bucket) == {f"pictures/{kept.picture.name}"}


def test_the_doctor_says_whether_the_bucket_answers(bucket, server, settings, models_dir, tmp_path):
    settings.DATA_DIR, settings.MEDIA_BUCKET = tmp_path, bucket.name
    factories.make_prediction()

    def said(check: str) -> list[tuple[str, str]]:
        return [(found.level, found.said) for found in doctor.examine() if found.check == check]

    assert said("store") == [("ok", f"Pictures lie in the bucket {bucket.name}")]
    assert said("files")[0][0] == "ok"
    use(settings, f"http://127.0.0.1:{live.free_port()}", bucket.name)
    assert said("store")[0][0] == "trouble"
    assert said("files")[0][1].startswith("It could not be checked")


def test_training_gets_its_pictures_from_the_bucket(bucket, tmp_path):
    work = factories.make_artwork(
        "Kept",
        picture=factories.small_painting(),
        style=factories.make_style(position=1),
        rights="public_domain",
    )

    exported = list(export.export(export.exportable(), LabelSuggestion.objects.none(), tmp_path / "out"))

    assert [found.problem for found in exported] == [""]
    (copy,) = [path for path in (tmp_path / "out").rglob("*") if path.suffix == ".jpg"]
    assert copy.read_bytes() == factories.small_painting()
    assert work.sha256 in (tmp_path / "out/manifest.csv").read_text()


def test_a_bucket_that_is_away_is_said_and_nothing_half_stays(bucket, client, server, settings):
    user = factories.make_user()
    client.force_login(user)
    use(settings, f"http://127.0.0.1:{live.free_port()}", bucket.name)
    client.raise_request_exception = False

    answer = client.post(reverse("classifier:prediction-create"), {"image": painting()})

    assert answer.status_code == 503
    assert not Prediction.objects.exists()


def painting() -> SimpleUploadedFile:
    return SimpleUploadedFile("painting.jpg", factories.small_painting(), "image/jpeg")


@pytest.mark.django_db(transaction=True)
def test_a_site_with_a_bucket_is_backed_up_and_restored_into_another_bucket(
    bucket, server, settings, models_dir, tmp_path
):
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    prediction = factories.make_prediction(title="Asked")
    original = prediction.read_bytes()
    making.make(
        tmp_path / "site.tar", with_derived=False, with_secret_key=False, progress=lambda done, total: None
    )
    other = boto3.resource("s3", endpoint_url=server, region_name="us-east-1").create_bucket(Bucket="another")
    use(settings, server, other.name)

    restoring.restore(tmp_path / "site.tar", progress=lambda at: None)

    assert keys(other) == {f"pictures/{prediction.original.name}"}
    assert Prediction.objects.get(title="Asked").read_bytes() == original
    assert local_files(settings) == set()


@pytest.mark.django_db(transaction=True)
def test_what_a_failed_restore_has_sent_is_taken_back(bucket, settings, models_dir, tmp_path):
    from tests.site.test_backup import changed_about, repack

    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    prediction = factories.make_prediction(title="Asked")
    making.make(
        tmp_path / "site.tar", with_derived=False, with_secret_key=False, progress=lambda done, total: None
    )
    rows = restoring.read_about(tmp_path / "site.tar")["rows"] | {"gallery_artwork": 7}
    repack(
        tmp_path / "site.tar", tmp_path / "wrong.tar", about=changed_about(tmp_path / "site.tar", rows=rows)
    )
    default_storage.delete(prediction.original.name)

    with pytest.raises(BackupError):
        restoring.restore(tmp_path / "wrong.tar", progress=lambda at: None)

    assert keys(bucket) == set()


def test_more_files_than_one_answer_names_are_listed(bucket):
    for number in range(1005):
        bucket.put_object(Key=f"pictures/originals/00/{number:04d}", Body=b"x")

    found = list(stored.entries(default_storage, "originals"))

    assert len(found) == 1005
    assert found[0][:2] == ("originals/00/0000", 1)


def test_the_environment_names_the_bucket(tmp_path):
    real = {
        "DATABASE_URL": "postgres://u:p@localhost/none",
        "REDIS_URL": "redis://localhost/0",
        "SECRET_KEY": "only-for-this-test-0123456789-0123456789-0123456789",
        "ALLOWED_HOSTS": "localhost",
        "EMAIL_HOST": "localhost",
        "STYLEART_DATA": str(tmp_path),
    }
    ask = "import styleart_site.settings as found; print(found.STORAGES['default'])"

    said = load_settings(ask, **real, MEDIA_BUCKET="mine", MEDIA_BUCKET_REGION="eu-central-1").stdout

    assert "gallery.bucket.Bucket" in said
    assert "'bucket_name': 'mine'" in said
    assert "eu-central-1" in said
    assert "FileSystemStorage" in load_settings(ask, **real).stdout

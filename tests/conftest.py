import signal

import pytest
from django.utils import translation

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Where several processes share the files out, these come first, so that none is left to one of them at the end.
LONGEST_FIRST = (
    "tests/site/test_tour",  # and that of rare pages
    "tests/ml/test_export.py",
    "tests/ml/test_recipes.py",
    "tests/ml/test_answers.py",
    "tests/ml/test_fine_tune.py",
    "tests/site/test_backup.py",
    "tests/faults/",
    "tests/site/test_answer.py",
    "tests/site/test_embedded.py",
    "tests/ml/",
    "tests/scraper/test_import_folder.py",
    "tests/gallery/test_switching.py",
)


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)


def _rank(item) -> int:
    for rank, start in enumerate(LONGEST_FIRST):
        if item.nodeid.startswith(start):
            return rank
    return len(LONGEST_FIRST)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database of the tests cannot be dropped while somebody listens there."""
    yield
    from classifier import waiting

    with django_db_blocker.unblock():
        waiting.listen_no_more()


@pytest.fixture(autouse=True)
def media_folder(settings, tmp_path):
    """Every test keeps its pictures to itself."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def english():
    """Every test begins in English, whatever the last request of the one before was in."""
    translation.activate("en")


@pytest.fixture(autouse=True)
def fast_passwords(settings):
    """Hashing is slow on purpose; tests need not wait for it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def uncollected_static_files(settings):
    """Pages name their static files plainly: tests run before any collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def models_dir(settings, monkeypatch, tmp_path):
    """Models that are activated in this test lie here; the shipped one is in use until then."""
    settings.MODELS_DIR = tmp_path / "models"
    monkeypatch.delenv("STYLEART_MODEL", raising=False)
    monkeypatch.setenv("STYLEART_ACTIVE_MODEL", str(settings.MODELS_DIR / "active"))
    return settings.MODELS_DIR

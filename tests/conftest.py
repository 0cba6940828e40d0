import signal

import pytest
from django.utils import translation

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


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

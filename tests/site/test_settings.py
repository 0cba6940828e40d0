import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

ROOT = Path(__file__).parent.parent.parent
REAL_SERVERS = {
    "DATABASE_URL": "postgres://u:p@localhost/none",
    "REDIS_URL": "redis://localhost/0",
    "SECRET_KEY": "only-for-this-test-0123456789-0123456789-0123456789",
    "ALLOWED_HOSTS": "localhost",
    "EMAIL_HOST": "localhost",
}


def load_settings(
    code: str = "import styleart_site.settings", **environment: str
) -> subprocess.CompletedProcess:
    """Import the settings in a fresh process."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "STYLEART_DATA"}}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=clean | environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_every_variable_is_listed_with_its_meaning():
    apps = ("styleart_site", "classifier", "scraper", "gallery", "ml")
    code = "".join(path.read_text() for app in apps for path in (ROOT / app).rglob("*.py"))
    asked = set(re.findall(r'\b(?:env|Env\(\)|environ)\.(?!setdefault)\w+\(\s*"([A-Z0-9_]+)"', code))

    listed = set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert asked - listed == {"STYLEART_ACTIVE_MODEL"}  # the settings say it to ml
    assert listed - asked == set()


def test_real_servers_without_a_secret_key_are_refused():
    result = load_settings(DATABASE_URL="postgres://u:p@localhost/none", REDIS_URL="redis://localhost/0")

    assert result.returncode != 0
    assert "SECRET_KEY" in result.stderr


def test_real_servers_start_nothing_of_our_own(tmp_path):
    result = load_settings(**REAL_SERVERS, STYLEART_DATA=str(tmp_path))

    assert result.returncode == 0, result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "start",
    [
        "import sys, manage; sys.argv = ['manage.py', 'check']; manage.main()",
        "from styleart_site import prepare; prepare.main()",
    ],
)
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is empty"),
        ({"DATABASE_URL": "postgres://u:a#b/c@localhost/none"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": "postgress://u:p@localhost/none"}, "DATABASE_URL cannot be read"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is 'xml'"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too easy to guess"),
    ],
)
def test_a_wrong_setting_is_said_in_a_sentence(start, wrong, words):
    result = load_settings(start, **(REAL_SERVERS | wrong))

    assert result.returncode == 1
    assert result.stderr.startswith(f"A setting in the environment or in .env is wrong: {words}")
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_model_is_said_at_the_start(monkeypatch, tmp_path):
    monkeypatch.setenv("STYLEART_MODEL", str(tmp_path))

    with pytest.raises(SystemCheckError, match=r"model\.json is missing"):
        call_command("check")


def test_dotenv_counts_for_programs_that_run_before_the_settings(tmp_path):
    (tmp_path / ".env").write_text(
        "PORT=8123\nWEB_WORKERS=5\nDRAIN_S=41\nALLOWED_HOSTS=styleart.example.org\n"
    )
    code = (
        "import sys; from pathlib import Path; from styleart_site import environment\n"
        "environment.REPOSITORY = Path(sys.argv[1])\n"
        "from styleart_site import probe, supervisor, webserver\n"
        "print(webserver.bind, webserver.workers, webserver.graceful_timeout, supervisor._drain_s(),"
        " probe.host_of(environment.read()))"
    )
    own = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], cwd=ROOT, env=own, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["127.0.0.1:8123", "5", "41", "49.0", "styleart.example.org"]

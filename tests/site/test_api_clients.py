"""The clients of docs/clients, run as people would run them, against the whole site."""

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import warnings
from pathlib import Path

import pytest

from styleart_site.demo import VISITOR
from tests import pictures
from tests.live import wait_until

CLIENTS = Path(__file__).parents[2] / "docs" / "clients"
# The demo user of every embedded copy.
WHO = {"STYLEART_EMAIL": VISITOR[0], "STYLEART_PASSWORD": VISITOR[1]}


def node() -> str | None:
    """A Node that reads TypeScript: the machine's, or the one that Playwright brings along."""
    import playwright

    own = Path(playwright.__file__).parent / "driver" / "node"
    for candidate in [shutil.which("node"), own]:
        if candidate and _reads_typescript(str(candidate)):
            return str(candidate)
    return None


def _reads_typescript(program: str) -> bool:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.CalledProcessError):
        return False
    major, minor, _ = said.stdout.strip().removeprefix("v").split(".")
    return (int(major), int(minor)) >= (23, 6)


@pytest.fixture(scope="module")
def painting(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clients") / "painting.jpg"
    path.write_bytes(pictures.small_painting(11))
    return path


def run(command: list[str], site, **environment: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STYLEART_")}
    named = clean | {"STYLEART_URL": site.url} | environment
    return subprocess.run(command, env=named, capture_output=True, text=True, timeout=120, check=False)


def tells_styles_and_works(said: str) -> bool:
    lines = said.splitlines()
    return (
        len([line for line in lines if "%" in line]) == 3
        and "Works like it:" in lines
        and len(lines) == 1 + 3 + 1 + 5
    )


def test_the_python_client_signs_in_sends_and_prints_the_answer(site, painting):
    result = run([sys.executable, str(CLIENTS / "styleart.py"), str(painting)], site, **WHO)

    assert result.returncode == 0, result.stderr
    assert tells_styles_and_works(result.stdout), result.stdout


def test_the_typescript_client_does_the_same(site, painting):
    program = node()
    if program is None:
        warnings.warn("NOT RUN: the TypeScript client. It needs Node 23.6 or newer.", stacklevel=1)
        pytest.skip("no Node that reads TypeScript on this machine")

    result = run([program, str(CLIENTS / "styleart.ts"), str(painting)], site, **WHO)

    assert result.returncode == 0, result.stderr
    assert tells_styles_and_works(result.stdout), result.stdout


def test_the_clients_say_what_is_wrong(site, painting):
    letter = painting.with_name("letter.jpg")
    letter.write_bytes(pictures.letter())

    refused = run([sys.executable, str(CLIENTS / "styleart.py"), str(letter)], site, **WHO)
    unknown = run([sys.executable, str(CLIENTS / "styleart.py"), str(painting)], site, STYLEART_TOKEN="no")

    assert (refused.returncode, unknown.returncode) == (1, 1)
    assert "not a picture" in refused.stderr
    assert "token" in unknown.stderr


def test_the_client_says_where_a_password_is_not_enough(site, painting):
    """As with a second factor: this account has still to confirm its address."""
    who = {"email": "new-client@example.org", "password": "a-quiet-room-1"}
    sign_up = urllib.request.Request(
        f"{site.url}/_allauth/app/v1/auth/signup",
        json.dumps(who).encode(),
        {"Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(sign_up)
    as_new = {"STYLEART_EMAIL": who["email"], "STYLEART_PASSWORD": who["password"]}

    def says_so() -> bool:
        result = run([sys.executable, str(CLIENTS / "styleart.py"), str(painting)], site, **as_new)
        return result.returncode == 1 and "set STYLEART_TOKEN" in result.stderr

    assert wait_until(says_so, timeout_s=60, pause_s=5)  # there is one mail in 10 s, and sooner a refusal

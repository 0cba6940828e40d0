"""What is installed is what was locked: lists with hashes, their bill of materials, and the search for holes."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.live import ROOT
from tests.site.test_start import environment, install, shelf  # noqa: F401 - fixtures

LISTS = ["requirements-serve", "requirements-s3", "requirements"]


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def pins(path: Path) -> dict[str, str]:
    """Name to version, of this list and those that it includes."""
    found = {}
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            found |= pins(path.parent / line.removeprefix("-r ").strip())
        elif match := re.match(r"([\w.-]+)==([^\s;\\]+)", line):
            found[name_of(match[1])] = match[2]
    return found


@pytest.mark.parametrize("name", LISTS)
def test_the_readable_list_pins_everything_exactly(name):
    lines = [line.partition("#")[0].strip() for line in (ROOT / f"{name}.txt").read_text().splitlines()]

    loose = [line for line in lines if line and not line.startswith("-r ") and "==" not in line]

    assert loose == []


@pytest.mark.parametrize("name", LISTS)
def test_the_locked_list_has_all_of_the_readable_one(name):
    wanted, locked = pins(ROOT / f"{name}.txt"), pins(ROOT / f"{name}-lock.txt")

    assert {pin for pin in wanted.items() if locked.get(pin[0]) != pin[1]} == set(), "run bin/lock"
    assert len(locked) > len(wanted)


@pytest.mark.parametrize("name", LISTS)
def test_every_package_of_a_locked_list_has_hashes_and_no_address(name):
    text = (ROOT / f"{name}-lock.txt").read_text()
    packages = re.split(r"\n(?=\S)", text.replace("\\\n", " "))

    without = [line for line in packages if "==" in line and "--hash=sha256:" not in line]

    assert without == []
    assert "://" not in text


def test_the_images_install_nothing_without_a_hash():
    installs = re.findall(r"pip install .*", (ROOT / "Dockerfile").read_text())

    assert len(installs) == 2
    assert [line for line in installs if "--require-hashes" not in line] == []


@pytest.mark.parametrize("name", LISTS[:2])
def test_the_locked_lists_agree(name):
    serve, everything = pins(ROOT / f"{name}-lock.txt"), pins(ROOT / "requirements-lock.txt")

    assert {pin for pin in serve.items() if everything.get(pin[0]) != pin[1]} == set()
    assert "tensorflow" not in serve


def test_ruff_looks_for_bandits_findings():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["select"]

    assert "S" in rules


# The bill of materials


def test_the_bill_of_materials_names_what_is_locked():
    own = {"STYLEART_TEST_VENV": str(Path(sys.executable).parent.parent)}
    commands = [
        subprocess.run(
            [ROOT / "bin" / "sbom"], env=os.environ | own, capture_output=True, text=True, check=True
        )
        for _ in range(2)
    ]

    bill = json.loads(commands[0].stdout)
    named = {name_of(component["name"]): component["version"] for component in bill["components"]}
    assert bill["bomFormat"] == "CycloneDX"
    assert named == pins(ROOT / "requirements-serve-lock.txt")
    assert commands[0].stdout == commands[1].stdout


# The search for holes


def audit(folder: Path, answer: str) -> subprocess.CompletedProcess:
    """Run bin/audit.py with a pip-audit of ours, which says `answer`."""
    package = folder / "pip_audit"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(f"print({answer!r})")
    return subprocess.run(
        [sys.executable, ROOT / "bin" / "audit.py", "requirements-lock.txt"],
        env=os.environ | {"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def answer_of(*packages: dict) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


SOUND = {"name": "sound", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "not found on PyPI"}
HOLED = {"name": "holed", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}


def test_no_known_hole_is_silent(tmp_path):
    done = audit(tmp_path, answer_of(SOUND))

    assert (done.returncode, done.stderr) == (0, "")


def test_a_known_hole_is_named_with_its_remedy(tmp_path):
    done = audit(tmp_path, answer_of(SOUND, HOLED))

    assert done.returncode == 1
    assert "holed 1.0: CVE-1; mended in: 1.1" in done.stderr


@pytest.mark.parametrize("answer", ["", "no json", "{}", answer_of(UNKNOWN, UNKNOWN)])
def test_where_nobody_could_be_asked_it_says_so_loudly(tmp_path, answer):
    done = audit(tmp_path, answer)

    assert done.returncode == 0
    assert "NOT RUN" in done.stderr


def test_what_could_not_be_asked_is_named(tmp_path):
    done = audit(tmp_path, answer_of(SOUND, UNKNOWN))

    assert done.returncode == 0
    assert "unknown" in done.stderr
    assert "NOT RUN" not in done.stderr


# bin/install.py with a locked list


def lock(shelf: Path, *, digest: str, version: str = "1.0") -> None:  # noqa: F811
    (shelf / "requirements-lock.txt").write_text(
        f'styleart-probe=={version} \\\n    --hash=sha256:{digest}\nnever==1 ; sys_platform == "nowhere" \\\n'
        f"    --hash=sha256:{digest}\n"
    )


def digest_of_wheel(shelf: Path) -> str:  # noqa: F811
    import hashlib

    return hashlib.sha256(next(shelf.glob("*.whl")).read_bytes()).hexdigest()


def forget(environment: Path) -> None:  # noqa: F811
    (environment / "installed-requirements").unlink(missing_ok=True)
    subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "uninstall", "-q", "-y", "styleart-probe"],
        capture_output=True, check=True,
    )  # fmt: skip


def test_the_file_that_is_locked_is_installed(environment, shelf):  # noqa: F811
    forget(environment)
    lock(shelf, digest=digest_of_wheel(shelf))

    done = install(environment, shelf)

    assert done.returncode == 0, done.stderr
    assert install(environment, shelf).stderr == ""


def test_another_file_of_the_same_version_is_refused(environment, shelf, monkeypatch):  # noqa: F811
    forget(environment)
    lock(shelf, digest="0" * 64)

    refused = install(environment, shelf)

    assert refused.returncode == 1
    assert "not the one that is locked" in refused.stderr
    assert "STYLEART_UNLOCKED=1" in refused.stderr
    monkeypatch.setenv("STYLEART_UNLOCKED", "1")
    assert install(environment, shelf).returncode == 0


def test_a_locked_list_that_is_out_of_date_is_said_and_not_used(environment, shelf):  # noqa: F811
    forget(environment)
    lock(shelf, digest="0" * 64, version="0.9")

    done = install(environment, shelf)

    assert done.returncode == 0, done.stderr
    assert "run bin/lock" in done.stderr

"""Install a requirements file into the virtual environment this runs in, if anything of it is missing.

Usage: .venv/bin/python bin/install.py requirements-serve.txt

Where a locked list lies beside it (requirements-serve-lock.txt, written by bin/lock), exactly the files that it
names by their hashes are taken. STYLEART_UNLOCKED=1 takes any that have the right version, for machines whose
package index serves files of its own.

A stamp in the environment remembers what was installed, so that the usual call takes a moment only. An
installation that was killed is repaired by the next call.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

ENVIRONMENT = Path(sys.prefix)
STAMP = ENVIRONMENT / "installed-requirements"
# Measured on Linux with pip's temporary copies: 0.5 GB serve, 2.7 GB with TensorFlow.
NEEDED_BYTES = {"requirements-serve.txt": 1_200_000_000, "requirements.txt": 5_000_000_000}


def main() -> None:
    """Exit code 0: everything is there; 1: it could not be installed, and standard error says why."""
    file = Path(sys.argv[1])
    with (ENVIRONMENT / ".lock").open("w") as lock:  # two bin/start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        locked = locked_list(file)
        lines = read_requirements(locked or file)
        fingerprint = hashlib.sha256("\n".join([file.name, *lines]).encode()).hexdigest()
        if STAMP.exists() and STAMP.read_text() == fingerprint:
            return
        remove_halves()
        if not all(is_installed(line) for line in lines):
            check_space(file)
            install(file, locked)
        STAMP.write_text(fingerprint)


def locked_list(file: Path) -> Path | None:
    """The list with hashes that belongs to a requirements file; None where there is none that is up to date."""
    locked = file.with_name(f"{file.stem}-lock.txt")
    if not locked.is_file() or os.environ.get("STYLEART_UNLOCKED"):
        return None
    pins = {pin_of(line) for line in read_requirements(locked)}
    missing = [line for line in read_requirements(file) if pin_of(line) not in pins]
    if missing:
        say(f"{locked.name} lacks {', '.join(missing)}: run bin/lock. Until then hashes are not checked.")
        return None
    return locked


def pin_of(line: str) -> tuple[str, str]:
    """Name and version range, written as packaging does."""
    requirement = Requirement(line)
    return canonicalize_name(requirement.name), str(requirement.specifier)


def read_requirements(file: Path) -> list[str]:
    """The requirements of this file and of those it includes, without comments and hashes."""
    lines = []
    for raw in file.read_text().replace("\\\n", " ").splitlines():
        line = raw.partition("#")[0].partition("--hash=")[0].strip()
        if line.startswith("-r "):
            lines += read_requirements(file.parent / line.removeprefix("-r ").strip())
        elif line:
            lines.append(line)
    return lines


def remove_halves() -> None:
    """Forget packages that a killed pip installed in part: it would take them for whole.

    pip writes RECORD last, and renames what it is about to remove to "~name".
    """
    for packages in ENVIRONMENT.glob("lib/python3*/site-packages"):
        for folder in packages.glob("*.dist-info"):
            if not (folder / "RECORD").exists():
                shutil.rmtree(folder)
        for leftover in packages.glob("~*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def is_installed(line: str) -> bool:
    requirement = Requirement(line)
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        return requirement.specifier.contains(importlib.metadata.version(requirement.name), prereleases=True)
    except importlib.metadata.PackageNotFoundError:
        return False


def check_space(file: Path) -> None:
    free = shutil.disk_usage(ENVIRONMENT).free
    needed = NEEDED_BYTES.get(file.name, 0)
    if free < needed:
        sys.exit(
            f"Only {free / 1e9:.1f} GB are free on the disk of {ENVIRONMENT}, and installing StyleArt takes up to "
            f"{needed / 1e9:.1f} GB. Make some space and start again."
        )


def install(file: Path, locked: Path | None) -> None:
    say(f"Installing what {file.name} names. The first time this takes some minutes ...")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
        *(["--require-hashes"] if locked else []),
        "-r",
        str(locked or file),
    ]
    output: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout:
            output.append(line)
            show_progress(line)
    clear_progress()
    if pip.returncode != 0:
        sys.stderr.writelines(output[-25:])
        if any("DO NOT MATCH THE HASHES" in line for line in output):
            sys.exit(
                "\nA package was not the one that is locked; nothing of it was installed. Where your package index "
                "serves files of its own, and you trust it: STYLEART_UNLOCKED=1 goes by versions alone."
            )
        sys.exit(
            "\nThe packages could not be installed; pip's own words are above. Is the network there? "
            "Start again when it is: what is already there is kept."
        )


def show_progress(line: str) -> None:
    """On a terminal, one line that shows what pip is busy with."""
    if sys.stderr.isatty() and line.startswith(("Collecting ", "Downloading ", "Installing collected")):
        words = line.partition(":")[0] if line.startswith("Installing") else line.partition(" (")[0]
        sys.stderr.write(f"\r\033[K  {words.strip()[:100]}")
        sys.stderr.flush()


def clear_progress() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped. Start again to go on.")
    except OSError as error:
        sys.exit(f"The virtual environment in {ENVIRONMENT} cannot be used: {error}.")

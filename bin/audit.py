"""Ask whether a hole is known in any package of a locked list.

Usage: .venv-test/bin/python bin/audit.py requirements-lock.txt

Exit code 0: none is known, or nobody could be asked, which is said loudly; 1: holes are known. PyPI is asked, by
name and version.
"""

import json
import subprocess
import sys
from pathlib import Path

ASK_AT_MOST_S = 180


def main() -> int:
    found = ask(Path(sys.argv[1]))
    if found is None:
        return not_run("The audit did not answer.")
    asked = [package for package in found if "skip_reason" not in package]
    if not asked:
        return not_run("PyPI could not be asked from this machine.")
    if len(asked) < len(found):
        unknown = ", ".join(package["name"] for package in found if "skip_reason" in package)
        say(f"Not asked, as PyPI does not know them: {unknown}")
    holes = [(package, hole) for package in asked for hole in package["vulns"]]
    for package, hole in holes:
        mended = ", ".join(hole["fix_versions"]) or "none yet"
        say(f"{package['name']} {package['version']}: {hole['id']}; mended in: {mended}")
    return 1 if holes else 0


def ask(locked: Path) -> list[dict] | None:
    """What pip-audit says of each package; None where it could not say anything."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(locked), "--disable-pip", "--require-hashes",
        "--format", "json", "--progress-spinner", "off", "--timeout", "10",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_AT_MOST_S, check=False)
        return json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError):
        return None


def not_run(why: str) -> int:
    line = "*" * 76
    say(f"\n{line}\n  NOT RUN: the search for known holes in packages. {why}\n{line}")
    return 0


def say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())

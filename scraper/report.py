"""Say at the end of an import what failed, each with its reason."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import OutputWrapper

SHOWN_FAILURES = 20


def show_failures(failures: list[str], err: OutputWrapper, *, all_here: bool = False) -> None:
    """Write a few failures here, and all of them into a file where there are more; `all_here`: no file."""
    shown = failures if all_here or len(failures) <= SHOWN_FAILURES else failures[:SHOWN_FAILURES]
    for line in shown:
        err.write(line)
    if len(shown) < len(failures):
        path = _keep(failures)
        err.write(f"… and {len(failures) - len(shown):,} more. All of them are in {path}.")


def _keep(lines: list[str]) -> Path:
    path = settings.DATA_DIR / "imports" / f"{datetime.now():%Y-%m-%d-%H%M%S}-failed.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path

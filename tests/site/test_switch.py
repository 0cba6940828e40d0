"""Another model takes over on the running site."""

import subprocess
import sys

import pytest

from tests import live
from tests.factories import make_model

pytestmark = pytest.mark.services


def activate_model(site: live.LiveSite, *arguments: object) -> str:
    """Run the command as a curator does, beside the running site."""
    ended = subprocess.run(
        [sys.executable, "manage.py", "activate_model", *map(str, arguments)],
        cwd=live.ROOT, env=site.environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_worker_embeds_the_catalogue_and_switches_while_the_site_runs(site, tmp_path):
    model = make_model(tmp_path / "trained", "another-2")
    ((works,),) = site.query("select count(*) from gallery_artwork where picture <> ''")

    def has_switched() -> bool:
        return "another-2, in use" in activate_model(site, "--list")

    try:
        activate_model(site, model, "--background")
        live.wait_until(has_switched, timeout_s=120, pause_s=1)

        assert works > 0
        assert site.query("select count(*) from gallery_embedding where model_version = 'another-2'") == [
            (works,)
        ]
        assert site.is_ready()
    finally:
        assert activate_model(site, "--rollback").endswith(" is in use again.\n")

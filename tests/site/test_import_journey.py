"""A curator's import from WikiArt, started, stopped and resumed in the running site."""

import pytest
from playwright.sync_api import expect

from tests.live import wait_until
from tests.site.test_curation import room  # noqa: F401 - a fixture
from tests.site.test_journey import shoot

pytestmark = pytest.mark.browser

PATIENCE_MS = 120_000


def test_an_import_is_started_stopped_and_resumed_until_all_works_are_there(room, site, wikiart):  # noqa: F811
    def imported() -> int:
        return site.query("SELECT count(*) FROM gallery_artwork WHERE wikiart_id IS NOT NULL")[0][0]

    room.goto("/admin/scraper/importrun/add/")
    room.get_by_role("button", name="Start the import").click()
    expect(room.get_by_text("Say what to import")).to_be_visible()
    room.check("input[name=most_viewed]")
    room.get_by_role("button", name="Start the import").click()

    wait_until(imported, timeout_s=120)
    shoot(room, "admin-import")
    room.get_by_role("button", name="Stop").click()
    expect(room.get_by_text("Stopped. Nothing is lost.")).to_be_visible(timeout=PATIENCE_MS)
    at_the_stop = imported()
    room.get_by_role("button", name="Resume").click()
    expect(room.locator(".import-state")).to_contain_text("Done", timeout=PATIENCE_MS)

    assert 0 < at_the_stop <= imported()
    assert imported() == len(wikiart.world.works)
    fetched = [path for path, count in wikiart.sent.items() if "/images/" in path and count > 1]
    assert fetched == []  # no picture twice

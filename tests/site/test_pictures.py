"""Pictures on screens: the kind and size that fits, something in their place meanwhile, and nothing moves."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.live import wait_for_script
from tests.pictures import small_painting

pytestmark = pytest.mark.browser
LARGEST_SHIFT = 0.05
WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifted += shift.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# Those further down are not loaded before somebody comes there.
IN_SIGHT = """() => [...document.querySelectorAll(".frame picture img")].filter((one) => {
  const box = one.getBoundingClientRect();
  return one.currentSrc && box.width && box.top < innerHeight;
})"""
PICTURES = f"""() => ({IN_SIGHT})().map((one) => {{
  const box = one.getBoundingClientRect(), behind = one.parentElement.nextElementSibling?.getBoundingClientRect();
  return {{
    source: one.currentSrc, width: box.width, natural: one.naturalWidth,
    off: behind ? Math.max(Math.abs(behind.width - box.width), Math.abs(behind.height - box.height)) : null,
  }};
}})"""


@pytest.fixture(params=[(390, 2), (1280, 1)], ids=["phone", "desktop"])
def screen(request, browser, site):
    """A visitor's page that counts what moves, and fails the test on what the policy forbids."""
    width, dots = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 844}, device_scale_factor=dots, base_url=site.url
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    refused = []
    page.on("console", lambda line: refused.append(line.text) if "Content Security" in line.text else None)
    yield page
    context.close()
    assert refused == []


def look(page: Page) -> list[dict]:
    page.wait_for_load_state("networkidle")
    wait_for_script(page, f"() => ({IN_SIGHT})().every((one) => one.complete)")
    return page.evaluate(PICTURES)


@pytest.mark.parametrize("address", ["/", "/styles/impressionism/", "/styles/", "/artworks/"])
def test_nothing_moves_and_pictures_fit(screen, address):
    screen.goto(address)

    pictures = look(screen)

    assert screen.evaluate("window.shifted") < LARGEST_SHIFT
    assert pictures
    assert [one["source"] for one in pictures if not one["source"].endswith(".avif")] == []
    assert [one for one in pictures if one["off"] is None or one["off"] > 1] == []
    assert [one for one in pictures if one["natural"] > 4 * one["width"]] == []


def test_the_answer_page_stays_where_it_is(screen, tmp_path):
    file = tmp_path / "painting.jpg"
    file.write_bytes(small_painting(41))
    screen.goto("/")
    screen.set_input_files("input[name=image]", file)
    screen.click("#send")
    expect(screen.locator("#verdict:not(.is-looking)")).to_be_visible(timeout=30_000)
    screen.reload()

    pictures = look(screen)

    assert screen.evaluate("window.shifted") < LARGEST_SHIFT
    assert re.search(r"/predictions/[^/]+/\d+\.avif$", pictures[0]["source"])


def test_a_blurred_picture_hangs_where_one_does_not_come(screen):
    screen.route(re.compile(r"/artworks/\d+/\d+-"), lambda route: route.abort())
    screen.goto("/artworks/")

    stand_in = screen.locator(".frame img.blur").first

    expect(stand_in).to_be_visible()
    assert stand_in.evaluate("(one) => one.naturalWidth > 0 && one.getBoundingClientRect().height > 60")

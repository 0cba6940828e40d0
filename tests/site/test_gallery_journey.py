"""The gallery in a browser: lists that go on by themselves, coming back, the home page, the bar under the thumb."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests import live
from tests.live import wait_for_script

pytestmark = pytest.mark.browser
PAGE = 24
HUNG = 200
HANG = f"""
from gallery.models import Artist, Artwork, Style
from tests.live import wait_for_script
style = Style.objects.of_the_house().first()
painter = Artist.objects.create(name="Wall Painter", slug="wall-painter")
artists = [painter, *[None] * ({HUNG} - 1)]
Artwork.objects.bulk_create(
    Artwork(title=f"Wall work {{n}}", style=style, artist=artist) for n, artist in enumerate(artists)
)
Artwork.objects.filter(title__startswith="Wall work ").refresh_search_text()
"""
TAKE_DOWN = (
    "from gallery.models import Artist, Artwork; Artwork.objects.filter(title__startswith='Wall work ').delete();"
    "Artist.objects.filter(slug='wall-painter').delete()"
)


def in_the_shell(site: live.LiveSite, code: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", code], cwd=live.ROOT, env=site.environment, check=True
    )


@pytest.fixture(scope="module")
def long_list(site):
    """Two hundred works more than the sample catalogue has, without pictures."""
    in_the_shell(site, HANG)
    yield "/artworks/"
    in_the_shell(site, TAKE_DOWN)


def go_down(page: Page, *, to: int) -> None:
    """Scroll as a hand does until so many works hang."""
    works = page.locator("#wall > li")
    for _ in range(60):
        if works.count() >= to:
            return
        page.mouse.wheel(0, 1500)
        page.wait_for_timeout(250)
    raise AssertionError(f"{works.count()} works instead of {to}")


def test_a_list_goes_on_by_itself_three_times_and_then_asks(page, long_list):
    page.goto(long_list)
    works = page.locator("#wall > li")
    expect(works).to_have_count(PAGE)

    go_down(page, to=4 * PAGE)
    for _ in range(8):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(150)

    expect(works).to_have_count(4 * PAGE)
    expect(page.locator(".site-footer")).to_be_in_viewport()
    expect(page.locator("#wall-said")).to_have_text(f"{PAGE} more works")
    expect(page).to_have_url(re.compile("after="))

    page.get_by_role("link", name="Show more").click()
    expect(works).not_to_have_count(4 * PAGE)
    titles = works.locator(".label-title").all_inner_texts()
    assert len(set(titles)) == len(titles)


def test_the_address_is_that_of_the_page_in_view(page, long_list):
    page.goto(long_list)
    go_down(page, to=2 * PAGE)
    page.locator("#wall > li").nth(PAGE + 12).scroll_into_view_if_needed()
    expect(page).to_have_url(re.compile("after="))
    in_view = page.locator("#wall > li").nth(PAGE).inner_text()

    alone = page.request.get(page.url).text()
    page.evaluate("scrollTo(0, 0)")

    assert re.search("Wall work [0-9]+", alone)[0] in in_view
    expect(page).to_have_url(re.compile("/artworks/$"))


def test_coming_back_finds_the_same_works_at_the_same_place(page, long_list):
    page.goto(long_list)
    go_down(page, to=3 * PAGE)
    work = page.locator("#wall > li").nth(PAGE + 9)
    work.scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    count, title = page.locator("#wall > li").count(), work.locator(".label-title").inner_text()
    top = work.bounding_box()["y"]

    work.locator(".label-title").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.go_back()

    expect(page.locator("#wall > li")).to_have_count(count)
    expect(work.locator(".label-title")).to_have_text(title)
    titles = page.locator("#wall .label-title").all_inner_texts()
    assert len(set(titles)) == len(titles)
    wait_for_script(
        page,
        "([n, top]) => Math.abs(document.querySelectorAll('#wall > li')[n].getBoundingClientRect().top - top) < 3",
        [PAGE + 9, top],
    )


def test_coming_back_to_a_search_finds_the_artists_on_top_too(page, long_list):
    page.goto("/search/?q=wall")
    expect(page.get_by_role("link", name="Wall Painter").first).to_be_visible()
    heading = page.locator("#works").inner_text()
    go_down(page, to=2 * PAGE)
    work = page.locator("#wall > li").nth(PAGE + 9)
    work.scroll_into_view_if_needed()
    expect(page).to_have_url(re.compile("after="))
    page.wait_for_timeout(400)
    count = page.locator("#wall > li").count()

    work.locator(".label-title").click()
    page.wait_for_url("**/artworks/*/")
    page.go_back()

    expect(page.locator("#wall > li")).to_have_count(count)
    expect(page.get_by_label("Titles, artists, styles")).to_have_value("wall")
    expect(page.locator("#wall-top").get_by_role("link", name="Wall Painter")).to_have_count(1)
    expect(page.locator("#works")).to_have_text(heading)


def test_who_wants_less_motion_is_asked_for_every_page(browser, site, long_list):
    context = browser.new_context(base_url=site.url, reduced_motion="reduce", service_workers="block")
    page = context.new_page()
    page.goto(long_list)
    for _ in range(8):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(150)
    expect(page.locator("#wall > li")).to_have_count(PAGE)

    page.get_by_role("link", name="Show more").press("Enter")

    expect(page.locator("#wall > li")).to_have_count(2 * PAGE)
    expect(page.locator("#wall > li").nth(PAGE).locator("a:focus")).to_be_attached()
    context.close()


def test_without_scripts_a_list_has_pages(browser, site, long_list):
    context = browser.new_context(java_script_enabled=False, base_url=site.url)
    page = context.new_page()
    page.goto(long_list)
    first = page.locator("#wall .label-title").first.inner_text()

    page.get_by_role("link", name="Next").click()

    expect(page.locator("#wall > li")).to_have_count(PAGE)
    assert page.locator("#wall .label-title").first.inner_text() != first
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#wall .label-title").first).to_have_text(first)
    context.close()


def test_the_next_page_that_does_not_come_leaves_the_list_and_its_link(page, long_list):
    page.goto(long_list)
    page.context.set_offline(True)
    for _ in range(8):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(150)

    expect(page.locator("#wall > li")).to_have_count(PAGE)
    page.context.set_offline(False)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#wall > li")).to_have_count(2 * PAGE)


def test_under_the_thumb_lie_the_main_places(page, site):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/about/")
    bar = page.get_by_role("navigation", name="Main")

    boxes = [link.bounding_box() for link in bar.get_by_role("link").all()]
    assert [name.strip() for name in bar.get_by_role("link").all_inner_texts()] == [
        "Send", "Styles", "Artworks", "Search", "Your pictures",
    ]  # fmt: skip
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44
    assert min(box["y"] for box in boxes) > 750
    for name, heading in [
        ("Styles", "Styles"),
        ("Your pictures", "Your pictures"),
        ("Send", "Show a painting"),
    ]:
        bar.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_suggestions_come_where_screen_readers_listen_already(page):
    page.goto("/search/")
    region = page.locator("#suggestions").element_handle()

    for words, link in [("cub", "Cubism"), ("impressionis", "Impressionism")]:
        page.get_by_label("Titles, artists, styles").fill(words)
        found = page.locator("#suggestions").get_by_role("link", name=f"{link} Style", exact=True)
        expect(found).to_have_attribute("href", f"/styles/{link.lower()}/")

    assert region.evaluate("(one) => one.isConnected")
    page.get_by_label("Titles, artists, styles").fill("")
    expect(page.locator("#suggestions li")).to_have_count(0)


def test_the_book_can_be_read_from_the_first_page_to_the_last(page):
    page.goto("/about/")
    expect(page.get_by_role("img", name="The way of a picture")).to_be_visible()
    read = [page.title()]
    while page.locator(".book-turn .is-next").count():
        page.locator(".book-turn .is-next").click()
        expect(page.locator(".book-contents [aria-current=page]")).to_have_count(1)
        read.append(page.title())

    assert len(set(read)) == 4

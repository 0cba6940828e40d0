"""A curator's ways through the running site."""

import pytest
from playwright.sync_api import Page, expect

from tests.site.test_journey import shoot

pytestmark = pytest.mark.browser


@pytest.fixture
def room(page) -> Page:
    """The curators' room, signed in as the demo curator."""
    page.goto("/accounts/login/?next=/admin/")
    page.fill("input[name=login]", "curator@example.org")
    page.fill("input[name=password]", "hang-it-higher")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/admin/")
    return page


def test_works_are_hidden_together_and_the_step_is_undone(room):
    room.goto("/admin/gallery/artwork/")
    room.select_option("select[name=style]", label="Cubism")
    room.wait_for_url("**/?style=*")
    shown = f"{room.url}&display=yes"
    count = room.locator("#result_list tbody tr").count()
    room.keyboard.press("j")
    room.keyboard.press("x")
    expect(room.locator("tr.selected")).to_have_count(1)
    room.check("#action-toggle")
    room.select_option(".actions select", "take_off_display")
    room.click(".actions button")

    expect(room.get_by_text(f"{count} of {count} work")).to_be_visible()
    shoot(room, "admin-bulk-preview")
    room.keyboard.press("Enter")  # the button that confirms has the focus
    expect(room.get_by_text("changed.")).to_be_visible()
    room.goto(shown)
    expect(room.locator("#result_list tbody tr")).to_have_count(0)

    room.goto("/admin/gallery/change/")
    room.get_by_role("link", name="Edited together").first.click()
    room.get_by_role("button", name="Undo").click()
    expect(room.get_by_text("as before")).to_be_visible()
    room.goto(shown)
    expect(room.locator("#result_list tbody tr")).to_have_count(count)


def test_a_picture_opens_large_by_keyboard(room):
    room.goto("/admin/gallery/artwork/")
    room.keyboard.press("j")
    room.keyboard.press("z")

    expect(room.locator("dialog.zoom img")).to_be_visible()
    first = room.locator("dialog.zoom img").get_attribute("src")
    room.keyboard.press("ArrowRight")
    expect(room.locator("dialog.zoom img")).not_to_have_attribute("src", first)
    room.keyboard.press("Escape")
    expect(room.locator("dialog.zoom")).to_be_hidden()


def test_a_menu_narrows_the_list_at_once(room):
    room.goto("/admin/gallery/artwork/")
    room.select_option("select[name=style]", label="Cubism")

    room.wait_for_url("**/?style=*")
    expect(room.locator("#result_list .field-style_label").first).to_contain_text("Cubism")
    shoot(room, "admin-filtered")


def test_two_artists_are_merged_and_the_old_address_leads_on(room):
    for name, slug in [("Test Painter", "test-painter"), ("Painter, Test", "painter-test")]:
        room.goto("/admin/gallery/artist/add/")
        room.fill("input[name=name]", name)
        room.fill("input[name=slug]", slug)
        room.click("input[name=_save]")
    room.goto("/admin/gallery/artist/?q=test+painter")
    room.check("#action-toggle")
    room.select_option(".actions select", "merge")
    room.click(".actions button")

    expect(room.get_by_role("button", name="Merge into")).to_be_visible()
    shoot(room, "admin-merge")
    room.get_by_role("button", name="Merge into").click()
    expect(room.get_by_text(" is now ")).to_be_visible()
    room.goto("/artists/painter-test/")
    ends = {room.url.split("/artists/")[1]}
    room.goto("/artists/test-painter/")
    assert len(ends | {room.url.split("/artists/")[1]}) == 1

    room.goto("/admin/gallery/change/?kind=merge")
    room.get_by_role("link", name="Merged").first.click()
    room.get_by_role("button", name="Undo").click()
    expect(room.get_by_text("as before")).to_be_visible()
    for slug in ("painter-test", "test-painter"):
        room.goto(f"/artists/{slug}/")
        assert room.url.endswith(f"/artists/{slug}/")


def test_the_famous_are_moved_by_keyboard(room):
    room.goto("/admin/gallery/style/?q=Cubism")
    room.locator("#result_list tbody th a").first.click()
    ranks = room.locator(".ranking tr.form-row:not(.empty-form)")
    first = ranks.nth(0).locator("select option[selected]").get_attribute("value")
    ranks.nth(0).locator("input[name$=-rank]").focus()
    room.keyboard.press("Alt+ArrowDown")
    shoot(room, "admin-famous")
    room.click("input[name=_continue]")

    expect(ranks.nth(1).locator("select option[selected]")).to_have_attribute("value", first)

"""One's own pictures on the running site: trash and undo, a page for others, right or wrong."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import live, pictures
from tests.live import wait_for_script
from tests.site.test_journey import send, shoot, sign_up

pytestmark = pytest.mark.browser


@pytest.fixture
def answer(page: Page, site: live.LiveSite) -> Page:
    """Somebody new, looking at the answer to the first picture."""
    sign_up(page, site)
    send(page, "a.jpg", pictures.small_painting(41))
    expect(page.locator("#result table")).to_be_attached(timeout=20_000)
    return page


def test_trash_and_undo(answer):
    page = answer
    page.get_by_text("Add a title or a note").click()
    page.get_by_label("Title").fill("Harbour at dusk")
    page.get_by_label("Note").fill("From the fleamarket")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#about")).to_contain_text("Harbour at dusk")
    expect(page.locator("#about .note")).to_have_text("From the fleamarket")

    page.goto("/predictions/?q=fleamarket")
    page.get_by_role("button", name="Favourite: Harbour at dusk").click()
    expect(page.locator("button.star")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#selection")).to_be_hidden()
    page.get_by_label("Choose Harbour at dusk").check()
    expect(page.get_by_text("One picture chosen")).to_be_visible()
    shoot(page, "history-chosen")
    action = page.get_by_label("What to do with the chosen pictures")
    action.select_option("compare")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("One picture chosen")).to_be_visible()
    assert action.evaluate("action => action.validationMessage") == "Choose two pictures to compare."
    action.select_option("csv")
    with page.expect_download() as download:
        page.get_by_role("button", name="Do it").click()
    assert "Harbour at dusk" in download.value.path().read_text("utf-8-sig")

    page.wait_for_timeout(1200)  # until the form may be sent again
    action.select_option("delete")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("One picture is in the trash for 30 days.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#history picture")).to_have_count(1)

    page.get_by_role("button", name=re.compile("^Delete")).click()
    page.get_by_role("link", name="Trash").click()
    shoot(page, "trash")
    page.get_by_text("Delete now").click()
    page.get_by_role("button", name="Erase for good").last.click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()


def test_a_note_that_cannot_be_saved_any_more_stays_to_be_copied(answer):
    page = answer
    page.get_by_text("Add a title or a note").click()
    page.get_by_label("Note").fill("From the fleamarket")
    page.context.clear_cookies()

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Copy what you wrote, then load the page anew.")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("From the fleamarket")


def test_the_list_goes_on_by_itself_and_coming_back_finds_the_same_place(answer, site):
    page = answer
    site.query(
        """INSERT INTO classifier_prediction SELECT (jsonb_populate_record(one, jsonb_build_object(
               'id', gen_random_uuid(), 'sha256', lpad(n::text, 64, '0'), 'title', 'Picture ' || n,
               'created_at', one.created_at - n * interval '1 minute'))).*
           FROM classifier_prediction one, generate_series(1, 120) n WHERE one.id = %s RETURNING id""",
        page.url.rstrip("/").split("/")[-1],
    )
    page.goto("/predictions/")
    cards = page.locator("#history > li")
    first = cards.count()
    assert 1 < first < 121

    for _ in range(60):
        if cards.count() >= 3 * first:
            break
        page.mouse.wheel(0, 1500)
        page.wait_for_timeout(250)
    assert cards.count() >= 3 * first
    names = page.locator("#history .card-choice input").evaluate_all("all => all.map((one) => one.value)")
    assert len(set(names)) == len(names)
    card = cards.nth(first + 3)
    card.scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    count, top = cards.count(), card.bounding_box()["y"]
    card.locator("a.frame").click()
    page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"))
    page.go_back()

    expect(cards).to_have_count(count)
    wait_for_script(
        page,
        "([n, top]) => Math.abs(document.querySelectorAll('#history > li')[n].getBoundingClientRect().top - top) < 3",
        [first + 3, top],
    )


def test_share_and_revoke(answer, browser, site):
    page = answer
    page.get_by_label("Open").select_option("7")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("The link").input_value()
    expect(page.get_by_label("The link")).to_be_focused()

    others = browser.new_context(base_url=site.url)
    other = others.new_page()
    assert other.goto(link).status == 200
    expect(other.get_by_role("heading", level=1)).to_have_text(page.locator("h1").inner_text())
    shoot(other, "shared")
    card = other.locator('meta[property="og:image"]').get_attribute("content")
    assert other.request.get(card).headers["content-type"] == "image/jpeg"

    page.get_by_role("button", name="Close the page").click()
    expect(page.get_by_role("button", name="Make a link")).to_be_visible()
    assert other.goto(link).status == 404
    assert other.request.get(card).status == 404
    others.close()


def test_feedback(answer, site):
    page = answer
    prediction_id = page.url.rstrip("/").split("/")[-1]
    said = (
        "select proposed_id = predicted_id, picture <> '' from gallery_labelsuggestion where source_key = %s"
    )
    key = f"prediction:{prediction_id}"

    page.get_by_role("button", name=re.compile("^Yes, ")).click()
    expect(page.get_by_text("You said this is right.")).to_be_visible()
    right = site.query(said, key)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("button", name="Say so")).to_be_visible()
    withdrawn = site.query(said, key)
    page.get_by_role("button", name="Say so").press("Enter")
    expect(page.get_by_text("Choose the style that it is.")).to_be_visible()
    expect(page.get_by_label("It is rather")).to_be_focused()
    other = page.locator("#feedback option:not([value=''])").nth(3)
    page.get_by_label("It is rather").select_option(other.get_attribute("value"))
    page.get_by_label("Curators may see the picture").check()
    page.get_by_role("button", name="Say so").click()
    expect(page.get_by_text(re.compile("You said it is rather"))).to_be_visible()

    assert (right, withdrawn) == ([(True, False)], [])
    assert site.query(said, key)[0][1] is True
    page.goto("/predictions/styles/")
    expect(page.locator(".lanes circle")).to_have_count(1)

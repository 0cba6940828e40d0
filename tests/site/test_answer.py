"""Sending pictures and looking at answers in a browser, with mouse and keyboard."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from ml import inference
from tests import pictures
from tests.site.test_journey import send, shoot, sign_up

pytestmark = pytest.mark.browser
SLOW_MS = 30_000


def file(name: str, data: bytes) -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def choose(page: Page, *files: dict) -> None:
    page.goto("/")
    page.set_input_files("input[name=image]", list(files))


def has_maps() -> bool:
    return "activation_maps" in inference.model_card()


def test_several_at_once_get_an_answer_or_a_reason_each(page, site):
    sign_up(page, site)
    choose(
        page,
        file("first.jpg", pictures.small_painting(61)),
        file("letter.jpg", pictures.letter()),
        file("second.jpg", pictures.small_painting(62)),
    )

    page.get_by_role("button", name="What styles are these?").click()

    rows = page.locator("#queue > li")
    for place in (0, 2):
        expect(rows.nth(place).get_by_role("link", name="See the answer")).to_be_visible(timeout=SLOW_MS)
    expect(rows.nth(1)).to_contain_text("not a picture")
    expect(page.locator("#upload-state")).to_have_text(
        "2 of 3 pictures are sent. The answers appear beside them."
    )
    shoot(page, "several")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_picture_is_turned_and_cropped_before_it_is_sent_by_keyboard(page, site):
    sign_up(page, site)
    choose(page, file("photo.jpg", pictures.small_painting(63)))  # 480 × 360

    page.get_by_role("button", name="Crop or turn").press("Enter")
    page.get_by_role("button", name="Turn right").press("Enter")
    page.get_by_label("Cut off top").focus()
    for _ in range(5):
        page.keyboard.press("PageUp")  # a tenth each, of 90
    cut = int(page.get_by_label("Cut off top").input_value())
    shoot(page, "crop")
    page.get_by_role("button", name="Use it like this").press("Enter")
    expect(page.locator("#queue")).to_contain_text("brings back what was cut off")
    page.get_by_role("button", name="What style is it?").press("Enter")
    page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"), timeout=SLOW_MS)

    prediction = page.url.rstrip("/").split("/")[-1]
    ((width, height),) = site.query(
        "SELECT width, height FROM classifier_prediction WHERE id = %s", prediction
    )
    assert cut > 20
    assert width == 360
    assert height == pytest.approx(480 * (1 - cut / 100), abs=2)


def test_a_lost_connection_says_so_and_tries_again(page, site):
    failures = iter([True, False])

    def lose_the_first(route):
        if next(failures):
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/predictions/new/", lose_the_first)
    choose(page, file("a.jpg", pictures.small_painting(64)))

    page.get_by_role("button", name="What style is it?").click()

    expect(page.locator("#queue")).to_contain_text("Nothing is lost, we try again in 2 seconds.")
    page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"), timeout=SLOW_MS)


def test_sending_can_be_cancelled_and_the_picture_stays_chosen(page, site):
    page.route("**/predictions/new/", lambda route: None)  # never answered
    choose(page, file("a.jpg", pictures.small_painting(65)))
    page.get_by_role("button", name="What style is it?").click()

    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("#queue")).to_contain_text("Not sent. The picture stays chosen.")
    expect(page.get_by_role("button", name="What style is it?")).to_be_enabled()
    page.unroute("**/predictions/new/")


def turned_png() -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(pictures.small_painting(66))).rotate(90, expand=True).save(out, "PNG")
    return out.getvalue()


def test_the_answer_by_keyboard_narrowed_looked_at_and_explained(page, site):
    send(page, "a.png", turned_png())
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

    page.get_by_role("button", name="Look at them one by one").press("Enter")
    box = page.get_by_role("dialog", name="The paintings one by one")
    expect(box).to_contain_text("1 of ")
    page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("2 of ")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.wait_for_function("document.activeElement.closest('[data-lightbox] .label') !== null")

    page.locator("#similar-works li").first.wait_for()
    page.get_by_label("Style", exact=True).select_option("cubism")
    expect(page.locator("#similar-works")).to_contain_text(
        "One painting, the nearest first.", timeout=SLOW_MS
    )
    expect(page.locator("#similar-works li")).to_have_count(1)

    maps = page.locator("[data-why]")
    expect(maps).to_have_count(3 if has_maps() else 0)
    if has_maps():
        maps.first.press("Enter")
        expect(page.locator(".why-map")).to_be_visible()
        page.get_by_label("How strong").fill("30")
        expect(page.locator(".why-map")).to_have_css("opacity", "0.3")
        page.get_by_role("button", name="Turn off").press("Enter")
        expect(page.locator(".why-map")).to_have_count(0)
    shoot(page, "answer-explained")

    page.locator(".swatches a").first.click()
    expect(page.get_by_role("heading", name="Paintings with this")).to_be_visible()

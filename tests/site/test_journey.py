"""Walks through the running site, as people do it."""

import io
import json
import re
import uuid

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import live, pictures

pytestmark = pytest.mark.browser
SCREENSHOTS = live.ROOT / "screenshots"
REAL_PICTURES = live.ROOT.parent / "shared" / "paintings" / "images"
PASSWORD = "a-quiet-room-1"


def shoot(page: Page, name: str) -> None:
    """Keep screenshots at 1280 and 390 px for looking at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)


def a_painting() -> tuple[str, bytes]:
    """A real painting where some lie beside the repository, else one drawn by us."""
    real = sorted(REAL_PICTURES.glob("impressionism/*.jpg"))
    return ("monet.jpg", real[7].read_bytes()) if real else ("ours.jpg", pictures.small_painting())


def send(page: Page, name: str, data: bytes) -> None:
    page.goto("/")
    page.set_input_files("input[name=image]", {"name": name, "mimeType": "image/jpeg", "buffer": data})
    page.get_by_role("button", name=re.compile("style", re.I)).first.click()


def offer(page: Page, name: str, data: bytes) -> None:
    """Choose a file, and send it if the page lets one: scripts refuse some files before they are sent."""
    page.goto("/")
    page.set_input_files("input[name=image]", {"name": name, "mimeType": "image/jpeg", "buffer": data})
    button = page.get_by_role("button", name=re.compile("style", re.I)).first
    if button.is_visible():
        button.click()


def sign_up(page: Page, site: live.LiveSite) -> str:
    address = f"{uuid.uuid4().hex[:8]}@example.org"
    page.goto("/accounts/signup/")
    page.fill("input[name=email]", address)
    page.fill("input[name=password1]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/confirm-email/")
    page.goto(site.link_mailed_to(address))
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(site.url + "/")
    return address


def test_from_sign_up_to_the_history(page, site):
    sign_up(page, site)
    send(page, *a_painting())

    expect(page.locator("h1, h2").first).to_be_visible()
    expect(page.locator("#result table")).to_be_attached(timeout=15_000)
    result = page.locator("#result")
    labels = json.loads((live.ROOT / "ml" / "model" / "model.json").read_text())["labels"]
    rows = result.locator("table tbody tr").all_inner_texts()
    assert len(rows) == len(labels)
    assert result.get_attribute("hx-trigger") is None
    expect(page.get_by_role("heading", name=re.compile("look like it", re.I))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Artists to know", re.I))).to_be_visible()
    expect(page.get_by_text("Generated study in the manner of").first).to_be_visible()
    shoot(page, "answer")

    page.goto("/predictions/")
    expect(page.locator("main img").first).to_be_visible()
    assert (
        page.locator("main img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    )
    shoot(page, "history")


def test_a_visitor_without_account_gets_an_answer_at_390_px(page):
    page.set_viewport_size({"width": 390, "height": 844})

    send(page, "study.jpg", pictures.small_painting(31))

    expect(page.locator("#result table")).to_be_attached(timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_without_scripts_the_plain_form_and_the_refresh_link_lead_to_the_answer(browser, site):
    context = browser.new_context(java_script_enabled=False, base_url=site.url)
    page = context.new_page()

    send(page, "study.jpg", pictures.small_painting(32))
    for _ in range(30):
        if page.locator("#result table").count():
            break
        page.get_by_role("link", name="Refresh").click()
        page.wait_for_timeout(300)

    expect(page.locator("#result table")).to_be_attached()
    context.close()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("painting.jpg", pictures.letter(), "not a picture"),
        ("cut.jpg", pictures.cut_off_jpeg(), "ends too early"),
        ("bomb.png", pictures.png_bomb(), "million pixels"),
        ("empty.jpg", b"", "empty"),
        ("large.jpg", b"\xff\xd8" + bytes(20_000_000), "16"),
    ],
    ids=["letter", "cut off", "169 Mpx", "empty", "20 MB"],
)
def test_a_wrong_file_gets_its_sentence_on_the_page(page, name, data, words):
    offer(page, name, data)

    expect(page.get_by_role("alert").filter(has_text=words).first).to_be_visible(timeout=10_000)


def test_a_double_click_sends_one_picture(page, site):
    sign_up(page, site)
    page.goto("/")
    picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": pictures.small_painting(33)}
    page.set_input_files("input[name=image]", picture)

    page.get_by_role("button", name=re.compile("style", re.I)).first.dblclick()
    expect(page.locator("#result table")).to_be_attached(timeout=15_000)

    page.goto("/predictions/")
    assert page.locator("main picture").count() == 1


def test_deleting_and_undoing(page, site):
    sign_up(page, site)
    send(page, "a.jpg", pictures.small_painting(34))
    expect(page.locator("#result table")).to_be_attached(timeout=15_000)

    page.goto("/predictions/")
    page.get_by_role("button", name=re.compile("delete", re.I)).first.click()
    page.get_by_role("button", name="Undo").click()

    expect(page.locator("main picture")).to_have_count(1)


@pytest.mark.parametrize(
    "path", ["/", "/styles/", "/styles/cubism/", "/artists/", "/artworks/", "/accounts/login/"]
)
def test_no_page_scrolls_sideways_on_a_phone_and_all_pictures_load(page, path):
    page.set_viewport_size({"width": 390, "height": 844})

    answer = page.goto(path)

    assert answer.status == 200
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("[...document.images].filter(i => i.src && !i.naturalWidth).map(i => i.src)") == []
    shoot(page, "page" + path.rstrip("/").replace("/", "-"))


def test_curators_sign_in_to_the_admin(page):
    page.goto("/accounts/login/?next=/admin/")
    page.fill("input[name=login]", "curator@example.org")
    page.fill("input[name=password]", "hang-it-higher")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/admin/")

    page.goto("/admin/gallery/artwork/")

    expect(page.locator("img.admin-thumbnail").first).to_be_visible()
    shoot(page, "admin-artworks")


def large_picture(seed: int) -> bytes:
    """36 Mpx of PNG: over a second of work, so that the worker can be caught in the middle of it."""
    out = io.BytesIO()
    Image.frombytes("L", (256, 1), bytes((i * seed) % 256 for i in range(256))).resize((6000, 6000)).save(
        out, "PNG"
    )
    return out.getvalue()


def test_a_killed_worker_does_not_lose_the_picture(page, site, tmp_path):
    sign_up(page, site)
    caught = None
    for seed in range(3, 9):
        send(page, f"large-{seed}.png", large_picture(seed))
        page.wait_for_url(re.compile(r"/predictions/[0-9a-f-]{36}/"))
        prediction_id = page.url.rstrip("/").split("/")[-1]
        if kill_while_running(site, prediction_id):
            caught = prediction_id
            break
    assert caught, "no classification could be caught in the middle"

    expect(page.locator("#result table")).to_be_attached(timeout=60_000)

    ((status, attempt),) = site.query(
        "select status, attempt from classifier_prediction where id = %s", caught
    )
    assert status == "done"
    assert attempt >= 2


def kill_while_running(site: live.LiveSite, prediction_id: str) -> bool:
    """SIGKILL the worker and its children in the middle of a classification; False when it was faster."""
    state = "select status from classifier_prediction where id = %s"
    workers = live.wait_until(site.worker_processes, timeout_s=30)
    while (status := site.query(state, prediction_id)[0][0]) == "queued":
        pass
    for process in workers:
        process.kill()
    return status == "running" and site.query(state, prediction_id)[0][0] == "running"


def test_nothing_of_the_others_is_loaded(page, site):
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto("/")
    page.wait_for_load_state("networkidle")

    assert [url for url in asked if not url.startswith((site.url, "blob:", "data:"))] == []

"""Sending pictures and looking at answers in a browser, with mouse and keyboard."""

import email
import email.policy
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from ml import inference
from tests import live, pictures
from tests.live import wait_for_script
from tests.site.test_journey import SCREENSHOTS, send, shoot, sign_up

pytestmark = pytest.mark.browser
SLOW_MS = 30_000


def file(name: str, data: bytes) -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def choose(page: Page, *files: dict) -> None:
    page.goto("/")
    page.set_input_files("input[name=image]", list(files))


def id_of(page: Page) -> str:
    return page.url.rstrip("/").split("/")[-1]


@contextmanager
def without_worker(site) -> Iterator[None]:
    """Nobody answers for a while."""
    workers = live.wait_until(site.worker_processes, timeout_s=30)
    for worker in workers:
        worker.suspend()
    try:
        yield
    finally:
        for worker in workers:
            worker.resume()


def count_of(site, address: str, condition: str = "true") -> int:
    asked = (
        "SELECT count(*) FROM classifier_prediction AS sent JOIN styleart_site_user AS owner ON owner.id = owner_id"  # noqa: S608 - our own words
        f" WHERE owner.email = %s AND {condition}"
    )
    return site.query(asked, address)[0][0]


def titles_of(site, address: str) -> list[str]:
    asked = (
        "SELECT title FROM classifier_prediction AS sent JOIN styleart_site_user AS owner ON owner.id = owner_id"
        " WHERE owner.email = %s ORDER BY title"
    )
    return [title for (title,) in site.query(asked, address)]


@contextmanager
def held_up(page: Page, address: str) -> Iterator[None]:
    """What the page asks of this address meanwhile goes out at the end; at least one call has to."""
    calls, is_over = [], False
    page.route(address, lambda call: call.continue_() if is_over else calls.append(call))
    yield
    live.wait_until(lambda: page.wait_for_timeout(50) or calls, timeout_s=30)
    is_over = True
    for call in calls:
        call.continue_()


def test_a_study_that_is_clicked_twice_is_sent_once(page, site):
    address = sign_up(page, site)
    page.goto("/")
    study = page.locator("[data-try]").first
    with held_up(page, "**/predictions/new/"):
        study.dblclick()
        page.wait_for_timeout(1000)  # what the second click does is done, and the first picture is under way

    page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"))
    assert count_of(site, address) == 1


def test_pictures_that_come_while_others_are_sent_join_the_queue(page, site):
    sign_up(page, site)
    choose(page, *(file(f"{n}.jpg", pictures.small_painting(n)) for n in (91, 92)))
    with held_up(page, "**/predictions/new/"):
        page.locator("#send").click()
        page.set_input_files("input[name=image]", [file("third.jpg", pictures.small_painting(93))])

    expect(page.locator("#queue .sent")).to_have_count(3, timeout=SLOW_MS)


def test_a_picture_that_is_being_cut_waits_and_goes_out_cut(page, site):
    address = sign_up(page, site)
    choose(page, *(file(f"{n}.jpg", pictures.small_painting(n)) for n in (94, 95)))
    editor = page.get_by_role("dialog")
    with held_up(page, "**/predictions/new/"):
        page.locator("#send").click()
        page.get_by_role("button", name="Crop or turn 95.jpg").click()
        expect(editor).to_be_visible()
    expect(page.locator("#queue .sent")).to_have_count(1, timeout=SLOW_MS)
    page.wait_for_timeout(1000)  # the second one would be under way by now
    expect(page.locator("#queue .sent")).to_have_count(1)

    editor.get_by_role("button", name="Turn right").click()
    editor.get_by_role("button", name="Use it like this").click()

    expect(page.locator("#queue .sent")).to_have_count(2, timeout=SLOW_MS)
    assert (count_of(site, address), count_of(site, address, "edit <> ''")) == (2, 1)


def test_who_stays_while_pictures_are_sent_can_leave_later(page, site):
    sign_up(page, site)
    page.clock.install()
    choose(page, *(file(f"{n}.jpg", pictures.small_painting(n)) for n in (96, 97)))
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    french = page.get_by_role("button", name="Français")
    with held_up(page, "**/predictions/new/"):
        page.locator("#send").click()
        french.click()
        live.wait_until(lambda: page.wait_for_timeout(50) or asked, timeout_s=30)

        page.clock.fast_forward(8000)
        french.click()
        live.wait_until(lambda: page.wait_for_timeout(50) or len(asked) == 2, timeout_s=30)

    assert asked == ["beforeunload", "beforeunload"]


def test_a_picture_that_comes_after_a_cancelled_choice_joins_the_first(page, site):
    choose(page, file("first.jpg", pictures.small_painting(98)))
    with page.expect_file_chooser():
        page.locator("#other").click()

    page.dispatch_event("input[name=image]", "cancel")
    page.set_input_files("input[name=image]", [file("second.jpg", pictures.small_painting(99))])

    expect(page.locator("#queue > li")).to_have_count(2)


def test_a_title_stays_with_its_picture_when_another_one_joins(page, site):
    address = sign_up(page, site)
    choose(page, file("first-one.jpg", pictures.small_painting(104)))
    page.get_by_label("What do you call it?").fill("My own title")
    page.set_input_files("input[name=image]", [file("second-one.jpg", pictures.small_painting(105))])
    expect(page.locator("#queue .item-name")).to_have_text(["My own title", "second-one.jpg"])

    page.locator("#send").click()

    expect(page.locator("#queue .sent")).to_have_count(2, timeout=SLOW_MS)
    assert titles_of(site, address) == ["My own title", "second one"]


def test_a_title_goes_with_its_picture_and_not_to_the_next_one(page, site):
    sign_up(page, site)
    title = page.get_by_label("What do you call it?")
    choose(page, file("a.jpg", pictures.small_painting(106)))
    title.fill("Of the first")
    page.get_by_role("button", name="Remove a.jpg").click()
    page.set_input_files("input[name=image]", [file("b.jpg", pictures.small_painting(107))])
    expect(title).to_have_value("")

    title.fill("Of the second")
    page.set_input_files("input[name=image]", [file("c.jpg", pictures.small_painting(108))])
    page.get_by_role("button", name="Remove c.jpg").click()
    expect(title).to_have_value("Of the second")

    page.locator("#send").click()
    page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"))
    page.go_back()
    page.set_input_files("input[name=image]", [file("d.jpg", pictures.small_painting(109))])
    expect(title).to_have_value("")


def test_only_pictures_that_find_no_room_are_left_out_and_said(page, site):
    sign_up(page, site)
    some = [file(f"{n}.jpg", pictures.letter()) for n in range(20)]
    choose(page, *some[:19])
    row, state = page.locator("#queue > li"), page.locator("#upload-state")

    page.set_input_files("input[name=image]", some[19:])
    expect(row).to_have_count(20)
    expect(state).to_be_empty()

    page.set_input_files("input[name=image]", some[:1])
    expect(state).to_have_text("20 pictures at a time: send these first.")
    expect(row).to_have_count(20)


def test_sent_pictures_take_no_room(page, site):
    sign_up(page, site)
    choose(page, *(file(f"{n}.jpg", pictures.small_painting(n)) for n in (101, 102)))
    with held_up(page, "**/predictions/new/"):
        page.locator("#send").click()
        page.set_input_files("input[name=image]", [file("letter.jpg", pictures.letter())])
    state = page.locator("#upload-state")
    expect(state).to_contain_text("2 of 3 pictures are sent.", timeout=SLOW_MS)

    page.set_input_files("input[name=image]", [file(f"{n}.jpg", pictures.letter()) for n in range(19)])

    expect(page.locator("#queue > li")).to_have_count(22)
    expect(state).to_be_empty()


def test_the_focus_goes_to_what_can_be_done_next(page, site):
    choose(page, file("a.jpg", pictures.small_painting(103)), file("empty.jpg", pictures.empty()))
    page.get_by_role("button", name="Remove a.jpg").press("Enter")
    expect(page.locator("#other")).to_be_focused()

    choose(page, file("cut-off.jpg", pictures.cut_off_jpeg()))
    page.locator("#send").press("Enter")
    expect(page.locator("#upload-errors")).not_to_be_empty()
    expect(page.locator("#send")).to_be_focused()


def test_the_focus_stays_with_a_picture_while_it_is_sent(page, site):
    sign_up(page, site)
    choose(page, *(file(f"{n}.jpg", pictures.small_painting(n)) for n in (110, 111)))
    first = page.locator("#queue > li").first
    with held_up(page, "**/predictions/new/"):
        page.locator("#send").press("Enter")
        expect(first).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Cancel 110.jpg")).to_be_focused()

    expect(page.locator("#queue .sent")).to_have_count(2, timeout=SLOW_MS)
    expect(first).to_be_focused()


def test_what_a_visitor_may_still_send_is_told_only_while_it_is_true(page, site):
    left = page.locator("#pictures-left")
    choose(page, *(file(f"{n}.jpg", pictures.small_painting(n)) for n in (112, 113)))
    page.locator("#send").click()
    expect(page.locator("#queue .sent")).to_have_count(2, timeout=SLOW_MS)
    expect(left).to_have_count(0)

    choose(page, file("last.jpg", pictures.small_painting(114)))
    expect(left).to_have_text("You can try one more picture today without an account.")
    page.locator("#send").click()
    page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"))
    page.go_back()
    expect(page.get_by_text("That was your last picture without an account today.")).to_be_visible()


def test_a_picture_that_the_browser_cannot_show_leaves_words_and_no_empty_frame(page, site):
    choose(page, {"name": "scan.tiff", "mimeType": "image/tiff", "buffer": pictures.tiff()})

    expect(page.locator("#queue")).to_contain_text("This browser cannot show this picture.")
    expect(page.locator("#drop-zone")).to_be_hidden()
    expect(page.locator("#send")).to_be_visible()


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

    ((width, height, edit),) = site.query(
        "SELECT width, height, edit FROM classifier_prediction WHERE id = %s", id_of(page)
    )
    left, top, across, down, turns = map(int, edit.split(","))
    assert cut > 20
    assert (top, down, turns) == (0, 360, 1)
    assert left == pytest.approx(
        480 * cut / 100, abs=2
    )  # what is on top after turning was at the left before
    assert left + across == 480
    assert (width, height) == (360, across)


def test_the_kept_picture_is_cut_anew_from_its_page(page, site):
    send(page, "a.jpg", pictures.small_painting(71))
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)
    before = id_of(page)

    page.get_by_role("link", name="Crop or turn").click()
    expect(page.locator("canvas.editor-canvas")).to_be_visible()
    page.get_by_label("Turn it").select_option("To the right")
    page.get_by_label("Cut off left, percent").focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    shoot(page, "crop-anew")
    page.get_by_role("button", name="What style is this part?").click()
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

    rows = site.query(
        "SELECT id::text, sha256, edit FROM classifier_prediction WHERE sha256 = (SELECT sha256 FROM classifier_prediction WHERE id = %s)",
        before,
    )
    assert {row[0] for row in rows} == {before, id_of(page)}
    assert len({row[1] for row in rows}) == 1
    assert sorted(row[2] for row in rows)[0] == ""
    page.get_by_role("link", name="(all of it)").or_(page.locator(".other-cuts a")).first.click()
    page.wait_for_url(f"**/{before}/")


def test_the_kept_picture_is_cut_anew_without_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False, base_url=site.url)
    page = context.new_page()
    send(page, "a.jpg", pictures.small_painting(72))
    before = id_of(page)

    page.goto(f"/predictions/{before}/crop/")
    page.get_by_label("Cut off top, percent").fill("50")
    page.get_by_role("button", name="What style is this part?").click()

    ((edit,),) = site.query("SELECT edit FROM classifier_prediction WHERE id = %s", id_of(page))
    assert edit == "0,180,480,180,0"
    context.close()


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        (lambda route: route.abort("connectionreset"), "The connection was lost."),
        (
            lambda route: route.fulfill(status=503, body="<p>Back in a moment.</p>"),
            "Our memory does not answer",
        ),
    ],
    ids=["line", "database"],
)
def test_what_is_lost_on_the_way_is_said_and_tried_again(page, site, fail, words):
    failures = iter([True, False])

    def lose_the_first(route):
        if next(failures):
            fail(route)
        else:
            route.continue_()

    page.route("**/predictions/new/", lose_the_first)
    choose(page, file("a.jpg", pictures.small_painting(64)))

    page.get_by_role("button", name="What style is it?").click()

    expect(page.locator("#queue")).to_contain_text(words)
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
    wait_for_script(page, "() => document.activeElement.closest('[data-lightbox] .label') !== null")

    page.locator("#similar-works li").first.wait_for()
    page.get_by_label("Style", exact=True).select_option("cubism")
    [(cubist,)] = site.query(  # other tests may have added some
        "select count(*) from gallery_artwork work join gallery_style style on style.id = work.style_id "
        "where style.slug = 'cubism' and work.is_published"
    )
    expect(page.locator("#similar-works li")).to_have_count(cubist, timeout=SLOW_MS)
    expect(page.locator("#similar-works")).to_contain_text(
        "One painting, the nearest first." if cubist == 1 else f"{cubist} paintings, the nearest first."
    )

    maps = page.locator("[data-why]")
    expect(maps).to_have_count(3)
    maps.first.press("Enter")
    expect(page.locator(".why-map")).to_be_visible()
    page.get_by_label("How strong").fill("30")
    expect(page.locator(".why-map")).to_have_css("opacity", "0.3")
    page.get_by_role("button", name="Turn off").press("Enter")
    expect(page.locator(".why-map")).to_have_count(0)
    shoot(page, "answer-explained")

    page.locator(".swatches a").first.click()
    expect(page.get_by_role("heading", name="Paintings with this")).to_be_visible()


@pytest.fixture
def answer(page, site):
    """A page with paintings that look alike."""
    send(page, "a.jpg", pictures.small_painting(81))
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)
    page.locator("#similar-works li").first.wait_for()
    return page


def test_the_picture_stays_in_view_beside_the_answer_and_lies_over_nothing_that_follows(answer):
    picture, narrow = answer.locator(".room-picture .frame"), answer.locator(".alike-filter")

    answer.locator("#feedback").evaluate("part => part.scrollIntoView({ behavior: 'instant' })")
    assert 0 < picture.bounding_box()["y"] < 40

    for part in (narrow, answer.locator("#artists")):
        part.evaluate("part => part.scrollIntoView({ behavior: 'instant' })")
        box = picture.bounding_box()
        assert box["y"] + box["height"] < narrow.bounding_box()["y"]


def test_narrowed_paintings_stay_so_until_they_are_cleared(answer):
    works = answer.locator("#similar-works .wall > li")
    style = answer.get_by_label("Style", exact=True)
    count = works.count()

    style.select_option("cubism")
    expect(works).not_to_have_count(count)
    narrowed = works.count()
    another_language = answer.locator(".languages [name=next]")
    expect(another_language).to_have_value(re.compile(r"\?style=cubism$"))
    answer.reload()
    expect(style).to_have_value("cubism")
    expect(works).to_have_count(narrowed)

    answer.get_by_role("link", name="Clear").click()
    expect(works).to_have_count(count)
    expect(style).to_have_value("")
    answer.go_back()
    expect(works).to_have_count(narrowed)


def test_narrowing_that_does_not_get_through_says_so_until_it_does(answer):
    trouble = answer.get_by_text("That did not get through.")
    style = answer.get_by_label("Style", exact=True)
    answer.route("**/similar/?*", lambda call: call.abort("connectionreset"))

    style.select_option("cubism")
    expect(trouble).to_be_visible()

    answer.unroute("**/similar/?*")
    style.select_option("realism")
    expect(trouble).to_have_count(0)
    expect(answer).to_have_url(re.compile(r"\?style=realism$"))


def test_a_choice_that_replaces_another_one_under_way_is_no_trouble(answer):
    style = answer.get_by_label("Style", exact=True)
    answer.route("**/similar/?style=cubism*", lambda call: None)  # never answered
    with answer.expect_request("**/similar/?style=cubism*"):
        style.select_option("cubism")

    with answer.expect_event("requestfailed"):
        style.select_option("realism")

    expect(answer).to_have_url(re.compile(r"\?style=realism$"))
    expect(answer.get_by_text("That did not get through.")).to_have_count(0)


def test_narrowing_when_the_session_has_ended_shows_what_is_so(answer):
    answer.context.clear_cookies()

    answer.get_by_label("Style", exact=True).select_option("cubism")

    expect(answer.locator("#result")).to_have_count(0)


# While waiting


def test_the_answer_appears_in_place_and_is_announced(page, site):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/result/" in request.url else None)
    choose(page, file("a.jpg", pictures.small_painting(73)))
    expect(page.locator("img.preview")).to_be_visible()  # at once, from the file itself
    page.get_by_role("button", name="What style is it?").click()
    page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"), timeout=SLOW_MS)
    page.evaluate("window.stayed = true")

    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

    assert page.evaluate("window.stayed")  # no other page came
    expect(page.locator("#announcement")).to_contain_text("The answer is here.")
    assert page.locator("#announcement").get_attribute("role") == "status"
    count = len(asked)
    page.wait_for_timeout(1200)
    assert len(asked) == count  # and nobody asks any more


def test_a_page_that_waits_survives_a_lost_connection(page, site):
    is_lost = True
    page.route("**/result/", lambda route: route.abort("connectionreset") if is_lost else route.continue_())
    with without_worker(site):
        send(page, "a.jpg", pictures.small_painting(74))
        expect(page.locator("#connection")).to_contain_text("Nothing is lost", timeout=SLOW_MS)
        is_lost = False
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

    expect(page.locator("#connection")).to_be_empty()


HIDE = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => window.isAway });
  window.goAway = (isAway) => { window.isAway = isAway; document.dispatchEvent(new Event("visibilitychange")); };
}"""


def test_a_hidden_tab_asks_nothing_and_a_shown_one_at_once(page, site):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/result/" in request.url else None)
    with without_worker(site):
        send(page, "a.jpg", pictures.small_painting(79))
        page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"), timeout=SLOW_MS)
        with page.expect_request("**/result/", timeout=SLOW_MS):
            pass
        page.evaluate(HIDE)
        page.evaluate("goAway(true)")
        page.wait_for_timeout(500)  # for what was on its way
        count = len(asked)
        page.wait_for_timeout(2500)
        assert len(asked) == count
        with page.expect_request("**/result/"):
            page.evaluate("goAway(false)")
        page.evaluate("goAway(true)")
    page.evaluate("goAway(false)")
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)


def test_who_did_not_wait_is_told_by_mail_with_the_plot(page, site):
    address = sign_up(page, site)
    page.goto("/account/")
    page.locator("#mails input[type=checkbox]").check()
    page.locator("#mails button").click()
    expect(page.get_by_role("status").first).to_contain_text("Your choice is kept.")
    with without_worker(site):
        send(page, "a.jpg", pictures.small_painting(80))
        page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"), timeout=SLOW_MS)
        answer = page.url
        page.goto("about:blank")
        site.query(  # as if it had waited for a minute
            "UPDATE classifier_prediction SET created_at = created_at - interval '1 minute' WHERE id = %s RETURNING id",
            answer.rstrip("/").split("/")[-1],
        )

    def mail() -> email.message.EmailMessage | None:
        found = [
            one
            for file in (site.data_dir / "mail").iterdir()
            if (one := email.message_from_bytes(file.read_bytes(), policy=email.policy.default))["to"]
            == address
        ]
        return next((one for one in found if one["subject"] == "StyleArt: Your answer is here"), None)

    message = live.wait_until(mail, timeout_s=60)
    parts = {part.get_content_type(): part for part in message.walk()}
    assert Image.open(io.BytesIO(parts["image/png"].get_content())).format == "PNG"
    assert parts["image/png"]["content-id"] == "<plot>"
    assert "cid:plot" in parts["text/html"].get_content()
    (link,) = re.findall(r"http\S+/predictions/\S+", parts["text/plain"].get_content())
    assert link == answer
    page.goto(link)
    verdict = page.get_by_role("heading", level=1).inner_text()
    assert verdict in parts["text/plain"].get_content()


def test_a_double_click_sends_once_and_the_back_button_leads_back(page, site):
    choose(page, file("a.jpg", pictures.small_painting(75)))

    page.get_by_role("button", name="What style is it?").dblclick()
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

    ((count,),) = site.query(
        "SELECT count(*) FROM classifier_prediction WHERE visitor = (SELECT visitor FROM classifier_prediction WHERE id = %s)",
        id_of(page),
    )
    assert count == 1
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Show a painting and learn its style.")
    page.go_forward()
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)


# What the eye sees first has the focus first

ORDER = """() => {  // works on a wall hang beside each other: a control is compared within its work, and a work with its neighbour
  const box = (one) => { const { top, bottom } = one.getBoundingClientRect(); return { top, bottom }; };
  const places = [...document.querySelectorAll("#main a[href], #main button, #main input, #main select, #main summary")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0 && !one.disabled && !one.closest(".next-action"))
    .map((one) => ({ work: one.closest(".wall > li"), one, words: one.textContent.trim().slice(0, 40) || one.id }));
  return places.slice(1).filter((place, number) => {
    const before = places[number];
    const isOneWork = place.work === before.work;
    const upper = box(isOneWork ? before.one : before.work ?? before.one), lower = box(isOneWork ? place.one : place.work ?? place.one);
    return lower.bottom <= upper.top;
  }).map((place) => place.words);
}"""
PARTS = [".room-picture", "#verdict", "#plot", "#why", "#similar", "#artists"]


def test_on_a_phone_the_answer_reads_from_top_to_bottom_as_its_code_does(page, site):
    page.set_viewport_size({"width": 390, "height": 844})
    send(page, "a.jpg", pictures.small_painting(76))
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

    tops = [page.locator(part).bounding_box()["y"] for part in PARTS]

    assert tops == sorted(tops)
    assert page.evaluate(ORDER) == []
    action = page.get_by_role("link", name="Send another picture").bounding_box()
    assert 844 / 2 < action["y"] <= 844 - action["height"]  # within a thumb's reach, without scrolling
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_on_a_phone_the_map_is_seen_where_it_is_asked_for(page, site):
    page.set_viewport_size({"width": 390, "height": 844})
    send(page, "a.jpg", pictures.small_painting(77))
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

    page.locator("[data-why]").first.click()

    expect(page.locator(".why-picture .why-map")).to_be_in_viewport()
    expect(page.locator("#why-words")).to_contain_text("Shown over your picture")
    page.get_by_role("button", name="Turn off").click()
    expect(page.locator(".why-picture")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_answer_is_whole_at_every_width(page, site, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    send(page, "a.png", turned_png())
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)
    page.locator(".plot summary").first.click()

    bars = page.locator("#plot ~ .bars li, .plot details .bars li")
    widths = [
        float(bar.get_attribute("width").rstrip("%"))
        for bar in page.locator(".plot .bars .bar rect:last-child").all()
    ]
    assert widths == sorted(widths, reverse=True)
    assert bars.count() == len(inference.model_card()["labels"])
    page.locator(".plot-name a").first.focus()
    expect(page.locator(".plot .bars li").first.locator(".exact")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=SCREENSHOTS / f"answer-{scheme}-{width}.png", full_page=True)


def test_the_plot_is_taken_along_as_svg_and_png(page, site):
    send(page, "a.jpg", pictures.small_painting(78))
    expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

    for kind, start in [("SVG", b"<?xml"), ("PNG", b"\x89PNG")]:
        with page.expect_download() as download:
            page.get_by_role("link", name=kind, exact=True).click()
        assert download.value.path().read_bytes().startswith(start)

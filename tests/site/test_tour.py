"""A tour of the whole site at the sizes of desks and phones, in light and dark, with axe looking on.

What it sees is kept under screenshots/tour/, with everything axe finds in findings.txt there.
"""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests import pictures
from tests.site.touring import PHONE, SHOTS, SIDEWAYS, SLOW_MS, STATES, House, look_at, name_of

pytestmark = pytest.mark.browser
NARROW = {"width": 320, "height": 640}  # also what 1280 px are at 400 %
TABLET = {"width": 768, "height": 1024}


@pytest.fixture(scope="module")
def house(site, browser) -> House:
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / "findings.txt").write_text("")
    return House(site, browser).open()


# Every page, in light and dark, at a desk and on a phone


@pytest.mark.parametrize("who", ["visitor", "owner", "curator"])
def test_axe_finds_nothing_serious_on_any_page(house, who):
    addresses = {
        "visitor": house.for_visitors,
        "owner": house.for_owners,
        "curator": house.for_curators,
    }[who]()
    wrong = []
    with house.visit(who) as page:
        for address in addresses:
            answer = page.goto(address)
            assert answer.status == (404 if address == "/no-such-page/" else 200), address
            wrong += look_at(page, f"{who}-{name_of(address)}")

    assert wrong == []


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious_in_any_state_of_an_answer(house, state):
    with house.as_if(STATES[state]), house.visit("owner") as page:
        page.goto(house.answer)

        assert look_at(page, f"answer-{state}") == []


def test_axe_finds_nothing_serious_in_what_opens(house):
    with house.visit("owner") as page:
        page.goto(house.answer)
        page.locator("details.menu summary").click()
        for folded in page.locator("main details").all():
            folded.evaluate("details => details.open = true")
        wrong = look_at(page, "answer-unfolded")
        page.keyboard.press("Escape")
        page.locator("[data-look]").click()
        wrong += look_at(page, "lightbox")
        page.goto("/accounts/login/")
        page.goto("/")
        page.set_input_files("input[name=image]", a_file(45))
        page.get_by_role("button", name="Crop or turn").click()
        wrong += look_at(page, "home-crop")

    assert wrong == []


def test_axe_finds_nothing_serious_where_a_form_is_refused(house):
    with house.visit() as page:
        page.goto("/accounts/login/")
        page.fill("input[name=login]", "nobody@example.org")
        page.fill("input[name=password]", "wrong-on-purpose")
        page.locator("main form button[type=submit]").first.click()
        expect(page.locator("main .errorlist").first).to_be_visible()
        wrong = look_at(page, "login-refused")
        page.locator("[name=csrfmiddlewaretoken]").first.evaluate("field => field.value = ''")
        page.locator("main form").first.evaluate("form => form.submit()")
        expect(page.locator("main .errorlist")).to_have_count(0)
        wrong += look_at(page, "403-csrf")

    assert wrong == []


# By keyboard alone


def a_file(seed: int) -> dict:
    return {"name": f"{seed}.jpg", "mimeType": "image/jpeg", "buffer": pictures.small_painting(seed)}


FOCUSED = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const label = one.id && document.querySelector(`label[for="${one.id}"]`);  // the file's field shows its focus there
  const shown = label ? getComputedStyle(label) : style;
  const has = (of) => of.outlineStyle !== "none" && parseFloat(of.outlineWidth) >= 2;
  return { name: (one.ariaLabel || one.textContent || one.name || one.tagName).trim().slice(0, 40), isSeen: has(style) || has(shown), isBody: one === document.body };
}"""


def tab_to(page: Page, goal, *, steps: int = 150) -> None:
    """Press Tab until `goal` has the focus, as somebody without a mouse does."""
    for _ in range(steps):
        page.keyboard.press("Tab")
        if goal.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{goal} cannot be reached by the Tab key")


def test_the_main_path_goes_by_keyboard_alone(house):
    with house.visit("owner") as page:
        page.on("filechooser", lambda _chooser: None)  # asked for only then, the first one may be missed
        page.goto("/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
        page.keyboard.press("Enter")
        tab_to(page, page.locator("input[name=image]"), steps=5)
        with page.expect_file_chooser() as chooser:
            page.keyboard.press(" ")
        chooser.value.set_files(a_file(51))
        tab_to(page, page.locator("#send"))
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/predictions/[0-9a-f-]{36}/"))
        expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)

        maps = page.locator("[data-why]")
        tab_to(page, maps.first)
        page.keyboard.press(" ")
        expect(page.locator(".why-map")).to_be_visible()
        tab_to(page, page.locator("#why-strength"))
        for _ in range(4):
            page.keyboard.press("ArrowLeft")
        expect(page.locator(".why-map")).to_have_css("opacity", "0.6")
        tab_to(page, page.locator("#why-off"))
        page.keyboard.press("Enter")
        expect(maps.first).to_be_focused()

        tab_to(page, page.locator(".feedback-choices button").first)
        page.keyboard.press("Enter")
        expect(page.get_by_text("You said this is right.")).to_be_visible()

        alike = page.locator("#similar-works li")
        all_of_them = alike.count()
        tab_to(page, page.get_by_label("Style", exact=True))
        page.keyboard.type("Cubism")
        expect(alike).not_to_have_count(all_of_them, timeout=SLOW_MS)
        tab_to(page, page.locator("[data-look]"))
        page.keyboard.press("Enter")
        box = page.get_by_role("dialog")
        expect(box).to_be_visible()
        for _ in range(6):  # no way out of it by Tab
            page.keyboard.press("Tab")
            assert page.evaluate("!document.activeElement.closest('main')")
        page.keyboard.press("Escape")
        expect(box).to_be_hidden()

        page.keyboard.press("Home")
        page.locator(".wordmark").focus()
        tab_to(page, page.get_by_role("link", name="Your pictures").first)
        page.keyboard.press("Enter")
        page.wait_for_url("**/predictions/")
        tab_to(page, page.locator("details.menu summary"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Your account")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Your account")).to_be_hidden()
        expect(page.locator("details.menu summary")).to_be_focused()
        tab_to(page, page.locator(".languages button[value=de]"), steps=300)
        page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        page.locator(".languages button[value=en]").click()  # the account remembers it
        expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("address", ["/", "answer", "/artworks/", "/search/?q=study", "/accounts/login/"])
def test_whatever_has_the_focus_shows_it_and_nothing_holds_it(house, address):
    """Tab walks through all of the page and out of it at the end."""
    with house.visit("owner" if address == "answer" else "visitor") as page:
        page.goto(house.answer if address == "answer" else address)
        unseen = []
        for _ in range(400):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if focused["isBody"]:
                break
            if not focused["isSeen"]:
                unseen.append(focused["name"])
        else:
            raise AssertionError("Tab does not come to an end")

    assert unseen == []


# Larger, narrower, calmer, other colours


@pytest.mark.parametrize("who", ["visitor", "owner"])
def test_nothing_scrolls_sideways_at_320_px(house, who):
    """The same as 1280 px enlarged to 400 %; 200 % leaves more room than that."""
    addresses = house.for_visitors() if who == "visitor" else house.for_owners()
    wide = []
    with house.visit(who, viewport=NARROW) as page:
        for address in addresses:
            page.goto(address)
            if page.evaluate(SIDEWAYS):
                wide.append((address, page.evaluate("document.documentElement.scrollWidth")))
        page.goto(house.answer if who == "owner" else "/")
        page.screenshot(path=SHOTS / f"320-{who}.png")

    assert wide == []


def test_text_twice_as_large_loses_nothing(house):
    with house.visit("owner", viewport=TABLET) as page:
        for address in ["/", house.answer, "/predictions/", "/artworks/"]:
            page.goto(address)
            page.evaluate("document.documentElement.style.fontSize = '200%'")

            assert not page.evaluate(SIDEWAYS), address
        page.screenshot(path=SHOTS / "text-200.png")


def test_who_wants_no_motion_gets_none(house):
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
      const style = getComputedStyle(one);
      const long = (value) => value.split(",").some((part) => parseFloat(part) > 0.01);
      return (style.animationName !== "none" && long(style.animationDuration)) || long(style.transitionDuration);
    }).map((one) => one.tagName + "." + one.className)"""
    with house.visit("owner") as page:
        for address in ["/", house.answer, "/chronology/"]:
            page.goto(address)

            assert page.evaluate(moving) == [], address
            assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_with_the_colours_of_the_system_bars_and_controls_are_still_seen(house):
    with house.visit("owner", forced_colors="active") as page:
        page.goto(house.answer)
        bar = page.locator(".plot .bars .bar rect").last
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")

        assert bar.evaluate("one => getComputedStyle(one).fill") != ground
        page.locator(".site-header a").first.focus()
        page.screenshot(path=SHOTS / "forced-colours.png")
        edge = page.locator("button.quiet").first.evaluate("one => getComputedStyle(one).borderTopStyle")
        assert edge == "solid"


# What a screen reader is told


def test_the_answer_reads_well_to_a_screen_reader(house):
    with house.as_if("certainty = 'sure'"), house.visit("owner") as page:
        page.goto(house.answer)

        expect(page.locator("body")).to_match_aria_snapshot("""
            - link "Skip to the content"
            - banner:
              - link "StyleArt"
              - navigation "Main":
                - link "Styles"
              - navigation "Account"
            - main:
              - article:
                - figure:
                  - img "Your picture"
                - region /This is .+/:
                  - heading /This is .+/ [level=1]
                  - status: /The answer is here. This is .+/
                  - region "The styles in it":
                    - heading "The styles in it" [level=2]
                    - list:
                      - listitem
                - region "Paintings that look like it":
                  - heading "Paintings that look like it" [level=2]
                  - form "Narrow the paintings"
                - region "Artists to know"
              - paragraph:
                - link "Send another picture"
            - contentinfo:
              - form "Language"
            """)
        levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map((one) => +one.tagName[1])")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("state", ["waiting", "slow", "failed"])
def test_what_happens_instead_of_an_answer_is_said(house, state):
    with house.as_if(STATES[state]), house.visit("owner") as page:
        page.goto(house.answer)

        said = page.locator("main [role=status][aria-live=polite]")
        expect(said).to_have_count(1)
        expect(said).to_contain_text(
            {"waiting": "It takes a moment.", "slow": "Yours is next.", "failed": " "}[state]
        )
        expect(page.get_by_role("heading", level=1)).to_have_count(1)


# What it weighs


def test_the_answer_is_light_and_no_script_holds_it_up(house, capsys):
    with house.visit("owner", viewport=PHONE) as page:
        sent = {}
        page.on("response", lambda answer: sent.setdefault(answer.url, answer))
        page.goto(house.answer, wait_until="networkidle")
        weights = {
            url: sum(answer.request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize"))
            for url, answer in list(sent.items())  # asking for sizes lets more come in
            if answer.request.resource_type != "image"
        }
        raw = [
            url
            for url, answer in list(sent.items())
            if re.search(r"\.(css|js)$|/$", url) and answer.header_value("content-encoding") != "gzip"
            if weights.get(url, 0) > 1500
        ]
        holding = page.locator("script[src]:not([defer]):not([async])").evaluate_all(
            "all => all.map((one) => one.src)"
        )
    with capsys.disabled():
        print(  # noqa: T201 - for whoever runs the tests
            f"\nThe answer's page without pictures: {sum(weights.values()) / 1000:.1f} kB, "
            f"{len(weights)} files, {sum(weights[url] for url in holding)} B of scripts hold it up"
        )

    assert raw == []
    assert sum(weights.values()) <= 150_000
    assert all(weights[url] <= 30_000 for url in holding)

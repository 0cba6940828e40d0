"""What the tour walks through: people with their sessions, their pictures, and the addresses of all pages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests import live, pictures
from tests.site.test_journey import SCREENSHOTS, send, sign_up

SHOTS = SCREENSHOTS / "tour"
SLOW_MS = 60_000
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
CURATOR = ("curator@example.org", "hang-it-higher")
# Everything axe knows about WCAG 2.2 AA; its best practices are ours, too.
ALL_RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
SIDEWAYS = (
    "document.documentElement.scrollWidth > document.documentElement.clientWidth"  # without the scroll bar
)
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
# What the row of an answer is made to be, for a page that one rarely meets.
STATES = {
    "waiting": "status = 'queued', sent_at = now() + interval '1 hour', created_at = now() + interval '1 minute'",
    "slow": "status = 'queued', sent_at = now() + interval '1 hour', created_at = now() - interval '1 hour'",
    "failed": "status = 'failed', error_code = 'unreadable_image'",
    "sure": "certainty = 'sure'",
    "likely": "certainty = 'likely'",
    "unsure": "certainty = 'unsure'",
    "not-a-painting": "certainty = 'not_a_painting'",
}


@dataclass
class House:
    """The running site with somebody who has sent pictures, and a curator; `cookies` is what browsers keep of each."""

    site: live.LiveSite
    browser: Browser
    answer: str = ""
    other: str = ""
    shared: str = ""
    cookies: dict[str, dict | None] = field(default_factory=lambda: {"visitor": None})

    @contextmanager
    def visit(self, who: str = "visitor", **options: object) -> Iterator[Page]:
        """A fresh window of `visitor`, `owner` or `curator`. Nothing moves in it, so that nothing is measured half-way."""
        options = {"viewport": DESKTOP, "reduced_motion": "reduce"} | options
        context = self.browser.new_context(base_url=self.site.url, storage_state=self.cookies[who], **options)
        context.set_default_timeout(SLOW_MS)
        try:
            yield context.new_page()
        finally:
            context.close()

    def open(self) -> "House":
        with self.visit() as page:
            sign_up(page, self.site)
            self.answer = self._send(page, 41)
            self.other = self._send(page, 42)
            trashed = self._send(page, 43)
            page.get_by_role("button", name=re.compile("Delete")).first.click()
            page.wait_for_url(lambda url: trashed not in url)
            page.goto(self.answer)
            page.get_by_role("button", name="Make a link").click()
            self.shared = page.get_by_role("link", name="See the page").get_attribute("href")
            self.cookies["owner"] = page.context.storage_state()
        with self.visit() as page:
            page.goto("/accounts/login/?next=/admin/")
            page.fill("input[name=login]", CURATOR[0])
            page.fill("input[name=password]", CURATOR[1])
            page.locator("main form button[type=submit]").first.click()
            page.wait_for_url("**/admin/")
            self.cookies["curator"] = page.context.storage_state()
        return self

    def _send(self, page: Page, seed: int) -> str:
        send(page, f"{seed}.jpg", pictures.small_painting(seed))
        expect(page.locator("#result table")).to_be_attached(timeout=SLOW_MS)
        return page.url.removeprefix(self.site.url)

    def ask(self, sql: str) -> str:
        """The first value of the first row."""
        return self.site.query(sql)[0][0]

    @contextmanager
    def as_if(self, change: str) -> Iterator[None]:
        """The answer's row with some columns changed, and as before afterwards."""
        pk = self.answer.split("/")[2]
        columns = [part.partition("=")[0].strip() for part in change.split(", ")]
        (before,) = self.site.query(
            f"SELECT {', '.join(columns)} FROM classifier_prediction WHERE id = %s",  # noqa: S608 - our own words
            pk,
        )
        self._update(change, pk)
        try:
            yield
        finally:
            self._update(", ".join(f"{column} = %s" for column in columns), *before, pk)

    def _update(self, change: str, *values: object) -> None:
        self.site.query(
            f"UPDATE classifier_prediction SET {change} WHERE id = %s RETURNING id",  # noqa: S608 - our own words
            *values,
        )

    # Addresses

    def for_visitors(self) -> list[str]:
        work = self.ask("SELECT min(id) FROM gallery_artwork")
        artist = self.ask("SELECT slug FROM gallery_artist ORDER BY id LIMIT 1")
        return [
            "/",
            "/styles/",
            "/styles/cubism/",
            "/artists/",
            f"/artists/{artist}/",
            "/artworks/",
            f"/artworks/{work}/",
            "/search/?q=study",
            "/search/?q=nothing-is-called-so",
            "/colours/7a5c3d/",
            "/chronology/",
            "/model/",
            "/data/",
            "/about/",
            self.shared,
            "/predictions/",
            "/accounts/login/",
            "/accounts/signup/",
            "/accounts/password/reset/",
            "/accounts/logout/",
            "/no-such-page/",
            "/api/v1/docs/",
        ]

    def for_owners(self) -> list[str]:
        first, second = (address.split("/")[2] for address in (self.answer, self.other))
        return [
            "/",
            self.answer,
            f"{self.answer}crop/",
            "/predictions/",
            "/predictions/trash/",
            "/predictions/styles/",
            f"/predictions/compare/?first={first}",
            f"/predictions/compare/?first={first}&second={second}",
            "/account/",
            "/account/delete/",
            "/accounts/email/",
            "/accounts/password/change/",
            "/accounts/2fa/",
            "/accounts/2fa/totp/activate/",
            "/accounts/sessions/",
            "/accounts/logout/",
        ]

    def for_curators(self) -> list[str]:
        work = self.ask("SELECT min(id) FROM gallery_artwork")
        artist = self.ask("SELECT min(id) FROM gallery_artist")
        return [
            "/admin/",
            "/admin/gallery/artwork/",
            f"/admin/gallery/artwork/{work}/change/",
            f"/admin/gallery/artwork/{work}/history/",
            "/admin/gallery/artist/",
            f"/admin/gallery/artist/{artist}/change/",
            "/admin/gallery/style/",
            "/admin/gallery/change/",
            "/admin/scraper/importrun/",
            "/admin/scraper/importrun/add/",
            "/admin/password_change/",
        ]


def name_of(address: str) -> str:
    """A file's name for the page at this address: identifiers say nothing."""
    address = re.sub(r"[0-9a-f-]{36}", "x", address)
    return re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-") or "home"


# Sizes and lights cross for contrast; all the other rules look twice, as what they ask is written but once.
LOOKS = [
    ("desktop", "light", CONTRAST),
    ("desktop", "dark", ALL_RULES),
    ("phone", "dark", CONTRAST),
    ("phone", "light", ALL_RULES),
]
BRIEF_LOOKS = [
    ("desktop", "dark", ALL_RULES),
    ("phone", "light", ALL_RULES),
]  # where the layout is a known one
ONE_LOOK = [("phone", "dark", ALL_RULES)]  # where all of the page is, and only its words are others


def looks(page: Page, wanted: list[tuple[str, str, dict]]) -> Iterator[tuple[str, dict]]:
    """The page in each size and light, one after the other, with what axe is asked then."""
    for size, scheme, asked in wanted:
        page.set_viewport_size({"desktop": DESKTOP, "phone": PHONE}[size])
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        yield f"{size}-{scheme}", asked


def look_at(page: Page, name: str, wanted: list[tuple[str, str, dict]] = LOOKS) -> list[str]:
    """What is wrong with the page in any size and light; all that axe finds goes into the file."""
    wrong = []
    for look, asked in looks(page, wanted):
        found = [f"{name} {look}: {line}" for line in findings(page, asked)]
        with (SHOTS / "findings.txt").open("a") as file:
            file.writelines(f"{line}\n" for line in found)
        wrong += [line for line in found if is_grave(line)]
        if page.evaluate(SIDEWAYS):
            wrong.append(f"{name} {look}: scrolls sideways")
        page.screenshot(path=SHOTS / f"{name}-{look}.png")
    return wrong


def is_grave(finding: str) -> bool:
    """Serious or critical, and ours to mend: Swagger draws the links of its list inside buttons."""
    is_swaggers_own = "nested-interactive" in finding and ".opblock" in finding
    return re.search(": (serious|critical) ", finding) is not None and not is_swaggers_own


def findings(page: Page, asked: dict) -> list[str]:
    """What axe finds, a line for each: how bad, which rule, where, why."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": asked}).response["violations"]
    return [
        f"{rule['impact']} {rule['id']}: {node['target']} {' '.join(node['html'].split())[:160]} "
        + "; ".join(check["message"] for check in [*node["any"], *node["all"], *node["none"]][:1])
        for rule in found
        for node in rule["nodes"]
    ]

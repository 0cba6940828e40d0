"""What pages weigh and how soon they stand on a phone: python -m benchmarks.pages [--rounds N] [--times].

Starts the whole site on data of its own, sends a picture, and opens the main pages in headless Chromium as a
phone that has never been here: 390 px wide, "Slow 4G" as Lighthouse names it (1.6 Mbit/s down, 750 kbit/s up,
150 ms there and back) and a processor four times slower than this one. Prints bytes as they were sent, by kind;
scripts that hold the page up, and their bytes; the largest paint and the layout's shift. Exits with 1 where a
page misses a goal: without pictures at most 150 kB, no script that holds up over 30 kB, the largest paint within
1.5 s, a shift below 0.05. Times say something on an idle machine only, so they count with --times alone.
"""

import argparse
import os
import statistics
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests import live, pictures

PHONE = {"width": 390, "height": 844}
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
CPU_SLOWDOWN = 4
SETTLE_MS = 1500  # after everything has come: the largest paint and late shifts
MOST_BYTES, MOST_BLOCKING_BYTES, MOST_LCP_MS, MOST_CLS = 150_000, 30_000, 1500, 0.05
KINDS = {
    "Document": "html",
    "Stylesheet": "css",
    "Script": "js",
    "Font": "fonts",
    "Image": "pictures",
    "XHR": "later",
    "Fetch": "later",
}
COLUMNS = ["html", "css", "js", "fonts", "pictures", "later", "other"]
# Asked for before the page asks, so that nothing is missed.
WATCH = """
window.seen = { lcp: 0, element: "", cls: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { element } = entry;
    seen.lcp = entry.startTime;
    seen.element = element ? element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") : "";
  }
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.cls += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
BLOCKING = """() => performance.getEntriesByType("resource")
  .filter((entry) => entry.initiatorType === "script" && entry.renderBlockingStatus === "blocking")
  .map((entry) => entry.transferSize)"""


@dataclass
class Visit:
    """One page opened once: bytes as sent (headers included) by kind, and what the browser measured."""

    sent: Counter = field(default_factory=Counter)
    requests: int = 0
    blocking: list[int] = field(default_factory=list)
    lcp_ms: float = 0.0
    element: str = ""
    cls: float = 0.0

    @property
    def without_pictures(self) -> int:
        return sum(self.sent.values()) - self.sent["pictures"]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each page is opened; medians count (3)"
    )
    parser.add_argument("--times", action="store_true", help="let a largest paint that comes late fail, too")
    parser.add_argument("--only", default="", help="only pages with this word in their names")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="styleart-pages-") as folder:
        site = live.LiveSite(Path(folder) / "var", READ_DOTENV="false", SAMPLE_STUDIES_PER_STYLE="3")
        site.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=live.find_browser(), args=live.BROWSER_OPTIONS
                )
                visits = measure(browser, site, arguments.rounds, arguments.only)
                browser.close()
        finally:
            site.stop()
    show(visits)
    misses = [miss for name, visit in visits.items() for miss in misses_of(name, visit, arguments.times)]
    print("\n" + ("\n".join(misses) or "All goals are met."))
    return 1 if misses else 0


def measure(browser: Browser, site: live.LiveSite, rounds: int, only: str = "") -> dict[str, Visit]:
    """Each page's median visit, by the page's name."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    answer = send_a_picture(page)
    cookies = context.storage_state()
    context.close()
    ((work,),) = site.query("SELECT min(id) FROM gallery_artwork")
    pages = {
        "home": "/",
        "answer": answer,
        "style": "/styles/cubism/",
        "artwork": f"/artworks/{work}/",
        "artworks": "/artworks/",
        "history": "/predictions/",
        "chronology": "/chronology/",
    }
    pages = {name: address for name, address in pages.items() if only in name}
    for address in pages.values():  # copies of pictures are made when first asked for; this is not about them
        open_once(browser, site.url, address, cookies)
    return {
        name: median([open_once(browser, site.url, address, cookies) for _ in range(rounds)])
        for name, address in pages.items()
    }


def send_a_picture(page: Page) -> str:
    """The address of its answer."""
    page.goto("/")
    page.set_input_files(
        "input[name=image]",
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": pictures.small_painting()},
    )
    page.locator("#send").click()
    expect(page.locator("#result table")).to_be_attached(timeout=60_000)
    return page.url


def open_once(browser: Browser, site_url: str, address: str, cookies: dict) -> Visit:
    """Open the page as a phone with an empty cache."""
    context = browser.new_context(
        base_url=site_url, viewport=PHONE, device_scale_factor=2, is_mobile=True, storage_state=cookies
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    visit = Visit()
    devtools = context.new_cdp_session(page)
    count_bytes(devtools, visit)
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.send("Network.emulateNetworkConditions", SLOW_4G)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    page.goto(address, wait_until="networkidle", timeout=120_000)
    page.wait_for_timeout(SETTLE_MS)
    seen = page.evaluate("seen")
    visit.lcp_ms, visit.element, visit.cls = seen["lcp"], seen["element"], seen["cls"]
    visit.blocking = page.evaluate(BLOCKING)
    context.close()
    return visit


def count_bytes(devtools: CDPSession, visit: Visit) -> None:
    """Add what comes over the wire to the visit, as it comes."""
    kinds = {}

    def starts(event: dict) -> None:
        if not event["request"]["url"].startswith(("data:", "blob:")):
            kinds[event["requestId"]] = KINDS.get(event.get("type", ""), "other")

    def ends(event: dict) -> None:
        if kind := kinds.pop(event["requestId"], None):
            visit.requests += 1
            visit.sent[kind] += int(event["encodedDataLength"])

    devtools.on("Network.requestWillBeSent", starts)
    devtools.on("Network.loadingFinished", ends)
    devtools.send("Network.enable")


def median(visits: list[Visit]) -> Visit:
    """The visit in the middle by its largest paint, with the worst shift of all."""
    middle = sorted(visits, key=lambda visit: visit.lcp_ms)[len(visits) // 2]
    middle.cls = max(visit.cls for visit in visits)
    middle.lcp_ms = statistics.median(visit.lcp_ms for visit in visits)
    return middle


def show(visits: dict[str, Visit]) -> None:
    print(
        f"\n390 px, slow 4G (1.6 Mbit/s, 150 ms), processor slowed {CPU_SLOWDOWN} times; "
        f"load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
    )
    heads = ["page", *COLUMNS, "without pictures", "blocking", "requests", "LCP ms", "of", "CLS"]
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for name, visit in visits.items():
        cells = [
            name,
            *(f"{visit.sent[kind] / 1000:.1f}" for kind in COLUMNS),
            f"{visit.without_pictures / 1000:.1f}",
            f"{sum(visit.blocking) / 1000:.1f}",
            str(visit.requests),
            f"{visit.lcp_ms:.0f}",
            visit.element,
            f"{visit.cls:.3f}",
        ]
        print(f"| {' | '.join(cells)} |")


def misses_of(name: str, visit: Visit, with_times: bool) -> list[str]:
    """A sentence for each goal that the page misses."""
    misses = {
        f"{name}: {visit.without_pictures / 1000:.0f} kB without pictures": visit.without_pictures
        > MOST_BYTES,
        f"{name}: a script of {max(visit.blocking, default=0) / 1000:.0f} kB holds it up": max(
            visit.blocking, default=0
        )
        > MOST_BLOCKING_BYTES,
        f"{name}: its largest paint comes after {visit.lcp_ms:.0f} ms": with_times
        and visit.lcp_ms > MOST_LCP_MS,
        f"{name}: its layout shifts by {visit.cls:.3f}": visit.cls >= MOST_CLS,
    }
    return [words for words, is_missed in misses.items() if is_missed]


if __name__ == "__main__":
    raise SystemExit(main())

"""How tests call the local WikiArt: without its real limits, and with short waits."""

from collections.abc import Callable, Iterable
from typing import Any

from scraper.wikiart import Access, Page, WikiArt
from tests.wikiart_server import WikiArtServer

HURRIED = {
    "calls": 1_000_000,
    "api_calls_per_hour": 1_000_000,
    "pictures_per_second": 1_000_000,
    "backoff_s": 0.01,
    "limit_wait_s": 0.01,
    "timeout_s": 10.0,
}


def access(server: WikiArtServer, **fields: Any) -> Access:
    return Access(**{"url": server.url, "pictures_url": server.url, **HURRIED, **fields})


def wikiart(server: WikiArtServer, *, stop: Callable[[], bool] = lambda: False, **fields: Any) -> WikiArt:
    return WikiArt(access(server, **fields), stop=stop)


def records(pages: Iterable[Page]) -> list:
    return [record for page in pages for record in page]

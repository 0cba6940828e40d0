import contextlib
import os
import warnings
from urllib.parse import quote

import psycopg2
import pytest
from django.conf import settings

from tests import live, wikiart_server

PATIENCE_MS = 20_000  # of a machine that does other things, too, for what a page is to show


@pytest.fixture(scope="session")
def wikiart():
    """A local WikiArt with forty works."""
    with wikiart_server.running(works=40) as server:
        yield server


@pytest.fixture(scope="session")
def site(tmp_path_factory, wikiart):
    """The whole site, running; a picture whose worker is gone is taken over after 3 s instead of 30.

    All visitors come from one network, and those of all tests together send more than it may.
    """
    data_dir = tmp_path_factory.mktemp("live") / "var"
    running = live.LiveSite(
        data_dir,
        CLASSIFY_LEASE_S="3",
        SAMPLE_STUDIES_PER_STYLE="1",
        VISITOR_PICTURES_PER_DAY_AND_NETWORK="1000",
        WIKIART_URL=wikiart.url,
        WIKIART_CONTACT="tests@example.org",
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture
def empty_database():
    """The address of a database without tables, whose owner may not create extensions."""
    name = f"empty_{os.getpid()}"
    own = settings.DATABASES["default"]
    where = {"host": own["HOST"], "port": own["PORT"], "user": own["USER"], "dbname": "postgres"}
    with contextlib.closing(psycopg2.connect(**where)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"CREATE ROLE {name} LOGIN")
        cursor.execute(f"CREATE DATABASE {name} OWNER {name}")
        yield f"postgres://{name}@{quote(own['HOST'], safe='')}:{own['PORT']}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        cursor.execute(f"DROP ROLE {name}")


@pytest.fixture(scope="session")
def browser():
    """The machine's Chromium. Without one these tests cannot run, which is a failure where one is required."""
    from playwright.sync_api import expect, sync_playwright

    path = live.find_browser()
    if path is None:
        if os.environ.get("CI") or os.environ.get("STYLEART_REQUIRE_BROWSER"):
            pytest.fail("No Chromium on this machine, and STYLEART_REQUIRE_BROWSER or CI asks for one.")
        warnings.warn("NOT RUN: the browser tests. Install Chromium to run them.", stacklevel=1)
        pytest.skip("no Chromium on this machine")
    # Playwright keeps a loop for events in this thread, in which Django would refuse to ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=live.BROWSER_OPTIONS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser, site):
    """A fresh visitor at 1280 px who fails the test on a script error.

    Without the service worker: requests that it answers cannot be watched or changed. test_installed.py has it.
    """
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, base_url=site.url, service_workers="block"
    )
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if "Content Security" in message.text else None
    )
    yield page
    context.close()
    assert errors == []

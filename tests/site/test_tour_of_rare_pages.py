"""A tour of pages that one meets rarely: ways into an account and out of it, all of the curators' room, and errors.

All of them come from the running site, as they come to people. Most share their layout with pages of the large tour,
so light and dark are looked at in one size each.
"""

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests import live, totp
from tests.site.test_journey import PASSWORD
from tests.site.touring import BRIEF_LOOKS, DESKTOP, ONE_LOOK, SHOTS, SLOW_MS, look_at, name_of

pytestmark = pytest.mark.browser
EMAIL, HANGER = "keeper@example.org", "hanger@example.org"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

# Somebody who may see everything, a curator with a password alone, and what the rooms tell of, put into the running site's own database.
ROWS = f"""
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "styleart_site.settings"
import django
django.setup()
from io import BytesIO
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from gallery import duplicates, labels
from gallery.curators import curators
from gallery.models import Style
from scraper import runs
from scraper.reasons import Reason, kept
from tests import factories, pictures

user = factories.make_user("{EMAIL}", "{PASSWORD}", is_staff=True, is_superuser=True)
TOTP.activate(user, "{SECRET}")
RecoveryCodes.activate(user)
factories.make_user("{HANGER}", "{PASSWORD}", is_staff=True).groups.add(curators())
realism, cubism = Style.objects.get(name="Realism"), Style.objects.get(name="Cubism")
large, small = BytesIO(), BytesIO()
pictures.composition(seed=151).save(large, "PNG")
pictures.composition(seed=151).resize((240, 180)).save(small, "JPEG", quality=80)
fields = {{"style": realism, "rights": "public_domain"}}
work = factories.make_artwork("A harbour in the morning, with many ships", picture=large.getvalue(), **fields)
factories.make_artwork("A harbour", picture=small.getvalue(), year=1871, **fields)
while duplicates.find(100):
    pass
labels.suggest(source_key="test:harbour", proposed=cubism, predicted=cubism, confidence=0.9, artwork=work)
for code in ("gave_up", "unreadable_image"):
    factories.make_prediction(status="failed", error_code=code, attempt=3)
run = runs.plan(runs.Options(artists=("somebody-with-a-rather-long-name",), limit=200), started_by=user)
run.note(records=120, works_new=90, works_known=20)
for kind, name, reason in [
    ("record", "somebody/a-work", Reason("work_without_address")),
    ("picture", "somebody/another-work-with-a-rather-long-name-1871", Reason("no_picture")),
]:
    told = {{"reason": reason, "raw": {{"title": "A work", "completitionYear": 1871}}, **kept(reason)}}
    run.failures.create(kind=kind, name=name, **told)
run.stop(Reason("stopped_by", error=Reason("os_ENOSPC")))
"""


@pytest.fixture(scope="module")
def rows(site) -> live.LiveSite:
    SHOTS.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-c", ROWS], cwd=live.ROOT, env=site.environment, check=True)
    return site


@pytest.fixture(scope="module")
def tourist(rows, browser) -> Iterator[Page]:
    """One window for all of the tour."""
    context = browser.new_context(
        base_url=rows.url, viewport=DESKTOP, reduced_motion="reduce", service_workers="block"
    )
    context.set_default_timeout(SLOW_MS)
    yield context.new_page()
    context.close()


def press(page: Page) -> None:
    """Send the page's own form."""
    with page.expect_navigation():
        page.locator("main form button[type=submit], main form input[type=submit]").first.click()


def briefly(page: Page, name: str) -> list[str]:
    return look_at(page, f"rare-{name}", BRIEF_LOOKS)


def once(page: Page, name: str) -> list[str]:
    return look_at(page, f"rare-{name}", ONE_LOOK)


def prove_it(page: Page) -> None:
    """Type the password once more, as pages ask that change an account."""
    page.fill("input[name=password]", PASSWORD)
    press(page)


# Into an account, and out of it


def test_axe_finds_nothing_serious_on_the_way_into_an_account(rows, tourist):
    page, email, wrong = tourist, "a.rather.long.name.for.a.newcomer@example.org", []
    page.goto("/accounts/signup/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password1]", "short")
    press(page)
    wrong += once(page, "signup-refused")
    page.fill("input[name=password1]", PASSWORD)
    press(page)
    wrong += briefly(page, "confirm-email-sent")
    page.goto(rows.link_mailed_to(email))
    wrong += briefly(page, "confirm-email")
    press(page)
    page.goto("/accounts/2fa/totp/activate/")
    prove_it(page)
    wrong += briefly(page, "totp-activate")
    page.context.clear_cookies()
    page.goto("/accounts/confirm-email/no-such-key/")
    wrong += once(page, "confirm-email-expired")
    page.goto("/accounts/inactive/")
    wrong += once(page, "inactive")

    assert wrong == []


def test_axe_finds_nothing_serious_while_a_password_is_reset(rows, tourist):
    page, wrong = tourist, []
    page.goto("/accounts/password/reset/")
    page.fill("input[name=email]", EMAIL)
    press(page)
    wrong += once(page, "reset-sent")
    page.goto(rows.link_mailed_to(EMAIL))
    wrong += briefly(page, "reset-new-password")
    page.fill("input[name=password1]", PASSWORD)
    page.fill("input[name=password2]", PASSWORD)
    press(page)
    wrong += briefly(page, "reset-done")
    page.goto("/accounts/password/reset/key/1-no-such-key/")
    wrong += once(page, "reset-expired")

    assert wrong == []


def test_axe_finds_nothing_serious_where_two_factors_are_asked_for(rows, tourist):
    page, wrong = tourist, []
    page.goto("/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    press(page)
    page.wait_for_url("**/2fa/authenticate/**")
    wrong += briefly(page, "code")
    page.fill("input[name=code]", "000000")
    press(page)
    wrong += once(page, "code-refused")
    page.fill("input[name=code]", totp.code(SECRET))
    press(page)
    page.goto("/accounts/reauthenticate/")
    wrong += once(page, "password-once-more")
    prove_it(page)
    for address in [
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/reauthenticate/",
        "/accounts/sessions/",
        "/account/delete/",
    ]:
        assert page.goto(address).status == 200, address
        wrong += once(page, name_of(address))
    page.goto("/account/")
    page.fill("input[name=name]", "A script")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator(".secret")).to_be_visible()
    wrong += briefly(page, "token-created")
    page.goto("/account/")
    page.get_by_role("button", name="Pack it").click()
    page.wait_for_url("**/account/export/**")
    expect(page.get_by_role("link", name="Fetch the file")).to_be_visible(timeout=SLOW_MS)
    wrong += briefly(page, "export")

    assert wrong == []


# The curators' room; the person of before is still signed in


def test_axe_finds_nothing_serious_in_the_whole_curators_room(rows, tourist):
    page, wrong = tourist, []

    def row_of(table: str) -> str:
        (found,) = rows.query(f"SELECT max(id)::text FROM {table}")[0]  # noqa: S608 - our own words
        return found

    run = f"/admin/scraper/importrun/{row_of('scraper_importrun')}/change/"
    ((source,), (target,)) = rows.query("SELECT id FROM gallery_artist ORDER BY id LIMIT 2")
    ((failed,),) = rows.query("SELECT id::text FROM classifier_prediction WHERE status = 'failed' LIMIT 1")
    own_rooms = {
        "admin": "/admin/",
        "operations": "/admin/styleart_site/signoflife/",
        "quality": "/admin/gallery/filecheck/",
        "duplicates": "/admin/gallery/duplicatepair/",
        "labels": "/admin/gallery/labelsuggestion/",
        "import-run": run,
        "artist-merge": f"/admin/gallery/artist/{target}/merge/?artist={source}",
        "predictions": "/admin/classifier/prediction/",
        "user": f"/admin/styleart_site/user/{row_of('styleart_site_user')}/change/",
    }
    of_the_usual_kind = {
        "imports": "/admin/scraper/importrun/",
        "import-failures": "/admin/scraper/importfailure/",
        "import-failure": f"/admin/scraper/importfailure/{row_of('scraper_importfailure')}/change/",
        "prediction": f"/admin/classifier/prediction/{failed}/change/",
        "artworks-import": "/admin/gallery/artwork/import/",
        "artworks-export": "/admin/gallery/artwork/export/",
        "users": "/admin/styleart_site/user/",
        "authenticators": "/admin/mfa/authenticator/",
        "app": "/admin/gallery/",
    }
    for name, address in (own_rooms | of_the_usual_kind).items():
        assert page.goto(address).status == 200, address
        wrong += (briefly if name in own_rooms else once)(page, f"room-{name}")
    # What is decided leaves nothing behind for those who come after.
    page.goto("/admin/gallery/duplicatepair/")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.locator(".room-last").wait_for()
    wrong += once(page, "room-duplicates-decided")
    page.goto("/admin/gallery/labelsuggestion/")
    page.keyboard.press("a")
    page.locator(".room-last").wait_for()
    page.goto("/admin/gallery/labelsuggestion/decided/")
    wrong += once(page, "room-labels-decided")
    page.goto("/admin/gallery/change/")
    page.locator("#result_list a").first.click()
    wrong += briefly(page, "room-change")

    assert wrong == []


# Curators at a door that is closed


@contextmanager
def strict(site: live.LiveSite) -> Iterator[str]:
    """The address of another web server of the same site, which asks curators for two factors."""
    port = live.free_port()
    own = {"STAFF_NEEDS_TWO_FACTORS": "true", "PORT": str(port), "WEB_WORKERS": "1"}
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "python:styleart_site.webserver"],
        cwd=live.ROOT,
        env=site.environment | own | {"DJANGO_SETTINGS_MODULE": "styleart_site.settings"},
    )

    def answers() -> bool:
        assert server.poll() is None
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", port)) == 0

    try:
        live.wait_until(answers, timeout_s=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def enter(page: Page, address: str) -> None:
    page.goto(address)
    page.fill("input[name=login]", HANGER)
    page.fill("input[name=password]", PASSWORD)
    press(page)


def test_axe_finds_nothing_serious_where_curators_may_not_go(rows, tourist):
    page, wrong = tourist, []
    page.context.clear_cookies()
    enter(page, "/accounts/login/")
    assert page.goto("/admin/styleart_site/signoflife/").status == 403
    wrong += briefly(page, "error-403")
    with strict(rows) as address:
        enter(page, f"{address}/accounts/login/")  # another port, another cookie
        assert page.goto(f"{address}/admin/").status == 403
        expect(page.locator("main a.button")).to_have_attribute("href", "/accounts/2fa/totp/activate/")
        wrong += briefly(page, "second-factor-needed")

    assert wrong == []


# What goes wrong


@contextmanager
def faulty(site: live.LiveSite, code: str) -> Iterator[None]:
    """The database refuses to write to an account, with one of PostgreSQL's codes."""
    site.query(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{code}'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON styleart_site_user FOR EACH ROW EXECUTE FUNCTION refuse();"
        "SELECT 1"
    )
    try:
        yield
    finally:
        site.query("DROP TRIGGER refuse ON styleart_site_user; DROP FUNCTION refuse(); SELECT 1")


@pytest.mark.parametrize(("code", "status"), [("XX000", 500), ("57P01", 503), ("53100", 507)])
def test_axe_finds_nothing_serious_where_the_database_fails(rows, tourist, code, status):
    """The account remembers the language that it chooses; just now it cannot."""
    tourist.goto("/about/")
    with faulty(rows, code), tourist.expect_navigation() as answer:
        tourist.locator(".languages button[value=fr]").click()

    assert answer.value.status == status
    assert once(tourist, f"error-{status}") == []


def headless_answer(site: live.LiveSite, size: int) -> dict:
    """What the site answers to the head of a picture of so many bytes; a browser would go on sending it."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.putrequest("POST", "/predictions/new/")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    answer = connection.getresponse()
    with answer:
        return {"status": answer.status, "content_type": "text/html", "body": answer.read()}


def test_axe_finds_nothing_serious_where_something_is_refused(rows, tourist):
    page, wrong = tourist, []
    page.goto("/about/")
    page.locator(".languages").evaluate("""form => {
        for (let i = 0; i < 1001; i++) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "n" + i }));
    }""")
    with page.expect_navigation() as answer:
        page.locator(".languages button[value=en]").click()
    assert answer.value.status == 400
    wrong += once(page, "error-400")

    page.route("**/too-large/", lambda route: route.fulfill(**headless_answer(rows, 100_000_000)))
    assert page.goto("/too-large/").status == 413
    wrong += once(page, "error-413")

    page.context.clear_cookies()
    for _ in range(6):
        page.goto("/accounts/password/reset/")
        page.fill("input[name=email]", "impatient@example.org")
        with page.expect_navigation() as answer:
            page.locator("main form button[type=submit]").first.click()
    assert answer.value.status == 429
    wrong += briefly(page, "error-429")

    assert wrong == []


def test_axe_finds_nothing_serious_without_a_connection_in_any_language(rows, tourist):
    wrong = []
    for language in ("en", "fr", "de"):
        tourist.goto(f"/offline/{language}/")
        assert tourist.locator("html").get_attribute("lang") == language
        wrong += once(tourist, f"offline-{language}")

    assert wrong == []

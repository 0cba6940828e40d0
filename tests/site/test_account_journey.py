"""What people do with their account in a real browser: two factors, everything in one file, goodbye."""

import io
import json
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests import totp
from tests.factories import small_painting
from tests.live import LiveSite

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
PASSWORD = "a-quiet-room-1"


def sign_up(page, site: LiveSite, email: str) -> None:
    page.goto("/accounts/signup/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password1]", PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/confirm-email/")
    page.goto(site.link_mailed_to(email))
    page.get_by_role("button", name="Yes, it is mine").click()
    page.wait_for_url(re.compile(r"/$"))


def prove_it(page) -> None:
    """Type the password once more, where the page asks for it."""
    page.wait_for_url("**/reauthenticate/**")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Go on").click()


def open_account(page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("link", name="Your account").click()
    page.wait_for_url("**/account/")


def exports_of(site: LiveSite, name: str) -> list[Path]:
    """Files of one export, also half of one."""
    return list((site.data_dir / "media" / "exports").rglob(f"{name}*"))


def test_signing_in_takes_a_code_once_the_app_is_set_up(page, site):
    email = "two-factors@example.org"
    sign_up(page, site, email)
    open_account(page)
    page.get_by_role("link", name="Set up two-factor sign-in").click()
    page.get_by_role("link", name="Set it up").click()
    prove_it(page)
    expect(page.locator(".qr img")).to_be_visible()
    secret = page.input_value("#authenticator_secret")
    page.fill("input[name=code]", totp.code(secret, steps_ahead=-1))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator(".codes li")).to_have_count(10)

    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/2fa/authenticate/**")
    page.fill("input[name=code]", totp.code(secret))
    page.locator("main").get_by_role("button", name="Sign in").click()

    expect(page.locator("details.menu summary")).to_contain_text("two-factors")


def test_everything_comes_along_in_one_file_and_then_the_account_goes(page, site):
    email = "leaver@example.org"
    sign_up(page, site, email)
    page.goto("/")
    page.set_input_files(
        "input[name=image]",
        {"name": "painting.jpg", "mimeType": "image/jpeg", "buffer": small_painting()},
    )
    page.locator("main form button[type=submit]:visible").first.click()
    page.wait_for_url(re.compile(r"/predictions/[0-9a-f-]{36}/"))

    open_account(page)
    page.get_by_role("button", name="Pack it").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="Fetch the file").click(timeout=60_000)  # comes without a reload
    with ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        (told,) = json.loads(archive.read("predictions.json"))
        assert archive.read(told["picture"]) == small_painting()
    [(packed,)] = site.query(
        "select export.id::text from styleart_site_export export "
        "join styleart_site_user account on account.id = export.user_id where account.email = %s",
        email,
    )
    assert exports_of(site, packed) != []

    page.goto("/account/")
    page.get_by_role("link", name="Delete your account").click()
    prove_it(page)
    page.get_by_label(re.compile("to show that you mean it")).fill("delete")
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("status")).to_contain_text("Your account is deleted")

    page.goto("/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main .errorlist").first).to_be_visible()
    assert site.query("select count(*) from styleart_site_user where email = %s", email) == [(0,)]
    assert exports_of(site, packed) == []

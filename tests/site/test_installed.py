"""StyleArt as an installed app: manifest, icons, service worker, no connection, sharing a photo to it."""

import io
import json
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import expect

from styleart_site import icons
from tests import pictures
from tests.factories import make_style, make_user, small_painting
from tests.live import wait_for_script

SHARE = """async ([name, bytes]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/share/", enctype: "multipart/form-data" });
  const input = Object.assign(document.createElement("input"), { type: "file", name: "image" });
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  input.files = files.files;
  form.append(input);
  document.body.append(form);
  form.submit();
}"""
KEPT = """async () => {
  const kept = {};
  for (const name of await caches.keys()) kept[name] = (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname);
  return kept;
}"""

KEPT_PICTURES = """async () => {
  const seen = (await caches.keys()).filter((name) => name.startsWith("seen-"));
  const kept = await Promise.all(seen.map(async (name) => (await caches.open(name)).keys()));
  return kept.flat().some((one) => /[.](avif|webp|jpg)$/.test(new URL(one.url).pathname));
}"""


def known(response) -> dict:
    """What stands above the worker's code."""
    return json.loads(re.match(r"const site = (\{.*\});\n", response.content.decode())[1])


# What the server says


@pytest.mark.django_db
def test_the_manifest_is_in_the_language_of_the_page(client):
    response = client.get("/manifest.webmanifest", headers={"Accept-Language": "de"})

    described = response.json()
    assert response.headers["Content-Type"] == "application/manifest+json"
    assert (described["lang"], described["start_url"], described["scope"]) == ("de", "/", "/")
    assert {icon["purpose"] for icon in described["icons"]} == {"any", "maskable"}
    assert described["share_target"]["action"] == "/share/"
    assert "image/jpeg" in described["share_target"]["params"]["files"][0]["accept"]


def test_the_icons_are_those_that_the_program_draws():
    kept = {name: Image.open(icons.STATIC / name) for name in icons.FILES}
    drawn = {
        name: Image.open(io.BytesIO(icons.png(size_px, is_maskable=cut)))
        for name, (size_px, cut) in icons.FILES.items()
    }

    assert (icons.STATIC / "favicon.svg").read_text() == icons.svg()
    assert {name: icon.size for name, icon in kept.items()} == {
        n: (s, s) for n, (s, _) in icons.FILES.items()
    }
    assert all(kept[name].convert("RGBA").tobytes() == icon.tobytes() for name, icon in drawn.items())


def test_a_maskable_icon_keeps_all_within_its_safe_circle():
    icon = Image.open(io.BytesIO(icons.png(512, is_maskable=True))).convert("RGB")
    ink = icon.getpixel((0, 0))
    outside = [
        icon.getpixel((x, y))
        for x in range(0, 512, 4)
        for y in range(0, 512, 4)
        if (x - 256) ** 2 + (y - 256) ** 2 > (0.4 * 512) ** 2
    ]

    assert set(outside) == {ink}


@pytest.mark.django_db
def test_the_worker_is_served_from_the_root_and_always_asked_for(client):
    response = client.get("/sw.js")

    assert response.headers["Content-Type"] == "text/javascript"
    assert "no-cache" in response.headers["Cache-Control"]
    assert set(known(response)["offline"]) == {"en", "fr", "de"}


@pytest.mark.django_db
def test_another_code_is_another_version(client, monkeypatch, tmp_path):
    from styleart_site import installed

    before = known(client.get("/sw.js"))["version"]
    changed = tmp_path / "worker.js"
    changed.write_text(installed.SCRIPT.read_text() + "\n// changed")
    monkeypatch.setattr(installed, "SCRIPT", changed)

    assert known(client.get("/sw.js"))["version"] != before


@pytest.mark.django_db
def test_the_offline_page_is_nobodys(client):
    client.force_login(make_user("somebody@example.org"))

    page = client.get("/offline/en/").content.decode()

    assert "No connection" in page
    assert "somebody" not in page
    assert "csrfmiddlewaretoken" not in page
    assert client.get("/offline/xx/").status_code == 404


@pytest.mark.django_db
def test_only_pages_that_all_see_alike_may_be_kept(client):
    style = make_style("Cubism", slug="cubism", position=1)
    alike = ["/styles/", style.get_absolute_url(), "/artists/", "/artworks/", "/about/", "/model/"]
    others = ["/", "/predictions/", "/search/?q=x", "/artworks/?q=x", "/accounts/login/", "/no-such-page/"]

    assert [address for address in alike if "Keep-Offline" not in client.get(address).headers] == []
    assert [address for address in others if "Keep-Offline" in client.get(address).headers] == []
    client.force_login(make_user())
    assert [address for address in alike if "Keep-Offline" in client.get(address).headers] == []


@pytest.mark.django_db
def test_a_page_with_a_message_for_somebody_is_not_kept(client):
    client.post("/share/")

    assert "Keep-Offline" not in client.get("/styles/").headers
    assert "Keep-Offline" in client.get("/styles/").headers


@pytest.mark.django_db
def test_a_share_that_no_worker_took_is_answered_politely_and_kept_nowhere(client):
    from classifier.models import Prediction

    strict = type(client)(enforce_csrf_checks=True)
    picture = SimpleUploadedFile("photo.jpg", small_painting(), "image/jpeg")

    response = strict.post("/share/", {"image": picture}, follow=True)

    assert response.redirect_chain == [("/", 302)]
    assert "did not come along" in response.content.decode()
    assert Prediction.objects.count() == 0


@pytest.mark.django_db
def test_the_policy_names_worker_and_manifest(client):
    policy = client.get("/").headers["Content-Security-Policy"]

    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy


def test_the_worker_loads_nothing_from_elsewhere():
    code = (settings.BASE_DIR / "static" / "worker.js").read_text()

    assert re.findall(r"https?://|importScripts|eval\(", code) == []


# What a browser does with it


@pytest.fixture
def app(browser, site):
    """A page of a visitor whose browser has the service worker already."""
    context = browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/about/")
    wait_for_script(page, "() => navigator.serviceWorker.controller !== null", timeout_s=60)
    yield page
    context.close()
    assert errors == []


@pytest.mark.browser
def test_without_connection_seen_pages_open_and_others_say_so(app):
    app.goto("/styles/")
    expect(app.get_by_role("heading", level=1)).to_have_text("Styles")
    wait_for_script(app, "() => caches.match('/styles/').then((kept) => kept !== undefined)")
    wait_for_script(app, KEPT_PICTURES)
    app.context.set_offline(True)

    app.goto("/artists/")
    expect(app.get_by_role("heading", level=1)).to_have_text("No connection")
    expect(app.get_by_role("link", name="Try again")).to_be_visible()
    assert app.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(247, 245, 241)"
    app.locator("#seen").get_by_role("link", name="Styles").click()
    expect(app.get_by_role("heading", level=1)).to_have_text("Styles")

    app.goto("/artists/")
    app.context.set_offline(False)
    expect(app.get_by_role("heading", level=1)).to_have_text("Artists", timeout=15_000)


@pytest.mark.browser
def test_the_offline_page_speaks_the_language_of_the_last_page(browser, site):
    context = browser.new_context(base_url=site.url, locale="fr-FR")
    page = context.new_page()
    page.goto("/about/")
    wait_for_script(page, "() => navigator.serviceWorker.controller !== null", timeout_s=60)
    page.goto("/styles/")
    wait_for_script(page, "() => caches.match('/offline/language').then((kept) => kept !== undefined)")
    context.set_offline(True)

    page.goto("/artists/")

    assert page.locator("html").get_attribute("lang") == "fr"
    context.close()


@pytest.mark.browser
def test_a_shared_photo_waits_on_the_home_page_and_is_sent_by_its_button(app):
    with app.expect_navigation(url=re.compile(r"/(\?shared=1)?$")):
        app.evaluate(SHARE, ["photo.jpg", list(pictures.small_painting(91))])

    expect(app.locator("#queue .item")).to_have_count(1)
    expect(app.locator(".preview")).to_be_visible()
    expect(app).to_have_url(re.compile("/$"))
    assert app.evaluate(KEPT)["shared"] == []
    app.locator("#send").click()
    expect(app.locator("#result table")).to_be_attached(timeout=30_000)


@pytest.mark.browser
def test_nothing_private_is_kept(app):
    with app.expect_navigation(url=re.compile(r"/(\?shared=1)?$")):
        app.evaluate(SHARE, ["photo.jpg", list(pictures.small_painting(92))])
    app.locator("#send").click()
    expect(app.locator("#result table")).to_be_attached(timeout=30_000)
    app.goto("/predictions/")
    expect(app.locator("main img").first).to_be_visible()
    app.goto("/styles/")

    wait_for_script(app, "() => caches.match('/styles/').then((kept) => kept !== undefined)")
    seen = [address for addresses in app.evaluate(KEPT).values() for address in addresses]
    assert [address for address in seen if "/predictions/" in address or address == "/"] == []


@pytest.mark.browser
def test_static_files_are_kept_under_the_names_of_their_contents(app):
    kept = app.evaluate(KEPT)
    files = next(addresses for name, addresses in kept.items() if name.startswith("files-"))

    styles = [address for address in files if "/static/site." in address and address.endswith(".css")]
    assert len(styles) == 1
    assert re.fullmatch(r"/static/site\.[0-9a-f]{12}\.css", styles[0])


@pytest.mark.browser
def test_a_new_version_takes_over_and_forgets_what_the_old_one_saw(app):
    app.evaluate("caches.open('seen-old').then((old) => old.put('/styles/', new Response('old page')))")

    app.evaluate("""async () => {
      const registration = await navigator.serviceWorker.getRegistration("/");
      await registration.unregister();
      location.reload();
    }""")
    wait_for_script(app, "() => navigator.serviceWorker.controller !== null", timeout_s=60)

    wait_for_script(app, "() => caches.keys().then((names) => !names.includes('seen-old'))")

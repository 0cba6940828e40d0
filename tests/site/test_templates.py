"""Templates keep to the Content-Security-Policy and to the outline every page has."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import RequestFactory
from django.urls import reverse

from classifier.models import Prediction
from gallery.models import Artwork
from tests.factories import (
    make_artist,
    make_artwork,
    make_done_prediction,
    make_prediction,
    make_style,
    make_user,
    small_painting,
)

ROOT = Path(settings.BASE_DIR) / "templates"
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.*"))
PAGES = [name for name in TEMPLATES if name.endswith(".html")]
ERRORS = [f"{name}.html" for name in ("400", "403", "403_csrf", "404", "413", "429", "500", "503", "507")]
FOR_ALL = [
    reverse(name)
    for name in [
        "home",
        "classifier:prediction-list",
        "gallery:style-list",
        "gallery:artist-list",
        "gallery:artwork-list",
        "gallery:chronology",
        "gallery:model",
        "gallery:data",
        "about",
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
        "account_email_verification_sent",
        "account_inactive",
    ]
] + ["/offline/en/", "/accounts/confirm-email/no-such-key/", "/accounts/password/reset/key/1-no-such-key/"]
FOR_USERS = ["account_email", "account_change_password", "account_logout", "account_reauthenticate"]


class Outline(HTMLParser):
    """What a page is made of, as far as these tests ask."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings, self.ids, self.labels, self.fields, self.pictures = [], [], set(), [], []
        self.inline = []
        self.title = re.search(r"<title>(.*?)</title>", page, re.S)[1]
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.labels.add(given.get("for"))
        if tag in {"input", "select", "textarea"} and given.get("type") not in {"hidden", "submit"}:
            self.fields.append(given)
        if tag == "img":
            self.pictures.append(given)
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)


def read(response, status: int = 200) -> Outline:
    assert response.status_code == status
    return Outline(response.content.decode())


def check(outline: Outline) -> None:
    assert outline.inline == []
    assert outline.headings.count(1) == 1
    assert outline.headings[0] == 1
    assert all(
        later - earlier <= 1 for earlier, later in zip(outline.headings, outline.headings[1:], strict=False)
    )
    assert re.fullmatch(r"\S.* · StyleArt", outline.title)
    assert len(outline.ids) == len(set(outline.ids))
    nameless = [f for f in outline.fields if f.get("id") not in outline.labels and "aria-hidden" not in f]
    assert nameless == []
    assert [picture for picture in outline.pictures if not {"alt", "width", "height"} <= picture.keys()] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_parses(name):
    assert get_template(name).template.nodelist is not None


@pytest.mark.parametrize("name", PAGES)
def test_a_template_has_nothing_inline(name):
    source = re.sub(
        r"\{% comment %\}.*?\{% endcomment %\}|\{[%#].*?[%#]\}", "", (ROOT / name).read_text(), flags=re.S
    )

    inline = re.findall(r"\sstyle\s*=|<style\b|\son[a-z]+\s*=|\shx-on|\"js:|javascript:", source)
    scripts = [tag for tag in re.findall(r"<script\b[^>]*>", source) if "src=" not in tag]

    assert inline == []
    assert scripts == []


@pytest.mark.parametrize("name", PAGES)
def test_a_template_loads_nothing_from_elsewhere(name):
    loaded = re.findall(
        r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//", (ROOT / name).read_text()
    )

    assert loaded == []


def test_the_style_sheets_load_nothing_at_all():
    loading = [
        path.name for path in (Path(settings.BASE_DIR) / "static").glob("*.css") if "url(" in path.read_text()
    ]

    assert loading == []


def test_every_class_a_filter_for_scripts_names_is_in_the_style_sheet():
    css = (Path(settings.BASE_DIR) / "static" / "site.css").read_text()

    assert [
        name for name in ["has-scripts", "has-picture", "is-busy", "is-target"] if f".{name}" not in css
    ] == []


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_for_broken_moments_need_no_context(name):
    page = Outline(get_template(name).render())

    assert page.headings == [1]
    assert page.inline == []


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_page_has_one_heading_and_says_what_to_do(name):
    page = get_template(name).render({}, RequestFactory().get("/"))

    check(Outline(page))
    assert '<a class="button"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("address", FOR_ALL)
def test_a_page_for_everybody_is_well_made(client, address):
    check(read(client.get(address)))


@pytest.mark.django_db
@pytest.mark.parametrize("name", FOR_USERS)
def test_a_page_for_users_is_well_made(client, name):
    client.force_login(make_user())

    check(read(client.get(reverse(name))))


@pytest.fixture
def catalogue():
    """A style with everything that its page can show, and works with and without picture and artist."""
    older = make_style("Realism", slug="realism", position=6, start_year=1848, end_year=1900)
    style = make_style(
        "Cubism",
        slug="cubism",
        position=12,
        start_year=1907,
        end_year=1922,
        look_for=["planes"],
        includes=["Tubism"],
    )
    style.came_from.add(older)
    artist = make_artist(
        "Juan Gris", slug="juan-gris", style=style, wikiart_slug="juan-gris", note="He cut paper."
    )
    make_artwork("Guitar", style=style, artist=artist, year=1913, picture=small_painting())
    make_artwork("Study", style=style, rights="generated", picture=small_painting())
    make_artwork("", style=older, genre="portrait")
    return style


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/", "/styles/", "/styles/cubism/", "/artists/", "/artists/juan-gris/", "/artworks/?year_from=x"],
)
def test_a_page_with_works_is_well_made(client, catalogue, address):
    check(read(client.get(address)))


@pytest.mark.django_db
def test_every_works_page_is_well_made(client, catalogue):
    for work in Artwork.objects.all():
        check(read(client.get(work.get_absolute_url())))


@pytest.mark.django_db
@pytest.mark.parametrize("certainty", Prediction.Certainty.values)
def test_an_answer_is_well_made(client, catalogue, certainty):
    prediction = make_done_prediction(("Cubism", 0.62), ("Realism", 0.38), certainty=certainty)
    client.force_login(prediction.owner)

    outline = read(client.get(prediction.get_absolute_url()))

    check(outline)
    assert outline.title.startswith("Cubism: ")


@pytest.mark.django_db
def test_waiting_and_failing_and_the_history_are_well_made(client, catalogue):
    waiting = make_prediction()
    client.force_login(waiting.owner)
    check(read(client.get(waiting.get_absolute_url())))
    Prediction.objects.claim(waiting.pk).mark_failed("gave_up")

    check(read(client.get(waiting.get_absolute_url())))
    check(read(client.get(reverse("classifier:prediction-list"))))


@pytest.mark.django_db
def test_the_mail_to_confirm_an_address_speaks_as_we_do(client, mailoutbox):
    client.post(reverse("account_signup"), {"email": "new@example.org", "password1": "a-quiet-room-1"})

    mail = mailoutbox[0]
    assert mail.subject == "StyleArt: Confirm your address"
    assert "/accounts/confirm-email/" in mail.body
    assert "!" not in mail.body


@pytest.mark.django_db
def test_an_embedded_copy_says_where_its_mail_lies(client, settings):
    settings.EMBEDDED = True
    embedded = client.get(reverse("account_email_verification_sent")).content.decode()
    settings.EMBEDDED = False
    public = client.get(reverse("account_email_verification_sent")).content.decode()

    assert "var/mail" in embedded
    assert "var/mail" not in public


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_page_does_not_shout(name):
    words = re.sub(r"<!doctype|<!--|!=|\{[%{#].*?[%}#]\}", "", (ROOT / name).read_text(), flags=re.S)

    assert "!" not in words

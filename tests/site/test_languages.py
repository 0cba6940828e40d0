"""In which language a page is, who decides, and what remembers it."""

import pytest
from django.conf import settings as site
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.translation import get_language

from styleart_site.models import Export
from styleart_site.tasks import pack_export
from tests.factories import make_user

pytestmark = pytest.mark.django_db
SWITCH = "/language/"
PASSWORD = "a-quiet-room"


def language_of(response) -> str:
    page = response.content.decode()
    code = page.partition('<html lang="')[2].partition('"')[0]
    assert response.headers["Content-Language"] == code
    return code


def choose(client, code: str, page: str = "/"):
    return client.post(SWITCH, {"language": code, "next": page})


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("", "en"),
        ("de", "de"),
        ("fr-CA,fr;q=0.9,en;q=0.5", "fr"),
        ("de-AT", "de"),
        ("it,de;q=0.4", "de"),
        ("ja", "en"),
        ("not;a=language", "en"),
    ],
)
def test_the_browser_says_what_it_likes_to_read(client, asked, spoken):
    response = client.get("/", headers={"accept-language": asked} if asked else {})

    assert language_of(response) == spoken


def test_sizes_have_the_units_of_the_language(client):
    page = client.get("/", headers={"accept-language": "fr"}).content.decode()

    assert "16,0\u202fMo au plus" in page
    assert 'data-megabytes="{size}\u202fMo"' in page
    assert "16\u202fMo au plus" in page


def test_caches_are_told_what_the_language_depends_on(client):
    for address in ["/", "/styles/", "/no-such-page/"]:
        vary = client.get(address).headers["Vary"]

        assert {"Accept-Language", "Cookie"} <= set(vary.split(", "))


def test_the_switch_names_every_language_by_itself_and_marks_the_present_one(client):
    page = client.get("/styles/", headers={"accept-language": "fr"}).content.decode()
    switch = page[page.index('<form class="languages"') :]

    for code, name in site.LANGUAGES:
        assert f'value="{code}" lang="{code}"' in switch
        assert f">{name}</button>" in switch
    assert switch.count("aria-current") == 1
    assert 'lang="fr" aria-current="true">Français<' in switch


def test_the_switch_leads_back_to_the_same_page_with_its_query(client):
    page = client.get("/artworks/?q=sea&year_from=1870").content.decode()
    assert '<input type="hidden" name="next" value="/artworks/?q=sea&amp;year_from=1870">' in page

    response = choose(client, "de", "/artworks/?q=sea&year_from=1870")

    assert response.status_code == 302
    assert response["Location"] == "/artworks/?q=sea&year_from=1870"
    assert language_of(client.get(response["Location"], headers={"accept-language": "fr"})) == "de"


def test_the_switch_leads_nowhere_else(client):
    assert choose(client, "de", "https://example.org/")["Location"] == "/"


def test_after_a_form_with_errors_it_leads_to_where_the_form_was(client):
    before = "http://testserver/accounts/login/?next=/predictions/"

    page = client.post("/accounts/login/", {"login": "", "password": ""}, headers={"referer": before})

    assert 'name="next" value="/accounts/login/?next=/predictions/"' in page.content.decode()


@pytest.mark.parametrize("before", ["", "https://example.org/somewhere/"])
def test_after_a_form_from_elsewhere_it_leads_home(client, before):
    page = client.post("/accounts/login/", {"login": ""}, headers={"referer": before})

    assert 'name="next" value="/"' in page.content.decode()


@pytest.mark.parametrize("code", ["it", "", "../../etc", "de-x-private-" * 30])
def test_a_language_that_is_not_ours_changes_nothing(client, code):
    user = make_user()
    client.force_login(user)

    choose(client, code)

    user.refresh_from_db()
    assert user.language == ""
    assert language_of(client.get("/")) == "en"


def test_the_switch_needs_a_token_as_every_form_does():
    user = make_user()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert choose(client, "de").status_code == 403

    user.refresh_from_db()
    assert user.language == ""


def test_a_choice_belongs_to_the_account_on_every_device():
    user = make_user()
    here, there = Client(), Client()
    here.force_login(user)
    there.force_login(user)
    choose(there, "fr")

    choose(here, "de")

    assert language_of(there.get("/", headers={"accept-language": "fr"})) == "de"
    assert there.cookies[site.LANGUAGE_COOKIE_NAME].value == "de"
    user.refresh_from_db()
    assert user.language == "de"


def test_what_somebody_chose_as_a_visitor_comes_along(client):
    user = make_user(password=PASSWORD)
    choose(client, "fr")

    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    user.refresh_from_db()
    assert user.language == "fr"


def test_but_what_the_account_has_chosen_before_stays(client):
    user = make_user(password=PASSWORD, language="de")
    choose(client, "fr")

    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    user.refresh_from_db()
    assert user.language == "de"
    assert language_of(client.get("/")) == "de"


def test_without_a_choice_the_account_is_in_the_language_of_the_browser(client):
    client.force_login(make_user())

    assert language_of(client.get("/account/", headers={"accept-language": "de"})) == "de"


@pytest.mark.parametrize(
    ("chosen", "asked", "spoken"), [("de", "fr", "de"), ("", "fr", "fr"), ("", "", "en")]
)
def test_a_mail_of_the_worker_is_in_the_language_of_its_reader(client, monkeypatch, chosen, asked, spoken):
    user = make_user(language=chosen)
    client.force_login(user)
    client.post(reverse("account:export-start"), headers={"accept-language": asked} if asked else {})
    said = []
    monkeypatch.setattr("styleart_site.export.gettext", lambda text: said.append(get_language()) or text)
    pack_export(str(Export.objects.get(user=user).pk))

    assert said == [spoken]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("code", ["de", "fr"])
def test_an_answer_too_large_to_read_is_in_the_right_language_too(client, code):
    response = client.get("/", headers={"accept-language": code, "content-length": str(10**9)})

    assert response.status_code == 413
    assert language_of(response) == code


def test_the_next_reader_of_the_same_process_is_not_in_the_language_of_the_last(client):
    client.get("/", headers={"accept-language": "de"})

    assert language_of(client.get("/no-such-page/")) == "en"


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "http://a]b/"])
def test_an_address_that_is_none_hinders_no_refusal(referer, db):
    client = Client(enforce_csrf_checks=True)

    refused = client.post("/accounts/login/", headers={"Referer": referer})
    missing = client.post("/no-such-page/", headers={"Referer": referer})

    assert (refused.status_code, missing.status_code) == (403, 404)

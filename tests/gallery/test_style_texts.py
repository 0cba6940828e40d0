"""The texts of the styles in other languages, from the sample to the page, the API and the curators' room."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import translation

from gallery import sample_catalogue, search, studies
from gallery.artist_notes import NOTES
from gallery.changes import undo
from gallery.curators import curators, viewers
from gallery.models import Artist, Change, Style, StyleText
from gallery.said import NATIONALITIES, STYLE_NAMES
from gallery.study_titles import TITLES
from tests.api.callers import Script
from tests.factories import make_artist, make_artwork, make_style
from tests.pictures import small_painting

from .test_admin import form_of, save, staff

pytestmark = pytest.mark.django_db
WORDS = {
    "summary": "Des objets en morceaux.",
    "look_for": ["des facettes"],
    "description": "Un objet, plusieurs regards.",
}


def make_cubism(**fields) -> Style:
    """With a whole French text that was made from the English as it is."""
    english = {"look_for": ["facets"], "description": "One thing, seen from many sides."}
    style = make_style("Cubism", slug="cubism", position=1, **english)
    style.texts.create(language="fr", made_from=style.english_fingerprint, **WORDS | fields)
    return style


# On pages


def test_a_page_shows_the_text_of_its_language():
    words = make_cubism().words_in("fr")

    assert (words.summary, words.look_for, words.description) == tuple(WORDS.values())
    assert not words.lang


def test_english_is_shown_as_such_where_a_text_is_missing():
    style = make_cubism(description="")

    partly, wholly = style.words_in("fr"), style.words_in("de")

    assert (partly.summary, partly.description) == (WORDS["summary"], "One thing, seen from many sides.")
    assert partly.lang == {"description": ' lang="en"'}
    assert wholly.summary == "Cubism in short."
    assert set(wholly.lang) == {"summary", "look_for", "description"}


def test_the_words_follow_the_language_that_is_spoken():
    style = make_cubism()

    with translation.override("fr"):
        assert style.words.summary == WORDS["summary"]
    with translation.override("en"):
        assert style.words.summary == "Cubism in short."


def test_many_styles_bring_their_texts_with_one_query(django_assert_num_queries):
    make_cubism()
    make_style(position=2)

    with translation.override("fr"), django_assert_num_queries(2):
        told = [style.words.summary for style in Style.objects.of_the_house().with_texts()]

    assert told[0] == WORDS["summary"]
    with translation.override("en"), django_assert_num_queries(1):
        assert len([style.words.summary for style in Style.objects.of_the_house().with_texts()]) == 2


def test_a_name_that_no_catalogue_knows_stays_as_it_is():
    with translation.override("fr"):
        assert make_style("Unheard-of Style").label == "Unheard-of Style"


def test_every_style_and_nationality_of_the_sample_can_be_translated():
    sample_catalogue.load_facts()

    assert set(Style.objects.values_list("name", flat=True)) == set(map(str, STYLE_NAMES))
    assert set(Artist.objects.values_list("nationality", flat=True)) == set(map(str, NATIONALITIES))


def test_every_note_of_the_sample_is_in_the_language_of_the_page_and_others_are_marked(client):
    sample_catalogue.load_facts()
    note = "He wanted to astonish Paris with an apple."
    known, other = Artist.objects.get(note=note), make_artist("Somebody", note="Painted at night.")

    def page(artist):
        return client.get(artist.get_absolute_url(), headers={"accept-language": "de"}).content.decode()

    assert set(Artist.objects.exclude(note="").values_list("note", flat=True)) - {other.note} == set(
        map(str, NOTES)
    )
    assert '<p class="lead">Mit einem Apfel wollte er Paris in Staunen versetzen.</p>' in page(known)
    assert '<p class="lead" lang="en">Painted at night.</p>' in page(other)


def test_the_message_catalogue_knows_every_title_of_a_study():
    titles = [work.title for works in studies.WORKS.values() for work in works]

    assert sorted(map(str, TITLES)) == sorted(titles)


def test_a_study_has_its_title_in_the_language_of_the_page_and_a_painting_its_own(client, db):
    study = make_artwork("Harbour at sunrise", rights="generated", picture=small_painting())
    painting = make_artwork("Harbour at sunrise", rights="public_domain", picture=small_painting(2))

    def page(work):
        return client.get(work.get_absolute_url(), headers={"accept-language": "fr"}).content.decode()

    assert '<h1 class="work-title"><cite>Port au soleil levant</cite></h1>' in page(study)
    assert '<h1 class="work-title"><cite>Harbour at sunrise</cite></h1>' in page(painting)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Ukiyo-e", "Ukiyo\u2011e"), ("Neo-Expressionism", "Neo-Expressionism"), ("Art Nouveau", "Art Nouveau")],
)
def test_no_line_of_a_heading_ends_within_a_short_name(client, name, shown):
    style = make_style(name)

    heading = client.get(style.get_absolute_url()).content.decode().partition("<h1>")[2].partition("</h1>")[0]

    assert heading.endswith(shown)


def test_a_style_is_found_by_its_english_name_on_every_page():
    style = make_cubism()

    with translation.override("fr"):
        assert search.styles_for("cubism") == [style]


# From the sample


def test_the_sample_brings_texts_that_fit_the_english():
    sample_catalogue.load_facts()

    texts = StyleText.objects.select_related("style").filter(style__slug="renaissance")

    assert {text.language for text in texts} == {"fr", "de"}
    assert not [text for text in texts if text.is_stale]


def test_a_catalogue_that_knew_no_other_language_gets_them_at_the_next_start():
    sample_catalogue.load_facts()
    count = StyleText.objects.count()
    StyleText.objects.all().delete()

    call_command("load_sample", studies=0)

    assert StyleText.objects.count() == count > 0


def test_a_translation_that_a_curator_changed_is_left_alone_and_others_are_brought_up_to_date():
    sample_catalogue.load_facts()
    french, german = (
        StyleText.objects.get(style__slug="renaissance", language=code) for code in ("fr", "de")
    )
    StyleText.objects.filter(pk=french.pk).update(summary="D’un conservateur.")
    old = sample_catalogue.fingerprint("Früher.", german.look_for, german.description)
    StyleText.objects.filter(pk=german.pk).update(loaded=old, summary="Früher.")

    call_command("load_sample", studies=0)
    sample_catalogue.load_facts()

    assert StyleText.objects.get(pk=french.pk).summary == "D’un conservateur."
    assert StyleText.objects.get(pk=german.pk).summary == german.summary


def test_a_translation_of_an_english_text_that_a_curator_changed_is_known_as_perhaps_outdated():
    sample_catalogue.load_facts()
    Style.objects.filter(slug="renaissance").update(summary="A curator's words.")
    StyleText.objects.all().delete()

    sample_catalogue.load_texts()

    assert StyleText.objects.get(style__slug="renaissance", language="fr").is_stale


# In the curators' room


def text_of(style: Style, language: str = "fr") -> StyleText:
    return StyleText.objects.get(style=style, language=language)


def test_a_curator_translates_a_style_and_takes_it_back(client):
    style, curator = make_style("Cubism"), staff(client, curators())

    save(curator, style, **{"texts-0-summary": "Des objets en morceaux."})

    assert text_of(style).summary == "Des objets en morceaux."
    assert not text_of(style).is_stale
    assert StyleText.objects.count() == 1
    undo(Change.objects.get(), user=None)
    assert text_of(style).summary == ""


def test_saving_a_style_makes_no_empty_translations(client):
    style, curator = make_style("Cubism"), staff(client, curators())

    save(curator, style, summary="Another one.")

    assert not StyleText.objects.exists()


def test_changing_the_english_marks_the_translation_until_somebody_looks(client):
    style, curator = make_cubism(), staff(client, curators())
    save(curator, style, summary="Another sentence.")
    assert text_of(style).is_stale
    listed = curator.get(reverse("admin:gallery_style_changelist")).content.decode()
    assert "Français (perhaps outdated)" in listed

    save(curator, style, **{"texts-0-fits": "on"})

    assert not text_of(style).is_stale
    assert text_of(style).summary == WORDS["summary"]
    log = curator.get(reverse("admin:gallery_change_changelist")).content.decode()
    assert "translation (Français): <del>perhaps outdated</del> → <ins>fits the English</ins>" in log


def test_the_log_tells_which_text_of_which_language_changed_and_undoes_it(client):
    style, curator = make_cubism(), staff(client, curators())

    save(curator, style, **{"texts-0-summary": "Tout en facettes."})

    log = curator.get(reverse("admin:gallery_change_changelist")).content.decode()
    assert "summary (Français): <del>Des objets en morceaux.</del> → <ins>Tout en facettes.</ins>" in log
    undo(Change.objects.get(), user=None)
    assert text_of(style).summary == WORDS["summary"]


def test_line_ends_as_browsers_send_them_change_nothing(client):
    style, curator = make_cubism(description="Un.\n\nDeux."), staff(client, curators())
    Style.objects.update(description="One.\n\nTwo.")

    save(
        curator,
        style,
        **{"description": "One.\r\n\r\nTwo.", "texts-0-description": "Un.\r\n\r\nDeux."},
    )

    assert not Change.objects.exists()
    assert text_of(style).is_stale  # for nobody looked


def test_undoing_a_change_of_the_english_makes_the_translation_fit_again(client):
    style, curator = make_cubism(), staff(client, curators())
    save(curator, style, description="Something else.")

    undo(Change.objects.get(), user=None)

    assert not text_of(style).is_stale


def test_a_deleted_style_comes_back_with_its_translations(client):
    style, curator = make_cubism(), staff(client, curators())
    curator.post(reverse("admin:gallery_style_delete", args=[style.pk]), {"post": "yes"})
    assert not StyleText.objects.exists()

    undo(Change.objects.get(), user=None)

    text = StyleText.objects.get()
    assert (text.language, text.summary, text.is_stale) == ("fr", WORDS["summary"], False)


def test_the_language_of_a_translation_cannot_be_sent(client):
    style, curator = make_cubism(), staff(client, curators())

    save(curator, style, **{"texts-0-language": "de", "texts-0-summary": "Toujours en français."})

    assert text_of(style).summary == "Toujours en français."
    assert not StyleText.objects.filter(language="de").exists()


def test_whoever_may_only_look_sees_the_translations(client):
    style, viewer = make_cubism(), staff(client, viewers())

    page = viewer.get(reverse("admin:gallery_style_change", args=[style.pk])).content.decode()

    assert WORDS["summary"] in page


def test_the_form_asks_whether_a_translation_fits_only_where_the_english_changed(client):
    style, curator = make_cubism(), staff(client, curators())
    question = 'type="checkbox" name="texts-0-fits"'
    address = reverse("admin:gallery_style_change", args=[style.pk])
    assert question not in curator.get(address).content.decode()

    Style.objects.update(summary="Another sentence.")

    assert question in curator.get(address).content.decode()
    assert "texts-0-summary" in form_of(curator, style)


# In the API


@pytest.mark.parametrize(
    ("wanted", "language"), [("fr-CH, en;q=0.5", "fr"), ("de", "en"), ("it, *;q=0.1", "en"), ("", "en")]
)
def test_the_api_describes_a_style_in_the_language_asked_for(wanted, language):
    make_cubism()

    answer = Script(is_anonymous=True).get("/styles/cubism/", Accept_Language=wanted)

    expected = WORDS["description"] if language == "fr" else "One thing, seen from many sides."
    assert answer.json()["description"] == expected
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]
    assert answer.json()["name"] == "Cubism"


def test_an_entity_tag_of_one_language_is_none_of_another():
    make_cubism()
    script = Script(is_anonymous=True)
    tag = script.get("/styles/cubism/", Accept_Language="fr").headers["ETag"]

    same = script.get("/styles/cubism/", Accept_Language="fr", If_None_Match=tag)
    other = script.get("/styles/cubism/", Accept_Language="en", If_None_Match=tag)

    assert (same.status_code, other.status_code) == (304, 200)
    assert "Accept-Language" in same.headers["Vary"]


def test_what_is_in_english_on_every_page_is_marked_as_such(client):
    artist = make_artist("Claude Monet", style=make_style("Cubism"), note="He gardened.")

    in_french = client.get(artist.get_absolute_url(), headers={"accept-language": "fr"}).content.decode()
    in_english = client.get(artist.get_absolute_url()).content.decode()

    assert '<p class="lead" lang="en">He gardened.</p>' in in_french
    assert '<p class="lead">He gardened.</p>' in in_english

import pytest
from django.core.management import CommandError, call_command

from gallery import sample_catalogue
from gallery.models import Artist, Artwork, Style

pytestmark = pytest.mark.django_db


def test_the_facts_load_with_styles_in_order_and_artists_by_rank():
    sample_catalogue.load_facts()

    assert Style.objects.of_the_house().count() == 18
    assert Style.objects.of_the_house().first().slug == "renaissance"
    assert Artist.objects.count() >= 90
    assert all(style.famous_artists.count() >= 5 for style in Style.objects.of_the_house())
    assert all(artist.known_works.count() >= 3 for artist in Artist.objects.prefetch_related("known_works"))


def test_loading_twice_changes_nothing():
    sample_catalogue.load_facts()
    before = list(
        Style.famous_artists.through.objects.order_by("style", "rank").values_list("style", "artist")
    )

    sample_catalogue.load_facts()

    after = list(
        Style.famous_artists.through.objects.order_by("style", "rank").values_list("style", "artist")
    )
    assert before == after


def test_studies_are_painted_embedded_and_labelled():
    sample_catalogue.load_facts()

    works = list(sample_catalogue.load_studies(sample_catalogue.missing_studies()[:2]))

    assert all(work.is_study and work.artist is None for work in works)
    assert all(work.embedding is not None and work.shows_picture for work in works)


def test_a_stopped_painting_goes_on_where_it_was():
    sample_catalogue.load_facts()
    everything = sample_catalogue.missing_studies()
    list(sample_catalogue.load_studies(everything[:1]))

    assert sample_catalogue.missing_studies() == everything[1:]


def test_a_study_that_a_curator_deleted_is_not_painted_again():
    sample_catalogue.load_facts()
    wanted = sample_catalogue.missing_studies()[:1]
    next(sample_catalogue.load_studies(wanted)).delete()

    assert wanted[0] not in sample_catalogue.missing_studies()


def test_a_loaded_sample_is_left_alone():
    sample_catalogue.load_facts()
    Style.objects.filter(slug="cubism").update(summary="A curator's words.")

    call_command("load_sample", studies=0)

    assert Style.objects.get(slug="cubism").summary == "A curator's words."
    assert not Artwork.objects.exists()


def test_a_model_that_is_gone_is_said_with_the_way_to_another(monkeypatch, tmp_path):
    monkeypatch.setenv("STYLEART_MODEL", str(tmp_path))

    with pytest.raises(CommandError, match=r"model\.json is missing.* manage\.py activate_model"):
        call_command("load_sample", studies=0)


def test_a_style_that_was_renamed_or_deleted_gets_no_studies_and_hinders_nothing():
    sample_catalogue.load_facts()
    Style.objects.filter(slug="cubism").update(slug="cubism-art")
    Style.objects.filter(slug="realism").delete()

    slugs = {slug for slug, _ in sample_catalogue.missing_studies()}

    assert len(slugs) == 16
    assert not slugs & {"cubism", "cubism-art", "realism"}

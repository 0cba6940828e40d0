import pytest

from gallery.changes import CannotUndo, edit_many, recorded, undo, undo_batch
from gallery.models import Artist, Artwork, Change, FamousArtist, Style
from tests.factories import make_artist, make_artwork, make_style, make_user, small_painting

pytestmark = pytest.mark.django_db


def edit(row, *, user=None, reason="", **values):
    with recorded(row, user=user, reason=reason):
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
    return Change.objects.of(row).first()


def test_a_change_tells_who_what_when_before_after_and_why():
    work, user = make_artwork("Haystack"), make_user()

    change = edit(work, user=user, reason="The museum says so.", title="Haystacks", year=1890)

    assert change.before == {"title": "Haystack", "year": None, "curated_fields": []}
    assert change.after == {"title": "Haystacks", "year": 1890, "curated_fields": ["title", "year"]}
    assert (change.user, change.reason, change.kind) == (user, "The museum says so.", "edit")
    assert change.at is not None


def test_what_was_set_by_hand_is_remembered_field_by_field():
    work = make_artwork()

    edit(work, year=1890)
    edit(work, title="Haystacks")

    assert Artwork.objects.get().curated_fields == ["title", "year"]


def test_saving_without_a_change_writes_nothing():
    work = make_artwork()

    edit(work, title=work.title)

    assert not Change.objects.exists()
    assert Artwork.objects.get().curated_fields == []


def test_nothing_is_written_where_the_change_itself_fails():
    work = make_artwork("Haystacks")

    with pytest.raises(ValueError, match="on the way"), recorded(work, user=None):
        work.title = "Other"
        work.save()
        raise ValueError("on the way")

    assert Artwork.objects.get().title == "Haystacks"
    assert not Change.objects.exists()


def test_undo_brings_fields_back_and_lets_imports_set_them_again():
    work = make_artwork("Haystack", year=1889)
    change = edit(work, title="Haystacks", year=1890)

    undo(change, user=None)

    work = Artwork.objects.get()
    assert (work.title, work.year, work.curated_fields) == ("Haystack", 1889, [])
    assert work.search_text == "haystack "


def test_undo_is_itself_in_the_log():
    work, user = make_artwork("Haystack"), make_user()
    change = edit(work, title="Haystacks")

    undone = undo(change, user=user)

    note = Change.objects.first()
    assert (note.kind, note.user, note.after["title"]) == ("undo", user, "Haystack")
    assert Change.objects.get(pk=change.pk).undone_in == undone.batch


def test_changes_are_undone_one_after_the_other_the_last_first():
    work = make_artwork("One")
    first, second = edit(work, title="Two"), edit(work, title="Three")

    with pytest.raises(CannotUndo, match="changed again"):
        undo(first, user=None)
    undo(second, user=None)
    undo(first, user=None)

    assert Artwork.objects.get().title == "One"


def test_nothing_is_undone_twice():
    work = make_artwork("One")
    change = edit(work, title="Two")
    undo(change, user=None)

    with pytest.raises(CannotUndo, match="undone already"):
        undo(change, user=None)


def test_an_older_change_of_another_field_is_undone_alone():
    work = make_artwork("One")
    title, year = edit(work, title="Two"), edit(work, year=1900)

    undo(title, user=None)

    work = Artwork.objects.get()
    assert (work.title, work.year, work.curated_fields) == ("One", 1900, ["year"])
    assert year.is_standing


def test_an_added_work_goes_again_by_undo():
    work = Artwork(title="New", style=make_style())
    with recorded(work, user=None):
        work.save()
    change = Change.objects.of(work).get()

    undo(change, user=None)

    assert change.kind == "add"
    assert not Artwork.objects.exists()


def test_what_is_given_to_an_added_work_is_set_by_hand():
    work = Artwork(title="New", style=make_style(), year=1900)

    with recorded(work, user=None):
        work.save()

    assert Artwork.objects.get().curated_fields == ["style", "title", "year"]


def test_an_added_work_has_its_rights_by_rule_unless_they_are_given():
    monet = make_artist("Monet", birth_year=1840, death_year=1926)
    by_rule = Artwork(title="New", style=make_style(), artist=monet, year=1880)
    by_hand = Artwork(title="New", style=make_style(), artist=monet, rights="protected")

    with recorded(by_rule, by_hand, user=None):
        by_rule.save()
        by_hand.save()

    assert list(Artwork.objects.order_by("pk").values_list("rights", flat=True)) == [
        "public_domain",
        "protected",
    ]
    assert Change.objects.of(by_rule).get().after["rights"] == "public_domain"
    assert "rights" not in by_rule.curated_fields


def test_a_deleted_work_comes_back_as_it_was():
    work = make_artwork("Gone", picture=small_painting(), tags=["sea"], year=1900)
    pk = work.pk
    with recorded(work, user=None):
        work.delete()
    change = Change.objects.get()

    undo(change, user=None)

    again = Artwork.objects.get(pk=pk)
    assert change.kind == "delete"
    assert (again.title, again.tags, again.year) == ("Gone", ["sea"], 1900)
    assert again.copy(480).exists()


def test_what_cannot_come_back_says_why_and_changes_nothing():
    artist = make_artist("Monet", slug="monet")
    change = edit(artist, slug="claude-monet")
    make_artist("Another", slug="monet")

    with pytest.raises(CannotUndo, match="taken its place"):
        undo(change, user=None)

    assert Artist.objects.get(pk=artist.pk).slug == "claude-monet"


def test_a_deleted_work_whose_artist_is_gone_since_cannot_come_back():
    artist = make_artist("Monet")
    work = make_artwork("Haystacks", artist=artist)
    with recorded(work, user=None) as batch:
        work.delete()
    artist.delete()

    with pytest.raises(CannotUndo, match="taken its place"):
        undo_batch(batch, user=None)

    assert not Artwork.objects.exists()


def test_many_works_change_together_and_only_those_that_differ():
    style, other = make_style(), make_style()
    works = [make_artwork(style=style), make_artwork(style=style), make_artwork(style=other)]

    count = edit_many(Artwork.objects.all(), {"style": other.pk}, user=None)

    assert count == 2
    assert set(Change.objects.values_list("object_id", flat=True)) == {works[0].pk, works[1].pk}
    assert Artwork.objects.filter(style=other, curated_fields=["style"]).count() == 2


def test_a_bulk_edit_is_undone_as_a_whole():
    styles = [make_style(), make_style(), make_style()]
    works = [make_artwork(style=style) for style in styles]
    edit_many(Artwork.objects.all(), {"style": styles[0].pk, "is_published": False}, user=None)

    undone = undo_batch(Change.objects.first().batch, user=None)

    assert undone.count == 3
    assert [Artwork.objects.get(pk=work.pk).style for work in works] == styles
    assert not Artwork.objects.filter(is_published=False).exists()
    assert all(work.curated_fields == [] for work in Artwork.objects.all())


def test_undoing_a_bulk_edit_leaves_works_that_were_changed_again():
    first, second = make_artwork(), make_artwork()
    edit_many(Artwork.objects.all(), {"is_published": False}, user=None)
    batch = Change.objects.first().batch
    first.refresh_from_db()
    edit(first, is_published=True)
    edit(first, is_published=False)

    undone = undo_batch(batch, user=None)

    assert (undone.count, undone.left) == (1, 1)
    second.refresh_from_db()
    assert second.is_published


def test_one_work_of_a_bulk_edit_is_undone_alone():
    first, second = make_artwork(), make_artwork()
    edit_many(Artwork.objects.all(), {"is_published": False}, user=None)

    undo(Change.objects.of(first).get(), user=None)

    assert list(Artwork.objects.filter(is_published=True)) == [first]
    assert list(Artwork.objects.filter(is_published=False)) == [second]


def test_works_are_found_under_their_new_artist():
    work = make_artwork("Haystacks", artist=make_artist("Manet"))

    edit_many(Artwork.objects.all(), {"artist": make_artist("Monet").pk}, user=None)

    work.refresh_from_db()
    assert work.search_text == "haystacks monet"


def test_works_are_found_under_the_new_name_of_their_artist():
    artist = make_artist("Monnet")
    work = make_artwork("Haystacks", artist=artist)

    edit(artist, name="Monet")

    work.refresh_from_db()
    assert work.search_text == "haystacks monet"


def test_rights_follow_the_dates_of_the_artist_except_where_set_by_hand():
    artist = make_artist("Monet")
    by_rule = make_artwork(artist=artist)
    by_hand = make_artwork(artist=artist)
    edit(by_hand, rights="protected")

    change = edit(artist, death_year=1926)

    by_rule.refresh_from_db()
    by_hand.refresh_from_db()
    assert (by_rule.rights, by_rule.curated_fields) == ("public_domain", [])
    assert by_hand.rights == "protected"
    undo(change, user=None)
    by_rule.refresh_from_db()
    assert by_rule.rights == "unknown"


def test_generated_studies_stay_generated_whoever_they_are_given_to():
    study = make_artwork(rights="generated")

    edit(study, artist=make_artist(death_year=1500))

    study.refresh_from_db()
    assert study.rights == "generated"


def test_rights_follow_a_new_artist():
    first, second = make_artwork(), make_artwork()
    artist = make_artist(death_year=1926)

    edit(first, artist=artist)
    edit_many(Artwork.objects.filter(pk=second.pk), {"artist": artist.pk}, user=None)

    assert list(Artwork.objects.values_list("rights", flat=True)) == ["public_domain"] * 2
    assert Artwork.objects.filter(curated_fields=["artist"]).count() == 2


def test_the_famous_of_a_style_come_back_in_their_order():
    style = make_style()
    artists = [make_artist(style=style) for _ in range(3)]
    with recorded(style, user=None):
        FamousArtist.objects.filter(artist=artists[0]).delete()

    undo(Change.objects.get(), user=None)

    ranks = FamousArtist.objects.filter(style=style).order_by("rank")
    assert [famous.artist for famous in ranks] == artists


def test_a_deleted_style_comes_back_with_where_it_came_from():
    parent, style = make_style("Realism"), make_style("Impressionism")
    style.came_from.add(parent)
    with recorded(style, user=None):
        style.delete()

    undo(Change.objects.get(), user=None)

    assert list(Style.objects.get(name="Impressionism").came_from.all()) == [parent]

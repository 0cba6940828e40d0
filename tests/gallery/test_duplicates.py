"""The same picture twice: found by looks, merged or told apart by curators, taken back."""

import pytest
from django.urls import reverse
from PIL import Image

from gallery import changes, duplicates
from gallery.curators import curators
from gallery.models import Artwork, DuplicatePair, HiddenDuplicate, PictureHash
from ml import inference
from tests import pictures
from tests.factories import make_artist, make_artwork, make_embedding, make_style, make_user

pytestmark = pytest.mark.django_db


def smaller_copy(seed: int = 7) -> bytes:
    image = pictures.composition(seed=seed)
    return pictures._saved(image.resize((240, 180), Image.Resampling.LANCZOS), "JPEG", quality=70)


def original(seed: int = 7) -> bytes:
    return pictures._saved(pictures.composition(seed=seed), "PNG")


def make_copies(**fields) -> tuple[Artwork, Artwork]:
    """A work and a smaller copy of it, found as duplicates."""
    style = make_style()
    large = make_artwork("Large", picture=original(), style=style, **fields)
    small = make_artwork("Small", picture=smaller_copy(), style=style)
    duplicates.find(10)
    return large, small


def make_hashed(bits: int, seed: int) -> Artwork:
    """A work with a made-up hash and embedding."""
    work = make_artwork(seed=seed)
    PictureHash.objects.create(artwork=work, **PictureHash.fields_of(bits))
    return work


def open_groups() -> list[set[str]]:
    return [{work.title for work in duplicates.Group(number).works} for number in duplicates.group_numbers()]


def test_a_smaller_copy_is_found_and_another_painting_is_not():
    make_copies()
    make_artwork("Another", picture=original(seed=31))

    duplicates.find(10)

    assert open_groups() == [{"Large", "Small"}]


def test_what_was_compared_is_not_compared_again():
    make_copies()

    assert duplicates.find(10) == 0


def test_finding_goes_on_where_it_was():
    for seed in range(3):
        make_hashed(seed << 20, seed)

    assert [duplicates.find(2), duplicates.find(2), duplicates.find(2)] == [2, 1, 0]


@pytest.mark.parametrize("flipped", [0, 1 << 63, 0b111, 1 << 15 | 1 << 31 | 1 << 47])
def test_hashes_within_three_bits_are_found_whichever_bits_differ(flipped):
    one = make_hashed(0xFEDC_BA98_7654_3210, seed=1)
    other = make_hashed(0xFEDC_BA98_7654_3210 ^ flipped, seed=1)

    duplicates.find(10)

    (pair,) = DuplicatePair.objects.all()
    assert (pair.first, pair.second, pair.differing_bits) == (one, other, flipped.bit_count())


def test_the_same_hash_of_things_that_look_different_to_the_model_is_chance():
    make_hashed(0, seed=1)
    other = make_hashed(0, seed=2)
    other.embeddings.update(embedding=-make_embedding(1))

    duplicates.find(10)

    assert not DuplicatePair.objects.exists()


@pytest.mark.parametrize(
    ("bits", "distance", "alike"),
    [(3, 0.8, True), (3, 0.9, False), (4, 0.3, False), (12, 0.2, True), (13, 0.01, False)],
)
def test_pictures_are_alike_by_hash_or_by_both_together(bits, distance, alike):
    assert duplicates.are_alike(bits, distance) is alike


def test_generated_studies_are_not_compared_with_each_other():
    make_artwork(picture=original(), rights="generated")
    make_artwork(picture=smaller_copy(), rights="generated")

    duplicates.find(10)

    assert not DuplicatePair.objects.exists()


def test_another_picture_of_a_work_is_compared_anew():
    _, small = make_copies()

    small.take_picture(original(seed=31))
    small.save()

    assert duplicates.group_numbers() == []
    assert duplicates.find(10) == 1


def test_works_that_hang_together_are_one_group():
    works = [make_hashed(bits, seed=1) for bits in (0b0, 0b111, 0b111_111, 0b111 << 60)]

    duplicates.find(10)

    (number,) = duplicates.group_numbers()
    assert number == works[0].pk
    assert duplicates.Group(number).works == works


def test_the_largest_picture_is_proposed_and_what_differs_is_shown():
    large, small = make_copies(year=1901)
    Artwork.objects.filter(pk=small.pk).update(materials="oil")

    group = duplicates.Group(large.pk)

    assert group.proposed == large
    chosen = {one.name: one.chosen for one in group.differences}
    assert chosen == {"title": large.pk, "year": large.pk, "materials": small.pk}


def test_the_others_are_hidden_and_lead_to_the_kept_one_which_takes_what_was_chosen():
    large, small = make_copies()
    artist = make_artist("Berthe Morisot")
    Artwork.objects.filter(pk=small.pk).update(artist=artist, year=1880)
    small.refresh_from_db()

    duplicates.keep(large, [small], values_from={"artist": small, "year": small}, user=make_user())

    large.refresh_from_db()
    small.refresh_from_db()
    assert (large.artist, large.year, large.title) == (artist, 1880, "Large")
    assert "morisot" in large.search_text
    assert not small.is_published
    assert duplicates.kept_instead_of(small.pk) == large
    assert duplicates.group_numbers() == []


def test_the_page_of_a_hidden_duplicate_leads_to_the_kept_work(client):
    large, small = make_copies()
    duplicates.keep(large, [small], values_from={}, user=make_user())

    answer = client.get(small.get_absolute_url())

    assert (answer.status_code, answer.url) == (302, large.get_absolute_url())


def test_a_hidden_work_that_is_no_duplicate_leads_nowhere(client):
    hidden = make_artwork(is_published=False)

    assert client.get(hidden.get_absolute_url()).status_code == 404


def test_a_duplicate_of_a_duplicate_leads_to_the_one_on_display():
    first, second, third = (make_hashed(0, seed=1) for _ in range(3))
    user = make_user()
    duplicates.find(10)

    duplicates.keep(second, [first], values_from={}, user=user)
    duplicates.keep(third, [second], values_from={}, user=user)

    assert duplicates.kept_instead_of(first.pk) == third


def test_a_decision_is_taken_back():
    large, small = make_copies()
    Artwork.objects.filter(pk=small.pk).update(year=1880)
    small.refresh_from_db()
    user = make_user()
    decision = duplicates.keep(large, [small], values_from={"year": small}, user=user)

    duplicates.undo(decision, user=user)

    large.refresh_from_db()
    small.refresh_from_db()
    assert (large.year, small.is_published) == (None, True)
    assert not HiddenDuplicate.objects.exists()
    assert open_groups() == [{"Large", "Small"}]


def test_a_decision_that_was_undone_in_the_log_is_opened_again():
    large, small = make_copies()
    user = make_user()
    decision = duplicates.keep(large, [small], values_from={}, user=user)
    changes.undo_batch(decision.batch, user=user)

    duplicates.undo(decision, user=user)

    assert open_groups() == [{"Large", "Small"}]


def test_works_that_are_not_the_same_are_not_suspected_again():
    large, small = make_copies()

    duplicates.part([large, small], user=make_user())
    PictureHash.objects.update(compared_with="")
    duplicates.find(10)

    assert duplicates.group_numbers() == []


def test_of_a_group_some_may_be_the_same_and_others_not():
    one, same, other = (make_hashed(0, seed=1) for _ in range(3))
    duplicates.find(10)

    duplicates.keep(one, [same], others=[other], values_from={}, user=make_user())

    same.refresh_from_db()
    other.refresh_from_db()
    assert (same.is_published, other.is_published) == (False, True)
    assert duplicates.group_numbers() == []


def test_one_undo_takes_back_that_some_are_the_same_and_that_others_are_not():
    works = one, same, other = [make_hashed(0, seed=1) for _ in range(3)]
    duplicates.find(10)
    duplicates.keep(one, [same], others=[other], values_from={}, user=make_user())

    duplicates.undo(duplicates.DuplicateDecision.objects.first(), user=make_user())

    assert duplicates.Group(one.pk).works == works
    assert not duplicates.DuplicateDecision.objects.exists()


def test_taking_a_bridge_away_leaves_two_groups():
    a, b, c, d = works = [make_artwork() for _ in range(4)]
    for first, second in ((a, b), (b, c), (c, d)):
        DuplicatePair.objects.create(
            first=first, second=second, differing_bits=3, distance=0.5, group=first.pk
        )
    duplicates.regroup({a.pk})
    assert duplicates.group_numbers() == [a.pk]

    duplicates.part([b, c], user=make_user())

    assert duplicates.group_numbers() == [a.pk, c.pk]
    assert duplicates.Group(c.pk).works == works[2:]


def test_two_curators_do_not_decide_about_the_same_works():
    large, small = make_copies()
    duplicates.keep(large, [small], values_from={}, user=make_user())

    with pytest.raises(duplicates.CannotDecide, match="Somebody else"):
        duplicates.keep(small, [large], values_from={}, user=make_user())


def test_an_import_does_not_bring_a_hidden_duplicate_back():
    large, small = make_copies()

    duplicates.keep(large, [small], values_from={}, user=make_user())

    small.refresh_from_db()
    assert "is_published" in small.curated_fields


def test_the_change_log_tells_of_a_merge():
    large, small = make_copies()
    user = make_user()

    duplicates.keep(large, [small], values_from={}, user=user)

    (change,) = changes.Change.objects.of(small)
    assert change.after["is_published"] is False
    assert change.user == user
    assert str(large.pk) in change.reason


def test_suspected_duplicates_can_be_listed():
    large, small = make_copies()
    make_artwork()

    assert set(Artwork.objects.suspected_duplicates()) == {large, small}


def test_comparing_a_work_asks_few_questions(django_assert_max_num_queries):
    works = [make_hashed(0, seed=1) for _ in range(5)]

    with django_assert_max_num_queries(14):
        duplicates.compare(works[0].picture_hash, inference.model_version())

    assert DuplicatePair.objects.count() == 4


# The room


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    return client


ROOM = "admin:gallery_duplicatepair_changelist"


def send(client, action: str, number: int, **fields) -> str:
    address = reverse(f"admin:gallery_duplicatepair_{action}", args=[number])
    return client.post(address, fields, follow=True).content.decode()


def test_the_room_shows_a_group_side_by_side(curator):
    make_copies(year=1901)

    page = curator.get(reverse(ROOM)).content.decode()

    assert page.count("Keep this one") == 2
    assert "1901" in page


def test_an_empty_room_says_so(curator):
    assert "No duplicates are suspected" in curator.get(reverse(ROOM)).content.decode()


def test_a_curator_keeps_one_and_takes_a_field_from_the_other(curator):
    large, small = make_copies()
    Artwork.objects.filter(pk=small.pk).update(year=1880)

    page = send(curator, "keep", large.pk, kept=large.pk, same=[small.pk], **{"from-year": small.pk})

    large.refresh_from_db()
    small.refresh_from_db()
    assert (large.year, large.title, small.is_published) == (1880, "Large", False)
    assert "“Large” is kept, 1 hidden." in page


def test_without_a_tick_nothing_is_hidden(curator):
    large, small = make_copies()

    page = send(curator, "keep", large.pk, kept=large.pk)

    small.refresh_from_db()
    assert small.is_published
    assert "Tick at least one work" in page


def test_a_curator_tells_works_apart_and_takes_it_back(curator):
    large, _ = make_copies()

    page = send(curator, "part", large.pk)
    assert "No duplicates are suspected" in page
    page = send(curator, "undo", duplicates.DuplicateDecision.objects.get().pk)

    assert "1 of 1" in page


def test_a_group_that_is_gone_is_said_so(curator):
    large, small = make_copies()
    send(curator, "keep", large.pk, kept=large.pk, same=[small.pk])

    page = send(curator, "keep", large.pk, kept=small.pk, same=[large.pk])

    large.refresh_from_db()
    assert "Somebody else has decided" in page
    assert large.is_published


def test_telling_works_apart_while_another_curator_keeps_one_is_said_so(curator, monkeypatch):
    large, small = make_copies()
    part = duplicates.part

    def part_a_moment_later(works, *, user):
        duplicates.keep(large, [small], values_from={}, user=make_user())
        return part(works, user=user)

    monkeypatch.setattr(duplicates, "part", part_a_moment_later)

    page = send(curator, "part", large.pk)

    small.refresh_from_db()
    assert "Somebody else has decided about one of these works" in page
    assert not small.is_published


def test_the_kept_work_is_deleted_only_with_those_that_are_hidden_for_it(curator):
    large, small = make_copies()
    duplicates.keep(large, [small], values_from={}, user=make_user())
    chosen = {"action": "delete_selected", "_selected_action": [large.pk, small.pk], "post": "yes"}

    alone = curator.post(reverse("admin:gallery_artwork_delete", args=[large.pk]), {"post": "yes"})
    after_one = Artwork.objects.count()
    curator.post(reverse("admin:gallery_artwork_changelist"), chosen)

    assert reverse("admin:gallery_artwork_change", args=[small.pk]) in alone.content.decode()
    assert (after_one, Artwork.objects.count()) == (2, 0)


def test_the_list_of_works_can_be_narrowed_to_suspected_duplicates(curator):
    make_copies()
    make_artwork("Something else")

    page = curator.get(reverse("admin:gallery_artwork_changelist"), {"duplicate": "yes"})

    assert page.context["cl"].result_count == 2

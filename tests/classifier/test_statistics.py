from datetime import UTC, datetime

import pytest
from django.urls import reverse

from classifier.models import Prediction
from classifier.statistics import Statistics
from tests import pictures
from tests.factories import make_done_prediction, make_style, make_user

pytestmark = pytest.mark.django_db


def bring(owner, style: str, *, seed: int, year: int = 2026, month: int = 5, certainty: str = "sure"):
    prediction = make_done_prediction(
        (style, 0.7), ("Other", 0.3), owner=owner, picture=pictures.small_painting(seed), certainty=certainty
    )
    Prediction.objects.filter(pk=prediction.pk).update(created_at=datetime(year, month, 9, tzinfo=UTC))
    return prediction


@pytest.fixture
def somebody():
    make_style("Cubism", position=2)
    make_style("Baroque", position=1)
    return make_user()


def test_styles_are_counted_over_months_in_the_order_of_art_history(somebody):
    bring(somebody, "Cubism", seed=1, month=3)
    bring(somebody, "Cubism", seed=2, month=5)
    bring(somebody, "Cubism", seed=3, month=5)
    bring(somebody, "Baroque", seed=4, month=4)

    statistics = Statistics(somebody)

    assert [column.label for column in statistics.columns] == ["Mar 26", "Apr 26", "May 26"]
    lanes = [(lane.style.name, lane.total, lane.counts) for lane in statistics.lanes]
    assert lanes == [("Baroque", 1, [0, 1, 0]), ("Cubism", 3, [1, 0, 2])]
    assert statistics.favourite.style.name == "Cubism"


@pytest.mark.parametrize(
    ("last", "first_label", "columns"),
    [((2026, 6), "Q1 25", 6), ((2036, 5), "2025", 12), ((2050, 1), "2025–2027", 9)],
    ids=["quarters", "years", "some years at a time"],
)
def test_longer_times_are_told_in_longer_stretches(somebody, last, first_label, columns):
    bring(somebody, "Cubism", seed=1, year=2025, month=3)
    bring(somebody, "Cubism", seed=2, year=last[0], month=last[1])

    statistics = Statistics(somebody)

    assert (statistics.columns[0].label, len(statistics.columns)) == (first_label, columns)
    (lane,) = statistics.lanes
    assert (lane.counts[0], lane.counts[-1], lane.total) == (1, 1, 2)


def test_only_ones_own_pictures_count_and_none_of_the_trash(somebody):
    bring(somebody, "Cubism", seed=1)
    bring(somebody, "Cubism", seed=2).trash()
    bring(make_user(), "Cubism", seed=3)

    assert Statistics(somebody).totals["pictures"] == 1


def test_a_picture_asked_again_counts_once_by_its_newest_answer(somebody):
    older = bring(somebody, "Cubism", seed=1)
    newer = bring(somebody, "Baroque", seed=2)
    Prediction.objects.filter(pk=newer.pk).update(asked_again_from=older)

    (lane,) = Statistics(somebody).lanes

    assert (lane.style.name, lane.total) == ("Baroque", 1)


def test_what_is_not_a_painting_has_no_style_over_time(somebody):
    bring(somebody, "Cubism", seed=1, certainty="not_a_painting")

    statistics = Statistics(somebody)

    assert statistics.lanes == []
    assert statistics.totals["pictures"] == 1


def test_the_page_says_in_words_and_numbers_what_it_draws(client, somebody):
    prediction = bring(somebody, "Cubism", seed=1)
    bring(somebody, "Baroque", seed=2)
    bring(somebody, "Cubism", seed=3)
    prediction.give_feedback(prediction.style)
    client.force_login(somebody)

    page = client.get(reverse("classifier:my-styles")).content.decode()

    expected = [
        "Most of all you brought Cubism: 2 of 3 paintings, in 2 styles.",
        'aria-label="Baroque, 1; Cubism, 2"',
        "<title>2 in May 2026: Cubism</title>",
        "<table",
    ]
    assert [words for words in expected if words not in page] == []


def test_without_pictures_the_page_invites(client, somebody):
    client.force_login(somebody)

    page = client.get(reverse("classifier:my-styles")).content.decode()

    assert "Nothing to count yet." in page


def test_the_number_of_queries_does_not_grow_with_the_pictures(client, somebody, django_assert_num_queries):
    for seed in range(6):
        bring(somebody, "Cubism", seed=seed, month=seed + 1)
    client.force_login(somebody)

    with django_assert_num_queries(5):  # session, user, totals, months, styles
        client.get(reverse("classifier:my-styles"))

import numpy as np
import pytest

from ml.scores import (
    auc,
    calibration_error,
    confusion,
    evaluate,
    macro_auc,
    macro_f1,
    micro_auc,
    precision_at_10,
    precision_at_10_against_chance,
    recalls,
    roc_curve,
    top_k,
)

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.4, 0.5, 0.1], [0.1, 0.3, 0.6], [0.5, 0.3, 0.2]])
TRUTH = np.array([0, 0, 2, 1])


def test_the_top_answers_are_counted():
    assert top_k(PROBABILITIES, TRUTH, 1) == 0.5
    assert top_k(PROBABILITIES, TRUTH, 2) == 1.0


def test_each_style_has_its_own_recall():
    assert recalls(PROBABILITIES.argmax(1), TRUTH).tolist() == [0.5, 0.0, 1.0]


def test_f1_is_the_mean_over_styles():
    # style 0: 1 hit, 2 named, 2 there: 0.5; style 1: none; style 2: all
    assert macro_f1(PROBABILITIES.argmax(1), TRUTH) == pytest.approx((0.5 + 0 + 1) / 3)


def test_auc_is_one_for_a_perfect_order_and_a_half_for_no_order():
    assert macro_auc(np.eye(3)[TRUTH], TRUTH) == 1.0
    assert macro_auc(np.full((4, 3), 1 / 3), TRUTH) == 0.5


def test_calibration_error_is_the_gap_between_word_and_deed():
    sure_and_half_right = np.array([[0.9, 0.1]] * 4)

    assert calibration_error(sure_and_half_right, np.array([0, 0, 1, 1])) == pytest.approx(0.4)


def test_the_evaluation_never_gives_accuracy_alone():
    names = [name for name, _ in evaluate(PROBABILITIES, TRUTH)]

    assert names == ["top1", "top3", "macro_f1", "macro_auc", "ece", "baseline_top1"]


def test_precision_counts_the_nearest_of_the_same_group():
    near = np.array([[1, 0], [0.99, 0.14], [0, 1], [0.14, 0.99]])

    assert precision_at_10(near, np.array(["a", "a", "b", "b"])) == 1.0
    assert precision_at_10(near, np.array(["a", "a", "a", "lonely"])) == 1.0
    assert np.isnan(precision_at_10(near, np.array(["a", "b", "c", "d"])))


def test_a_tie_counts_half_in_the_area_under_the_curve():
    assert auc(np.array([0.5, 0.5, 0.1]), np.array([True, False, False])) == 0.75


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    chance = np.random.default_rng(4)
    scores, is_positive = chance.random(200).round(2), chance.random(200) < 0.4

    by_hand = np.subtract.outer(scores[is_positive], scores[~is_positive])
    assert auc(scores, is_positive) == pytest.approx(np.mean((by_hand > 0) + (by_hand == 0) / 2))
    assert np.isnan(auc(scores, np.ones(200, bool)))


def test_the_micro_area_pools_all_decisions():
    right = np.array([0.7, 0.4, 0.6, 0.3])
    others = np.array([0.2, 0.1, 0.5, 0.1, 0.1, 0.3, 0.5, 0.2])
    beaten = np.mean(right[:, None] > others) + np.mean(right[:, None] == others) / 2

    assert micro_auc(PROBABILITIES, TRUTH) == pytest.approx(beaten)


def test_the_curve_rises_as_more_is_let_in():
    scores, is_positive = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False])

    curve = roc_curve(scores, is_positive, np.array([0, 0.5, 1]))

    assert curve.tolist() == [0.5, 1.0, 1.0]


def test_the_area_under_the_curve_is_the_area():
    chance = np.random.default_rng(3)
    scores, is_positive = chance.random(300).round(1), chance.random(300) < 0.3
    at = np.linspace(0, 1, 2001)

    assert np.trapezoid(roc_curve(scores, is_positive, at), at) == pytest.approx(
        auc(scores, is_positive), abs=0.002
    )


def test_the_confusion_has_a_row_for_each_true_style():
    table = confusion(PROBABILITIES.argmax(1), TRUTH, 3)

    assert table.tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_retrieval_is_compared_with_drawing_from_the_same_drawer():
    near = np.array([[1, 0], [0.99, 0.14], [0, 1], [0.14, 0.99]])
    groups = np.array(["a", "a", "b", "c"])

    found, by_chance = precision_at_10_against_chance(near, groups, np.array([0, 0, 0, 1]))

    assert found.tolist() == [1.0, 1.0]  # b and c are alone and do not ask
    assert by_chance.tolist() == [1.0, 1.0]  # all two others of the drawer are drawn, one is of the group
    _, elsewhere = precision_at_10_against_chance(near, groups, np.array([0, 1, 0, 1]))
    assert elsewhere.tolist() == [0.0, 0.0]

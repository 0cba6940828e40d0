import numpy as np
import pytest

from ml.scores import calibration_error, evaluate, macro_auc, macro_f1, precision_at_10, recalls, top_k

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

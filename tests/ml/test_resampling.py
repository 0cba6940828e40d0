import numpy as np
import pytest

from ml.resampling import intervals, main_figures, mean_interval
from ml.scores import calibration_error, evaluate, micro_auc


def made_up_answers(pictures, styles, *, seed=1):
    """Probabilities in hundredths, so that there are ties, and truths that they tell something about."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(styles, size=pictures)
    logits = chance.normal(size=(pictures, styles)) + np.eye(styles)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return probabilities.round(2), truth


def test_the_figures_of_a_draw_are_those_of_its_pictures_one_by_one():
    probabilities, truth = made_up_answers(90, 5)
    chance = np.random.default_rng(2)
    draws = [np.arange(90), *(chance.integers(90, size=90) for _ in range(20))]
    draws.append(np.repeat(np.flatnonzero(truth < 3)[:30], 3))  # without two of the styles

    measured = main_figures(probabilities, truth)(np.stack([np.bincount(d, minlength=90) for d in draws]))

    for number, drawn in enumerate(draws):
        expected = dict(evaluate(probabilities[drawn], truth[drawn]))
        expected["micro_auc"] = micro_auc(probabilities[drawn], truth[drawn])
        assert {name: values[number] for name, values in measured.items()} == pytest.approx(expected)


def test_all_resamples_count_however_many_go_at_once(monkeypatch):
    probabilities, truth = made_up_answers(60, 4)
    at_once = intervals(main_figures(probabilities, truth), 60, resamples=50)

    monkeypatch.setattr("ml.resampling._NUMBERS_AT_ONCE", 16 * 60 * 7)

    by_sevens = intervals(main_figures(probabilities, truth), 60, resamples=50)
    assert by_sevens.keys() == at_once.keys()
    for name, bounds in by_sevens.items():
        assert bounds == pytest.approx(at_once[name])


def test_an_interval_is_as_wide_as_statistics_says():
    values = np.repeat([0.0, 1.0], [600, 400])

    low, high = mean_interval(values)

    error = 1.96 * np.sqrt(0.4 * 0.6 / 1000)
    assert low == pytest.approx(0.4 - error, abs=0.006)
    assert high == pytest.approx(0.4 + error, abs=0.006)


def test_draws_without_a_figure_do_not_count_for_its_interval():
    def rare(counts):
        return {"rare": np.where(counts[:, 0] > 0, 1.0, np.nan)}

    assert intervals(rare, 3)["rare"] == (1.0, 1.0)


@pytest.mark.filterwarnings("error")
def test_a_draw_of_a_single_style_has_no_area_and_says_nothing_about_it():
    probabilities, truth = made_up_answers(12, 3)
    counts = np.where(truth == truth[0], 1, 0)[None]

    measured = main_figures(probabilities, truth)(counts)

    assert np.isnan(measured["macro_auc"]).all()
    assert np.isfinite(measured["macro_f1"]).all()


def test_an_interval_of_the_calibration_error_holds_the_error():
    chance = np.random.default_rng(5)
    top = chance.uniform(0.5, 1, 400)
    probabilities = np.stack([top, 1 - top], axis=1)
    truth = (chance.random(400) > top).astype(int)  # as honest as can be

    low, high = intervals(main_figures(probabilities, truth), 400)["ece"]

    assert 0 <= low < calibration_error(probabilities, truth) < high < 0.1

"""The network of several levels, its head, and the rates at which its stages learn."""

import keras
import numpy as np
import pytest

from ml.dataset import read_manifest
from ml.fine_tune import Trainer
from ml.network import (
    FINAL_PENALTIES,
    fit_final_head,
    fit_head,
    level_spreads,
    of_several_levels,
    stage_of,
    with_head,
)
from ml.recipes import LEVELS, StyleArt
from ml.scores import best_temperature, log_loss


@pytest.fixture(scope="module")
def backbone():
    keras.utils.set_random_seed(1)
    whole = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(None, None, 3))
    return of_several_levels(whole, LEVELS)


def test_the_features_are_the_means_of_each_levels_own_maps(backbone):
    pixels = np.random.default_rng(1).uniform(-1, 1, (1, 96, 96, 3)).astype(np.float32)
    levels = keras.Model(backbone.input, [backbone.get_layer(name).output for name in LEVELS])

    features = backbone(pixels).numpy()

    means = [level.numpy().mean((1, 2)) for level in levels(pixels)]
    assert with_head(backbone, 4).widths == [192, 384, 576, 960, 1280]
    assert features == pytest.approx(np.concatenate(means, axis=1), abs=1e-5)


def test_one_level_alone_is_the_plain_network():
    whole = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(96, 96, 3))
    pixels = np.random.default_rng(1).uniform(-1, 1, (1, 96, 96, 3)).astype(np.float32)

    network = with_head(of_several_levels(whole, ("out_relu",)), 4)

    assert network.widths == [1280]
    assert network.backbone(pixels).numpy() == pytest.approx(whole(pixels).numpy().mean((1, 2)), abs=1e-5)


@pytest.mark.parametrize(
    ("layer", "stage"),
    [
        ("Conv1", 0),
        ("expanded_conv_project", 0),
        ("block_1_expand", 0),
        ("block_1_depthwise_BN", 1),
        ("block_6_expand_relu", 2),
        ("block_6_project", 3),
        ("block_13_expand", 3),
        ("block_13_depthwise", 4),
        ("block_16_project_BN", 4),
        ("Conv_1", 4),
        ("out_relu", 4),
    ],
)
def test_a_layer_belongs_to_the_stage_of_its_size(layer, stage):
    assert stage_of(layer) == stage


def test_early_stages_learn_more_slowly_and_every_weight_learns(backbone):
    network = with_head(backbone, 4)
    settings = StyleArt(backbone_rate=1e-4, head_rate=3e-4, stage_falloff=0.5)

    groups = Trainer(network, settings, steps=10).groups

    assert [group.share for group in groups] == pytest.approx([0.0625, 0.125, 0.25, 0.5, 1, 3])
    learning = [weight.path for group in groups for weight in group.weights]
    assert sorted(learning) == sorted(
        w.path for w in backbone.trainable_variables + network.head.trainable_variables
    )


def test_levels_of_any_size_come_to_one_spread():
    chance = np.random.default_rng(1)
    features = np.concatenate([chance.normal(5, 3, (500, 20)), chance.normal(0, 0.01, (500, 60))], axis=1)

    scaled = features / level_spreads(features, [20, 60])

    assert scaled[:, :20].std() == pytest.approx(scaled[:, 20:].std(), rel=0.1)


def test_a_fitted_head_does_not_remember_the_one_before():
    chance = np.random.default_rng(1)
    features, targets = chance.normal(2, 1, (60, 8)).astype(np.float32), np.arange(60) % 3
    heads = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        head = keras.layers.Dense(3)
        head.build((None, 8))
        fit_head(head, features, targets, 0.1)
        heads.append(head.kernel.numpy())

    assert heads[0] == pytest.approx(heads[1], abs=1e-5)


def test_what_learns_shares_the_backbone_and_has_a_head_of_its_own(backbone):
    network = with_head(backbone, 4)

    learner = network.at_last_level()

    shared = {weight.path for weight in backbone.trainable_variables}
    assert learner.widths == [1280]
    assert {weight.path for weight in learner.backbone.trainable_variables} == shared
    assert learner.head.kernel.shape == (1280, 4)
    assert learner.head is not network.head


def test_the_final_head_is_the_one_that_validation_likes_best(backbone, small_manifest):
    data = read_manifest(small_manifest)
    network = with_head(backbone, 4)

    losses = fit_final_head(network, data, 96)

    val, truth = data.part("val"), data.targets(data.part("val"))
    logits = network.head(network.features(val, 96)).numpy()[truth < 3, :3]
    loss = log_loss(logits / best_temperature(logits, truth[truth < 3]), truth[truth < 3])
    assert set(losses) == set(FINAL_PENALTIES)
    assert loss == pytest.approx(min(losses.values()), abs=1e-4)


def test_the_temperature_undoes_a_factor_on_honest_logits():
    chance = np.random.default_rng(1)
    logits = chance.normal(0, 2, (4000, 5))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = np.array([chance.choice(5, p=share) for share in shares])

    assert best_temperature(logits * 3, truth) == pytest.approx(3, rel=0.1)

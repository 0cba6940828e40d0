from dataclasses import replace

import numpy as np
import pytest

from ml import inference
from ml.answers import Answers, ask
from ml.dataset import BrokenPicture, Dataset, Picture, read_manifest


def picture(style, artist, *, split="test", source="here"):
    return Picture(
        path=None, style=style, artist=artist, source=source, sha256=f"{style}{artist}{split}", split=split
    )


LEARNED = [picture("Cubism", "Gris", split="train"), picture("Realism", "Courbet", split="train")]
ASKED = [
    picture("Cubism", "Gris", source="there"),
    picture("Cubism", "Gris"),
    picture("Realism", "Leibl"),
    picture("Pop Art", "Blake"),
    picture("not-a-painting", ""),
]
DATA = Dataset((*LEARNED, *ASKED), ("Cubism", "Pop Art", "Realism"))
ANSWERS = Answers(
    DATA,
    ASKED,
    probabilities=np.array(
        [[0.9, 0.1, 0.0], [0.7, 0.2, 0.1], [0.3, 0.1, 0.6], [0.8, 0.1, 0.1], [0.4, 0.3, 0.3]]
    ),
    not_a_painting=np.array([0.0, 0.0, 0.0, 0.6, 0.9]),
    embeddings=np.eye(5, 256, dtype=np.float32),
)


def test_figures_are_about_paintings_alone():
    figures = ANSWERS.figures()

    assert figures["paintings"] == 4
    assert figures["top1"] == 0.75
    assert figures["recall"] == {"Cubism": 1.0, "Pop Art": 0.0, "Realism": 1.0}


def test_artists_learned_from_are_told_apart_from_others():
    figures = ANSWERS.figures()

    assert figures["top1_artists_in_train"] == 1.0
    assert figures["top1_artists_not_in_train"] == 0.5
    assert figures["top1_by_source"] == {"here": [0.6667, 3], "there": [1.0, 1]}


def test_a_style_asked_mostly_about_known_artists_is_set_apart():
    apart = ANSWERS.figures()["apart"]

    assert apart["styles"] == ["Cubism"]
    assert apart["without"]["paintings"] == 2
    assert apart["without"]["top1"] == 0.5


def test_the_words_and_how_often_they_were_right():
    figures = ANSWERS.certainty_figures({"sure": 0.8, "likely": 0.65, "not_a_painting": 0.5})

    assert figures["sure"] == {"share": 0.25, "right": 1.0}
    assert figures["likely"] == {"share": 0.25, "right": 1.0}
    assert figures["unsure"] == {"share": 0.25, "right": 1.0}
    assert figures["paintings_called_not_a_painting"] == 0.25
    assert figures["photographs_called_not_a_painting"] == 1.0
    assert figures["photographs"] == 1


def test_a_picture_is_asked_about_once(smoke_model, small_manifest, tmp_path):
    data = read_manifest(small_manifest)
    model = inference.load_model(smoke_model[0])
    cache = tmp_path / "answers.npz"

    first = ask(model, data, data.part("test"), cache=cache)
    gone = [replace(p, path=tmp_path / "gone.jpg") for p in reversed(data.part("test"))]
    again = ask(model, data, gone, cache=cache)

    assert np.array_equal(again.probabilities, first.probabilities[::-1])
    assert np.array_equal(again.embeddings, first.embeddings[::-1])


def test_a_run_that_was_stopped_keeps_what_it_had_asked(smoke_model, small_manifest, tmp_path):
    data = read_manifest(small_manifest)
    model = inference.load_model(smoke_model[0])
    some = data.part("val")[:3]
    broken = replace(data.part("val")[3], path=tmp_path / "gone.jpg")

    with pytest.raises(BrokenPicture, match=r"gone\.jpg: No such file"):
        ask(model, data, [*some, broken], cache=tmp_path / "answers.npz")

    gone = [replace(p, path=tmp_path / "gone.jpg") for p in some]
    assert ask(model, data, gone, cache=tmp_path / "answers.npz").probabilities.shape == (3, 3)


def test_answers_are_those_of_serving(smoke_model, small_manifest):
    data = read_manifest(small_manifest)
    model = inference.load_model(smoke_model[0])
    (asked,) = data.part("test")[:1]

    answers = ask(model, data, [asked])

    served = model.answer(asked.path.read_bytes())
    expected = [served.probabilities[style] for style in data.styles]
    assert answers.probabilities[0] == pytest.approx(expected, abs=1 / 128)  # the file may be in 8 bits

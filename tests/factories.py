"""Rows for tests: plain functions with a default for everything."""

import json
import shutil
from functools import cache
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model

from classifier.models import Prediction, Sender, Upload
from gallery.models import Artist, Artwork, FamousArtist, KnownWork, Style
from ml import inference
from tests import pictures

SHIPPED_MODEL = Path(inference.__file__).parent / "model"
numbers = count(1)


def make_user(email: str = "", password: str = "a-quiet-room", **fields):
    user = get_user_model().objects.create_user(
        email or f"user{next(numbers)}@example.org", password, **fields
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_style(name: str = "", **fields) -> Style:
    name = name or f"Style {next(numbers)}"
    defaults = {
        "slug": f"style-{next(numbers)}",
        "description": f"About {name}.",
        "summary": f"{name} in short.",
    }
    return Style.objects.create(name=name, **defaults | fields)


def make_house_styles() -> list[Style]:
    """The styles that the shipped model knows, in its order."""
    labels = inference.model_card()["labels"]
    return [
        Style.objects.create(name=name, slug=f"house-{place}", position=place, start_year=1400 + 30 * place)
        for place, name in enumerate(labels, start=1)
    ]


def make_artist(name: str = "", *, style: Style | None = None, **fields) -> Artist:
    name = name or f"Artist {next(numbers)}"
    artist = Artist.objects.create(name=name, **{"slug": f"artist-{next(numbers)}"} | fields)
    if style is not None:
        rank = FamousArtist.objects.filter(style=style).count() + 1
        FamousArtist.objects.create(style=style, artist=artist, rank=rank)
        KnownWork.objects.create(artist=artist, title=f"Known work of {name}", year=1900)
    return artist


def make_embedding(seed: int = 0) -> np.ndarray:
    """A unit vector, float32, shape (256,)."""
    vector = np.random.default_rng(seed).normal(size=256).astype("float32")
    return vector / np.linalg.norm(vector)


def make_artwork(
    title: str = "", *, picture: bytes | None = None, seed: int | None = None, **fields
) -> Artwork:
    """A published work; with `picture` it has a real file, with `seed` a made-up embedding."""
    work = Artwork(
        title=title or f"Work {next(numbers)}",
        **{"style": fields.pop("style", None) or make_style()} | fields,
    )
    if picture is not None:
        work.take_picture(picture)
    work.save()
    if seed is not None:
        work.embeddings.create(embedding=make_embedding(seed), model_version=inference.model_version())
    return work


@cache
def small_painting() -> bytes:
    return pictures.small_painting()


def make_model(folder: Path, version: str = "another-2") -> Path:
    """A model of another version that sees as the shipped one does; gives its folder."""
    shutil.copytree(SHIPPED_MODEL, folder)
    card = json.loads((folder / "model.json").read_text())
    card["certainty"]["thresholds"]["sure"] *= 0.99
    (folder / "model.json").write_text(json.dumps(card | {"version": version}))
    return folder


def make_prediction(
    picture: bytes | None = None, *, owner=None, visitor: UUID | None = None, **fields
) -> Prediction:
    """A queued prediction with a real file, of a new user unless somebody is named."""
    data = picture if picture is not None else small_painting()
    sender = Sender(user=owner or (None if visitor else make_user()), visitor=visitor)
    facts = inference.PictureFacts("JPEG", 320, 240)
    prediction, _ = Prediction.objects.submit(Upload(data, facts, fields.pop("title", "")), sender)
    if fields:
        Prediction.objects.filter(pk=prediction.pk).update(**fields)
        prediction.refresh_from_db()
    return prediction


def make_answer(*ranked: tuple[str, float], certainty: str = "sure", seed: int = 0) -> inference.Answer:
    """An answer of the model, made up."""
    return inference.Answer(
        probabilities=dict(ranked or [("Impressionism", 0.8), ("Realism", 0.2)]),
        embedding=make_embedding(seed),
        model_version=inference.model_version(),
        certainty=certainty,
    )


def make_done_prediction(*ranked: tuple[str, float], certainty: str = "sure", **fields) -> Prediction:
    """A prediction with an answer."""
    prediction = Prediction.objects.claim(make_prediction(**fields).pk)
    prediction.record(make_answer(*ranked, certainty=certainty))
    prediction.refresh_from_db()
    return prediction


def stranger() -> Sender:
    return Sender(visitor=uuid4())

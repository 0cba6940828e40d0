"""Which model is in use, and how another one takes over without anybody waiting.

All models that were ever activated lie in MODELS_DIR, each in a folder named as its version. Three links
beside them say what they are for; whoever asks `ml.inference` follows the first one at each question.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.conf import settings
from PIL import Image

from ml import inference

from . import embeddings
from .embeddings import Outcome
from .models import Artwork

ACTIVE = "active"  # settings.py tells ml.inference to follow it; where it is missing, ml/model is in use
PREVIOUS = "previous"  # the one that --rollback goes back to; its embeddings are kept
NEXT = "next"  # the one that the worker is getting ready
MOST_UNREADABLE = 0.1  # of the catalogue's pictures; beyond, something else is wrong, a missing folder say


class CannotSwitch(RuntimeError):  # noqa: N818 - reads as what happened
    """The model stays as it is; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that could be in use, and how much of the catalogue it has seen."""

    version: str
    folder: Path
    role: str  # "in use", "before", "being prepared", or nothing
    embedding_count: int


def check(folder: Path) -> str:
    """Load the model in this folder and ask it about a picture; gives its version.

    Raises CannotSwitch, or ModelMismatch with the reason.
    """
    if named := os.environ.get("STYLEART_MODEL"):
        raise CannotSwitch(
            f"STYLEART_MODEL names the model in use, {named}, and it wins over what is activated here. "
            "Take it out of the environment and of .env first."
        )
    try:
        version = str(inference.model_card(folder)["version"])
        inference.load_model(folder).answer(_small_picture())
    except KeyError as error:
        raise CannotSwitch(f"model.json in {folder} does not say {error}.") from error
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}", version) or version in {ACTIVE, PREVIOUS, NEXT}:
        raise CannotSwitch(f"“{version}” cannot be the name of a folder; change “version” in model.json.")
    return version


def keep(folder: Path) -> Path:
    """Copy a model to its place among the models, whole or not at all; gives the place.

    One that is there already is left alone. Raises CannotSwitch when another model has its version.
    """
    place = _models() / str(inference.model_card(folder)["version"])
    if not place.exists():
        _models().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_models(), prefix=".") as unfinished:
            copy = Path(shutil.copytree(folder, Path(unfinished, "model"), symlinks=False))
            with contextlib.suppress(OSError):  # another process was faster
                copy.rename(place)
    if (place / "model.json").read_bytes() != (folder / "model.json").read_bytes():
        raise CannotSwitch(
            f"Another model of version {place.name} is known, in {place}. Give this one a version of its own."
        )
    return place


def prepare(folder: Path) -> None:
    """Let the worker get this model ready and switch to it then; `advance` does that step by step."""
    _point(NEXT, keep(folder))


def activate(folder: Path, *, processes: int) -> Iterator[Outcome]:
    """Let this model look at the whole catalogue and switch to it then; yields the outcomes, work by work.

    Stopped at any time nothing is lost, and the old model goes on serving. Raises CannotSwitch when
    too many pictures cannot be read.
    """
    place = keep(folder)
    found_some = True
    while found_some:  # until nothing came in while it looked
        found_some = False
        for outcome in embeddings.embed(place, processes=processes):
            found_some = found_some or not outcome.reason
            yield outcome
    switch(place)
    yield from embeddings.embed(place, processes=processes)  # what the old model looked at in the last moment


def switch(place: Path) -> None:
    """From this moment on this model is in use everywhere; raises CannotSwitch."""
    before = inference.model_folder()
    if before.resolve() == place.resolve():
        return _forget_link(NEXT)
    _refuse_half_a_catalogue(place.name)
    _point(PREVIOUS, keep(before))
    _point(ACTIVE, place)
    _forget_link(NEXT)
    _forget_old_embeddings()


def roll_back() -> None:
    """Switch back to the model that was in use before, at once; what came in since, `advance` embeds.

    Once more, and the newer one is in use again. Raises CannotSwitch and ModelMismatch, before anything is done.
    """
    place = _linked(PREVIOUS)
    if place is None:
        raise CannotSwitch("There is no model to go back to: none was activated before the one in use.")
    check(place)
    before = inference.model_folder()
    _point(ACTIVE, place)
    _point(PREVIOUS, before)
    _forget_link(NEXT)


def advance(*, after: int = 0, works: int) -> int | None:
    """Embed some works by the model that is being prepared, else by the one in use; called again and again.

    Gives the id to go on after, or None when there is nothing left; then a prepared model takes over.
    Raises CannotSwitch, and then the preparation is given up.
    """
    place = _linked(NEXT)
    model = place or inference.model_folder()
    outcomes = list(embeddings.embed(model, processes=1, after=after, limit=works))
    if len(outcomes) == works:
        return outcomes[-1].pk
    if not all(outcome.reason for outcome in outcomes):
        return 0  # once more from the start: something may have come in meanwhile
    return _finish(place) if place else None


def known() -> list[KnownModel]:
    """Every model that was activated once, and the one in use, by version."""
    counts = embeddings.count_by_version()
    places = {card.resolve().parent for card in _models().glob("[!.]*/model.json")}
    places.add(inference.model_folder().resolve())
    roles = {
        _linked(NEXT): "being prepared",
        _linked(PREVIOUS): "before",
        inference.model_folder().resolve(): "in use",
    }
    models = [(str(_version(place)), place) for place in places]
    return [
        KnownModel(version, place, roles.get(place, ""), counts.get(version, 0))
        for version, place in sorted(models)
    ]


def _finish(place: Path) -> None:
    try:
        switch(place)
    except CannotSwitch:
        _forget_link(NEXT)
        raise


def _refuse_half_a_catalogue(version: str) -> None:
    pictures = Artwork.objects.exclude(picture="").count()
    missing = Artwork.objects.without_embedding(version).count()
    if missing > MOST_UNREADABLE * pictures:
        raise CannotSwitch(
            f"{missing:,} of {pictures:,} pictures could not be read, so the model in use stays. "
            "See to their files, then activate again: what is done is kept."
        )


def _forget_old_embeddings() -> None:
    wanted = {place.name for place in (_linked(ACTIVE), _linked(PREVIOUS)) if place}
    for version in embeddings.count_by_version():
        if version not in wanted:
            embeddings.forget(version)


def _models() -> Path:
    return Path(settings.MODELS_DIR)


def _version(folder: Path) -> str:
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))["version"]


def _linked(name: str) -> Path | None:
    link = _models() / name
    return link.resolve() if link.is_symlink() else None


def _point(name: str, place: Path) -> None:
    """Let a link lead to one of the models, in one moment. Relative, so that the data folder may move."""
    with tempfile.TemporaryDirectory(dir=_models(), prefix=".") as unfinished:
        link = Path(unfinished, name)
        link.symlink_to(place.name)
        link.rename(_models() / name)


def _forget_link(name: str) -> None:
    (_models() / name).unlink(missing_ok=True)


def _small_picture() -> bytes:
    """Stripes of all greys, as PNG."""
    out = BytesIO()
    Image.frombytes("L", (256, 1), bytes(range(256))).resize((256, 256)).convert("RGB").save(out, "PNG")
    return out.getvalue()

"""What each style module lists: its twelve works, each a title and how it is painted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from PIL import Image

from gallery.studies.colour import Size


@dataclass(frozen=True)
class Work:
    """One study to be painted: painter(rng, size, **settings) gives the picture."""

    title: str
    painter: Callable[..., Image.Image]
    size: Size
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def work(title: str, painter: Callable[..., Image.Image], size: Size, **settings: Any) -> Work:
    """A work whose settings are written as plain arguments."""
    return Work(title, painter, size, MappingProxyType(settings))

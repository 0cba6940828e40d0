"""What the catalogue says in the language of the page: texts, names of styles, nationalities.

In the database and in the API, names, nationalities, notes and titles are in English. They are translated where they are
shown, through the message catalogue: `STYLE_NAMES`, `NATIONALITIES`, `artist_notes.py` and
`study_titles.py` list those that it knows. Other ones (from an import, or a curator's) are shown as they are.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import override, pgettext, pgettext_lazy

if TYPE_CHECKING:
    from .models import Style, StyleText

TEXTS = ("summary", "look_for", "description")
STYLE_NAMES = [
    pgettext_lazy("style", "Renaissance"),
    pgettext_lazy("style", "Baroque"),
    pgettext_lazy("style", "Ukiyo-e"),
    pgettext_lazy("style", "Neoclassicism"),
    pgettext_lazy("style", "Romanticism"),
    pgettext_lazy("style", "Realism"),
    pgettext_lazy("style", "Impressionism"),
    pgettext_lazy("style", "Symbolism"),
    pgettext_lazy("style", "Naïve Art (Primitivism)"),
    pgettext_lazy("style", "Art Nouveau (Modern)"),
    pgettext_lazy("style", "Expressionism"),
    pgettext_lazy("style", "Cubism"),
    pgettext_lazy("style", "Abstract Art"),
    pgettext_lazy("style", "Surrealism"),
    pgettext_lazy("style", "Pop Art"),
    pgettext_lazy("style", "Minimalism"),
    pgettext_lazy("style", "Conceptual Art"),
    pgettext_lazy("style", "Neo-Expressionism"),
]
# Shown alone, beside life dates: where a language bends the word, it agrees with "nationality".
NATIONALITIES = [
    pgettext_lazy("nationality", "American"),
    pgettext_lazy("nationality", "American and British"),
    pgettext_lazy("nationality", "Austrian"),
    pgettext_lazy("nationality", "Belgian"),
    pgettext_lazy("nationality", "British"),
    pgettext_lazy("nationality", "Canadian and American"),
    pgettext_lazy("nationality", "Czech"),
    pgettext_lazy("nationality", "Dutch"),
    pgettext_lazy("nationality", "Dutch and American"),
    pgettext_lazy("nationality", "Flemish"),
    pgettext_lazy("nationality", "French"),
    pgettext_lazy("nationality", "Georgian"),
    pgettext_lazy("nationality", "German"),
    pgettext_lazy("nationality", "Italian"),
    pgettext_lazy("nationality", "Japanese"),
    pgettext_lazy("nationality", "Mexican"),
    pgettext_lazy("nationality", "Norwegian"),
    pgettext_lazy("nationality", "Russian"),
    pgettext_lazy("nationality", "Spanish"),
    pgettext_lazy("nationality", "Spanish and Mexican"),
    pgettext_lazy("nationality", "Swedish"),
    pgettext_lazy("nationality", "Swiss"),
    pgettext_lazy("nationality", "Swiss and French"),
    pgettext_lazy("nationality", "Ukrainian"),
]


def style_name(name: str) -> str:
    """The name of a style in the language of the page; as it is where the message catalogue has none."""
    return pgettext("style", name) if name else ""


def nationality(word: str) -> str:
    """A nationality in the language of the page; as it is where the message catalogue has none."""
    return pgettext("nationality", word) if word else ""


def study_title(title: str) -> str:
    """The title of a generated study in the language of the page; as it is where the message catalogue has none."""
    return pgettext("study", title) if title else ""


def study_titles(title: str) -> list[str]:
    """The other titles that a generated study has: one for each language where the message catalogue has one."""
    told = []
    for language, _ in settings.LANGUAGES:
        with override(language):
            told.append(study_title(title))
    return [other for other in dict.fromkeys(told) if other != title]


def artist_note(note: str) -> str:
    """A sentence about an artist in the language of the page; as it is where the message catalogue has none."""
    return pgettext("artist", note) if note else ""


def fingerprint(summary: str, look_for: list[str], description: str) -> str:
    """32 hexadecimal digits that are the same as long as the words of the three texts are.

    Spaces and line ends do not count: forms strip some and write others than the files of the sample.
    """
    texts = [summary, *look_for, description]
    told = json.dumps([" ".join(text.split()) for text in texts], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class StyleWords:
    """The texts of a style as a page shows them.

    `lang` has, for each text, the attribute that says that it is in English on a page in another language:
    `<p{{ words.lang.summary }}>{{ words.summary }}</p>`. It is empty where the text is in the page's language.
    """

    summary: str
    look_for: list[str]
    description: str
    lang: dict[str, SafeString] = field(default_factory=dict)

    @classmethod
    def english(cls, style: "Style") -> "StyleWords":
        return cls(style.summary, style.look_for, style.description)

    @classmethod
    def translated(cls, style: "Style", text: "StyleText | None") -> "StyleWords":
        """What `text` says, and what it leaves empty in English."""
        own = {name: getattr(text, name, None) for name in TEXTS}
        said = {name: own[name] or getattr(style, name) for name in TEXTS}
        english = format_html(' lang="{}"', settings.LANGUAGE_CODE)
        return cls(**said, lang={name: english for name in TEXTS if not own[name]})

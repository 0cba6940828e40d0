"""Forms of the curators' room."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget, AutocompleteSelect
from django.contrib.postgres.forms import SimpleArrayField
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ml import inference

from .. import decoding, pictures
from ..changes import OTHER_LANGUAGES
from ..models import Artist, Artwork, Style, StyleText
from ..words import picture_problem

T = TypeVar("T")
LANGUAGES = [(code, name) for code, name in settings.LANGUAGES if code in OTHER_LANGUAGES]


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Why"),
        required=False,
        max_length=300,
        help_text=_("For the log of changes; may stay empty."),
        widget=AdminTextInputWidget,
    )


class Lines(SimpleArrayField):
    """A list of texts, one a line: they may have commas in them."""

    def __init__(self, *args, **kwargs) -> None:
        """Shown as a text area."""
        kwargs |= {"delimiter": "\n", "widget": AdminTextareaWidget(attrs={"rows": 4})}
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        if isinstance(value, str):
            value = "\n".join(line for line in value.splitlines() if line.strip())
        return super().to_python(value)


class PlainLinesForm(forms.ModelForm):
    """A form that keeps line ends as the database has them: browsers send others."""

    def clean(self):
        cleaned = super().clean()
        for name, value in cleaned.items():
            if isinstance(value, str):
                cleaned[name] = value.replace("\r\n", "\n")
        return cleaned


class CuratedForm(PlainLinesForm):
    """A form that asks why, for the log, and that notices when a row has changed since it was opened.

    The page sends `state` back as SEEN. Saved a second time it is meant.
    """

    SEEN = "row_as_seen"

    reason = _reason()

    def __init__(self, *args, **kwargs) -> None:
        """`state`: what the row holds in the database, as a short text that is another one when a field is."""
        super().__init__(*args, **kwargs)
        values = sorted((name, str(value)) for name, value in self.initial.items())
        self.state = hashlib.sha256(repr(values).encode()).hexdigest()[:16]

    def clean(self):
        cleaned = super().clean()
        seen = self.data.get(self.SEEN)
        if seen and self.instance.pk and seen != self.state:
            raise forms.ValidationError(
                _(
                    "Somebody else, or an import, has changed this since you opened it, and nothing of yours is saved "
                    "yet. Open it anew to see what changed, or save once more to let what stands here count."
                )
            )
        return cleaned


class StyleTextForm(PlainLinesForm):
    """The texts of a style in another language."""

    language = forms.ChoiceField(label=_("language"), choices=LANGUAGES, disabled=True)
    fits = forms.BooleanField(
        label=_("It still says what the English says"),
        required=False,
        help_text=_("The English was changed since. Change the translation, or tick this if nothing has to."),
    )

    class Meta:
        model = StyleText
        fields = ["language", "summary", "look_for", "description"]
        field_classes = {"look_for": Lines}
        widgets = {"summary": AdminTextareaWidget(attrs={"rows": 2}), "description": AdminTextareaWidget}

    def __init__(self, *args, **kwargs) -> None:
        """Ask whether a translation still fits only where the English was changed."""
        super().__init__(*args, **kwargs)
        if self.instance.pk is None or not self.instance.is_stale:
            self.fields["fits"].widget = forms.HiddenInput()


class StyleTexts(forms.BaseInlineFormSet):
    """A form for each language there is, whether somebody has translated it or not."""

    def __init__(self, *args, instance: Style | None = None, **kwargs) -> None:
        """One query."""
        there = set(instance.texts.values_list("language", flat=True)) if instance and instance.pk else set()
        missing = [{"language": code} for code, _name in LANGUAGES if code not in there]
        self.extra = len(missing)
        super().__init__(*args, instance=instance, **kwargs | {"initial": missing})


class ArtworkForm(CuratedForm):
    """A work, and perhaps another picture of it."""

    new_picture = forms.FileField(
        label=_("New picture"),
        required=False,
        help_text=_("Takes the place of the picture there is. JPEG, PNG, WebP, AVIF, GIF or TIFF."),
    )
    measured: pictures.Measured | None = None

    def clean_new_picture(self):
        file = self.cleaned_data["new_picture"]
        if not file:
            return None
        data = _bytes_of(file)
        with decoding.turn:
            self.measured = _checked(pictures.measure, data)
        return data


class ArtistForm(CuratedForm):
    """An artist, and perhaps a portrait."""

    def clean_portrait(self):
        file = self.cleaned_data["portrait"]
        if isinstance(file, UploadedFile):
            _checked(inference.inspect, _bytes_of(file))
            file.seek(0)
        return file


def _bytes_of(file: UploadedFile) -> bytes:
    if file.size > settings.UPLOAD_MAX_BYTES:
        most = filesizeformat(settings.UPLOAD_MAX_BYTES)
        said = _("Pictures may be %(most)s at most. Make it smaller and try again.")
        raise forms.ValidationError(said, params={"most": most})
    return file.read()


def _checked(look: Callable[[bytes], T], data: bytes) -> T:
    try:
        return look(data)
    except inference.UnreadableImage as error:
        raise forms.ValidationError(picture_problem(error)) from error


class StyleChoice(forms.ModelChoiceField):
    """A style, by its name in the language of the page."""

    def label_from_instance(self, style: Style) -> str:
        return style.label


class ArtistChoice(forms.Form):
    """One artist, found by typing."""

    def __init__(self, site: AdminSite, *args, **kwargs) -> None:
        """Artists are asked for at this admin site."""
        super().__init__(*args, **kwargs)
        widget = AutocompleteSelect(Artwork._meta.get_field("artist"), site)
        self.fields["artist"] = forms.ModelChoiceField(
            Artist.objects.all(), label=_("Artist"), required=False, widget=widget
        )


class TogetherForm(ArtistChoice):
    """What many works are to have in common; what is left empty stays as it is."""

    DISPLAY = [("", _("As it is")), ("True", _("On display")), ("False", _("In store"))]

    style = StyleChoice(Style.objects.all(), label=_("Style"), required=False, empty_label=_("As it is"))
    rights = forms.ChoiceField(
        label=_("Rights"), choices=[("", _("As they are")), *Artwork.Rights.choices], required=False
    )
    is_published = forms.TypedChoiceField(
        label=_("On display"),
        choices=DISPLAY,
        coerce=lambda word: word == "True",
        empty_value=None,
        required=False,
    )
    reason = _reason()
    field_order = ["style", "artist", "rights", "is_published", "reason"]

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.values():
            raise forms.ValidationError(_("Choose at least one thing that is to change."))
        return cleaned

    def values(self) -> dict:
        """Field names to new values, of style and artist their ids."""
        chosen = {name: self.cleaned_data.get(name) for name in ("style", "artist", "rights", "is_published")}
        return {
            name: getattr(value, "pk", value) for name, value in chosen.items() if value not in (None, "")
        }

    def spoken(self) -> list[tuple[str, str, str]]:
        """(name, label, new value) of what is to change, for people."""
        return [(name, str(self.fields[name].label), self._word(name)) for name in self.values()]

    def _word(self, name: str) -> str:
        value = self.cleaned_data[name]
        if name == "is_published":
            return gettext("On display") if value else gettext("In store")
        if name == "rights":
            return str(Artwork.Rights(value).label)
        return value.label if name == "style" else str(value)

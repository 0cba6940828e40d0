"""What a person may ask an import for."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from .runs import Options

SLUG = re.compile(r"[\w.'()-]{1,200}")
IMAGE_SIZES = [("", _("As the settings say")), ("Large", _("Large, 750 px")), ("HalfHD", _("Half HD, 1366 px")),
               ("HD", _("HD, 1920 px")), ("Original", _("The original upload"))]  # fmt: skip
RIGHTS = [
    ("", _("All works; pictures only of those in the public domain")),
    ("only", _("Works in the public domain only")),
    ("all", _("All works with their pictures")),
]


class Slugs(forms.CharField):
    """Names as WikiArt writes them in its addresses, one a line; whole addresses will do."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: str | None) -> tuple[str, ...]:
        slugs = [
            word.rstrip("/").rpartition("/")[2] for word in super().clean(value).replace(",", " ").split()
        ]
        for slug in slugs:
            if not SLUG.fullmatch(slug):
                raise forms.ValidationError(
                    _(
                        "“%(slug)s” is no name that WikiArt uses."
                        " Copy it from the address of its page, such as claude-monet."
                    ),
                    params={"slug": slug},
                )
        return tuple(dict.fromkeys(slugs))


class ImportForm(forms.Form):
    """The options of an import that the worker is to do."""

    artists = Slugs(
        label=_("Artists"),
        required=False,
        help_text=_("One a line, such as claude-monet or https://www.wikiart.org/en/claude-monet."),
    )
    styles = Slugs(label=_("Styles"), required=False, help_text=_("Such as cubism."))
    genres = Slugs(label=_("Genres"), required=False, help_text=_("Such as still-life."))
    most_viewed = forms.BooleanField(required=False, label=_("The works people look at most"))
    all = forms.BooleanField(required=False, label=_("Every artist"), help_text=_("Takes days."))
    since = forms.DateField(
        required=False,
        label=_("Artists changed since"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    rights = forms.ChoiceField(required=False, choices=RIGHTS, label=_("Rights"))
    images = forms.BooleanField(required=False, initial=True, label=_("Fetch pictures"))
    image_size = forms.ChoiceField(label=_("Image size"), required=False, choices=IMAGE_SIZES)
    details = forms.BooleanField(
        required=False, initial=True, label=_("Ask for each new work’s details"),
        help_text=_("Materials, size, place, tags; slower, as it is a call for each work."),
    )  # fmt: skip
    refresh = forms.BooleanField(
        required=False,
        label=_("Bring known works up to date"),
        help_text=_("What a curator set stays as it is."),
    )
    limit = forms.IntegerField(required=False, min_value=1, label=_("At most so many works"))

    def clean(self) -> dict:
        if not self.errors and not self.options().sources():
            raise forms.ValidationError(
                _("Say what to import: an artist, a style, a genre or one of the lists.")
            )
        if self.cleaned_data.get("since") and self.cleaned_data.get("all"):
            self.add_error(
                "since", _("This is for changed artists only. Leave it empty to import every artist.")
            )
        return self.cleaned_data

    def options(self) -> Options:
        given = dict(self.cleaned_data)
        rights = given.pop("rights", "")
        since = given.pop("since", None)
        return Options(
            **given,
            since=since.isoformat() if since else None,
            public_domain_only={"only": True, "all": False}.get(rights),
        )

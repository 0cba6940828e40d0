"""What a person may ask an import for."""

import re

from django import forms

from .runs import Options

SLUG = re.compile(r"[\w.'()-]+")
IMAGE_SIZES = [("", "As the settings say"), ("Large", "Large, 750 px"), ("HalfHD", "Half HD, 1366 px"),
               ("HD", "HD, 1920 px"), ("Original", "The original upload")]  # fmt: skip
RIGHTS = [
    ("", "All works; pictures only of those in the public domain"),
    ("only", "Works in the public domain only"),
    ("all", "All works with their pictures"),
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
                    f"“{slug}” is no name that WikiArt uses. Copy it from the address of its page, such as claude-monet."
                )
        return tuple(dict.fromkeys(slugs))


class ImportForm(forms.Form):
    """The options of an import that the worker is to do."""

    artists = Slugs(
        required=False,
        help_text="One a line, such as claude-monet or https://www.wikiart.org/en/claude-monet.",
    )
    styles = Slugs(required=False, help_text="Such as cubism.")
    genres = Slugs(required=False, help_text="Such as still-life.")
    most_viewed = forms.BooleanField(required=False, label="The works people look at most")
    all = forms.BooleanField(required=False, label="Every artist", help_text="Takes days.")
    since = forms.DateField(
        required=False,
        label="Artists changed since",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    rights = forms.ChoiceField(required=False, choices=RIGHTS, label="Rights")
    images = forms.BooleanField(required=False, initial=True, label="Fetch pictures")
    image_size = forms.ChoiceField(required=False, choices=IMAGE_SIZES)
    details = forms.BooleanField(
        required=False, initial=True, label="Ask for each new work’s details",
        help_text="Materials, size, place, tags; slower, as it is a call for each work.",
    )  # fmt: skip
    refresh = forms.BooleanField(
        required=False, label="Bring known works up to date", help_text="What a curator set stays as it is."
    )
    limit = forms.IntegerField(required=False, min_value=1, label="At most so many works")

    def clean(self) -> dict:
        if not self.errors and not self.options().sources():
            raise forms.ValidationError(
                "Say what to import: an artist, a style, a genre or one of the lists."
            )
        if self.cleaned_data.get("since") and self.cleaned_data.get("all"):
            self.add_error(
                "since", "This is for changed artists only. Leave it empty to import every artist."
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

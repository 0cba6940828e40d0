"""The one door for pictures."""

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from gallery.models import Style
from ml import inference

from .models import Prediction, Sender, Upload
from .visitors import pictures_left


class PredictionForm(forms.Form):
    """A picture and what the sender calls it. `sender` is who sends."""

    image = forms.FileField(
        label="Picture",
        allow_empty_file=True,  # so that our own sentence speaks of it
        error_messages={
            "required": "Choose a picture first.",
            "missing": "Choose a picture first.",
            "invalid": "Choose a picture first.",
        },
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp,image/avif,image/gif,image/tiff"}
        ),
    )
    title = forms.CharField(label="Title", max_length=200, required=False, strip=True)

    def __init__(self, *args, sender: Sender, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.sender = sender

    def clean_image(self) -> Upload:
        """The checked picture: right size, right kind, decodes to its end."""
        file: UploadedFile = self.cleaned_data["image"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                f"This file has {filesizeformat(file.size)}. Pictures may be"
                f" {filesizeformat(settings.UPLOAD_MAX_BYTES)} at most: make it smaller and send it again.",
                code="image_too_large",
            )
        data = file.read()
        try:
            return Upload(data=data, facts=inference.check(data))
        except inference.UnreadableImage as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        except MemoryError as error:
            raise forms.ValidationError(
                "This picture needs more memory than we have. Make it smaller and send it again.",
                code="too_many_pixels",
            ) from error

    def clean(self) -> dict:
        """Visitors without account may send a few pictures a day; one they sent before does not count."""
        upload = self.cleaned_data.get("image")
        is_known = upload is not None and Prediction.objects.known(upload, self.sender).exists()
        if not is_known and pictures_left(self.sender) == 0:
            raise forms.ValidationError(
                f"Without an account you can try {settings.VISITOR_PICTURES_PER_DAY} pictures a day."
                " Sign up to go on; the pictures you sent come along.",
                code="quota_exceeded",
            )
        return self.cleaned_data

    def save(self) -> tuple[Prediction, bool]:
        """Keep the picture and queue it; returns the prediction and whether there is work to send."""
        upload: Upload = self.cleaned_data["image"]
        upload = Upload(data=upload.data, facts=upload.facts, title=self.cleaned_data["title"])
        return Prediction.objects.submit(upload, self.sender)


class HistoryFilter(forms.Form):
    """What to show of one's history. Wrong values count as not given, and the page says so."""

    q = forms.CharField(label="Search titles", max_length=100, required=False)
    style = forms.ModelChoiceField(
        label="Style",
        queryset=Style.objects.of_the_house(),
        to_field_name="slug",
        required=False,
        empty_label="All styles",
    )
    status = forms.ChoiceField(
        label="State", choices=[("", "All states"), *Prediction.Status.choices], required=False
    )

    def narrow(self, predictions):
        """The predictions that match what was asked for."""
        self.is_valid()
        wanted = self.cleaned_data
        if wanted.get("q"):
            predictions = predictions.search(wanted["q"])
        if wanted.get("style"):
            predictions = predictions.filter(style=wanted["style"])
        if wanted.get("status"):
            predictions = predictions.filter(status=wanted["status"])
        return predictions

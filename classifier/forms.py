"""The one door for pictures, and for all that people say of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxValueValidator
from django.db import DatabaseError, InterfaceError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from prometheus_client import Counter

from gallery import decoding, stored
from gallery.forms import MAX_YEAR, StyleField
from gallery.models import Artist, Style, matching, searchable
from gallery.resemblance import FURTHEST, WORDS
from gallery.words import picture_problem
from ml import inference

from . import quota
from .history import ORDERS, Order
from .models import Prediction, Sender, ShareLink, Upload, Viewer

MOST_SELECTED = 500
CROP = re.compile(r"\d{1,6},\d{1,6},\d{1,6},\d{1,6}", re.ASCII)
UPLOADS = Counter(
    "styleart_uploads", "Pictures that came in, by what became of them at the door.", ["outcome"]
)


class DayInput(forms.DateInput):
    """A day, chosen from the browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs=None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class PredictionForm(forms.Form):
    """A picture and what the sender calls it. `sender` is who sends."""

    image = forms.FileField(
        label=gettext_lazy("Picture"),
        allow_empty_file=True,  # so that our own sentence speaks of it
        error_messages={
            "required": gettext_lazy("Choose a picture first."),
            "missing": gettext_lazy("Choose a picture first."),
            "invalid": gettext_lazy("Choose a picture first."),
        },
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp,image/avif,image/gif,image/tiff"}
        ),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=200,
        required=False,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),  # else Back fills in that of the last picture
    )
    # What counts of it, as the editor of the page or a program says; each may come alone.
    crop = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    turns = forms.IntegerField(min_value=0, max_value=3, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, sender: Sender, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.sender = sender

    def full_clean(self) -> None:
        super().full_clean()
        if self._errors:
            first = self._errors.get("image") or next(iter(self._errors.values()))
            UPLOADS.labels(first.as_data()[0].code or "invalid").inc()

    def clean_image(self) -> Upload:
        """The picture, as far as its header tells: right size, right kind. `clean` decodes it."""
        file: UploadedFile = self.cleaned_data["image"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                gettext(
                    "This file has %(size)s. Pictures may be %(limit)s at most: make it smaller and send it again."
                )
                % {"size": filesizeformat(file.size), "limit": filesizeformat(settings.UPLOAD_MAX_BYTES)},
                code="image_too_large",
            )
        data = stored.content_of(file)
        with _unreadable_as_invalid():
            return Upload(data=data, facts=inference.inspect(data))

    def clean_crop(self) -> tuple[int, ...]:
        """Left, top, width and height in pixels of the upright picture; nothing where all of it counts."""
        text = self.cleaned_data["crop"]
        if text and not CROP.fullmatch(text):
            raise forms.ValidationError(
                gettext("A crop is four whole numbers: left, top, width and height in pixels."),
                code="invalid_crop",
            )
        return tuple(int(part) for part in text.split(",")) if text else ()

    def clean(self) -> dict:
        """Decode the picture to its end, now that it is known what counts of it, and count it.

        The only time that it is decoded before it has its answer.
        """
        upload: Upload | None = self.cleaned_data.get("image")
        if upload is None:
            return self.cleaned_data
        cut, beyond = self._cut(upload.facts)
        try:
            with decoding.turn, _unreadable_as_invalid():
                square = inference.checked_square(upload.data, inference.input_size_px(), cut=cut)
        except forms.ValidationError as error:
            self.add_error("image", error)
            return self.cleaned_data
        if beyond is not None:
            self.add_error("crop", beyond)
        if self.errors:
            return self.cleaned_data
        upload = replace(upload, title=self.cleaned_data["title"], cut=cut, square=square)
        quota.take_one(upload, self.sender)
        return self.cleaned_data | {"image": upload}

    def _cut(
        self, facts: inference.PictureFacts
    ) -> tuple[inference.Cut | None, forms.ValidationError | None]:
        """What counts of the picture, or what is wrong with that."""
        sides = self.cleaned_data.get("crop") or (0, 0, facts.width, facts.height)
        try:
            return _cut_of(facts, sides, turns=self.cleaned_data.get("turns") or 0), None
        except forms.ValidationError as error:
            return None, error

    def save(self) -> tuple[Prediction, bool]:
        """Keep the picture and queue it; returns the prediction and whether there is work to send."""
        prediction, is_waiting = _keep(self.cleaned_data["image"], self.sender)
        UPLOADS.labels("queued" if is_waiting else "known").inc()
        return prediction, is_waiting


@contextmanager
def _unreadable_as_invalid() -> Iterator[None]:
    try:
        yield
    except inference.UnreadableImage as error:
        raise forms.ValidationError(picture_problem(error), code=error.code) from error
    except MemoryError as error:
        raise forms.ValidationError(
            gettext("This picture needs more memory than we have. Make it smaller and send it again."),
            code="too_many_pixels",
        ) from error


def _keep(upload: Upload, sender: Sender) -> tuple[Prediction, bool]:
    """Queue what was counted, or give the count back where the same is there already, or nothing could be kept."""
    try:
        prediction = Prediction.objects.add(upload, sender)
    except BaseException:
        with suppress(DatabaseError, InterfaceError):  # that may be why
            quota.give_back(sender)
        raise
    if prediction is not None:
        return prediction, True
    quota.give_back(sender)
    return Prediction.objects.known(upload, sender).get().send_again(upload)


def _cut_of(facts: inference.PictureFacts, sides: tuple[int, ...], *, turns: int) -> inference.Cut | None:
    """What counts of a picture: `sides` are left, top, width and height; None where all counts as it is."""
    try:
        cut = inference.Cut(*sides, turns)
    except ValueError as error:
        sentence = gettext(
            "Too little is left. Each side of what you cut out needs at least %(pixels)d pixels."
        )
        raise forms.ValidationError(
            sentence % {"pixels": inference.MIN_SIDE_PX}, code="invalid_crop"
        ) from error
    if not cut.fits(facts.width, facts.height):
        sentence = gettext("This crop reaches beyond the picture, which has %(width)d × %(height)d pixels.")
        raise forms.ValidationError(
            sentence % {"width": facts.width, "height": facts.height}, code="invalid_crop"
        )
    return None if cut.is_whole(facts.width, facts.height) else cut


class CropForm(forms.Form):
    """Another cut of a picture that is here already: percent off each side, as it stands after turning."""

    TURNS = [
        ("0", gettext_lazy("Not at all")),
        ("1", gettext_lazy("To the right")),
        ("2", gettext_lazy("Upside down")),
        ("3", gettext_lazy("To the left")),
    ]
    MOST = 90  # percent
    SIDES = ("left", "top", "right", "bottom")

    turns = forms.TypedChoiceField(label=gettext_lazy("Turn it"), choices=TURNS, coerce=int)
    left = forms.FloatField(label=gettext_lazy("Cut off left, percent"), min_value=0, max_value=MOST)
    top = forms.FloatField(label=gettext_lazy("Cut off top, percent"), min_value=0, max_value=MOST)
    right = forms.FloatField(label=gettext_lazy("Cut off right, percent"), min_value=0, max_value=MOST)
    bottom = forms.FloatField(label=gettext_lazy("Cut off bottom, percent"), min_value=0, max_value=MOST)

    def __init__(self, *args, prediction: Prediction, sender: Sender, **kwargs) -> None:
        """Raises FileNotFoundError where the original is gone, UnreadableImage where it cannot be opened."""
        self.prediction, self.sender = prediction, sender
        self.whole = prediction.as_upload(None)
        super().__init__(*args, initial=self._as_it_is(), **kwargs)

    def _as_it_is(self) -> dict[str, float]:
        """The cut of the prediction, in the words of this form."""
        cut, facts = self.prediction.cut, self.whole.facts
        if cut is None:
            return dict.fromkeys(self.SIDES, 0) | {"turns": 0}
        across, down = 100 / facts.width, 100 / facts.height
        off = [
            cut.left * across,
            cut.top * down,
            (facts.width - cut.left - cut.width) * across,
            (facts.height - cut.top - cut.height) * down,
        ]
        turned = (
            off[-cut.turns :] + off[: -cut.turns] if cut.turns else off
        )  # clockwise: what was left is on top
        return {side: round(value, 2) for side, value in zip(self.SIDES, turned, strict=True)} | {
            "turns": cut.turns
        }

    def clean(self) -> dict:
        if self.errors:
            return self.cleaned_data
        turns = self.cleaned_data["turns"]
        turned = [self.cleaned_data[side] or 0.0 for side in self.SIDES]
        off = turned[turns:] + turned[:turns]
        facts = self.whole.facts
        left, right = (round(part * facts.width / 100) for part in (off[0], off[2]))
        top, bottom = (round(part * facts.height / 100) for part in (off[1], off[3]))
        sides = (left, top, facts.width - left - right, facts.height - top - bottom)
        upload = replace(self.whole, cut=_cut_of(facts, sides, turns=turns))
        quota.take_one(upload, self.sender)
        return self.cleaned_data | {"upload": upload}

    def save(self) -> tuple[Prediction, bool]:
        """Ask about this cut; returns its prediction, which may be there already, and whether there is work to send."""
        return _keep(self.cleaned_data["upload"], self.sender)


class HistoryFilter(forms.Form):
    """What to show of one's history, and in which order. Wrong values count as not given, and the page says so."""

    q = forms.CharField(label=gettext_lazy("Search titles and notes"), max_length=100, required=False)
    sort = forms.ChoiceField(
        label=gettext_lazy("Order"),
        choices=[(name, order.label) for name, order in ORDERS.items()],
        required=False,
    )
    style = StyleField(
        label=gettext_lazy("Style"),
        queryset=Style.objects.of_the_house(),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("All styles"),
    )
    certainty = forms.ChoiceField(
        label=gettext_lazy("How sure"),
        choices=[("", gettext_lazy("However sure")), *Prediction.Certainty.choices],
        required=False,
    )
    status = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("All states")), *Prediction.Status.choices],
        required=False,
    )
    sent_from = forms.DateField(label=gettext_lazy("Sent from"), required=False, widget=DayInput)
    sent_to = forms.DateField(
        label=gettext_lazy("Sent until"),
        required=False,
        widget=DayInput,
        validators=[MaxValueValidator(date(9000, 1, 1))],
    )
    favourites = forms.BooleanField(label=gettext_lazy("Favourites only"), required=False)

    def narrow(self, predictions):
        """The predictions that match what was asked for."""
        self.is_valid()
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        if "q" in wanted:
            predictions = predictions.search(wanted["q"])
        for name in ["style", "certainty", "status"]:
            if name in wanted:
                predictions = predictions.filter(**{name: wanted[name]})
        if "sent_from" in wanted:
            predictions = predictions.filter(created_at__gte=_midnight(wanted["sent_from"]))
        if "sent_to" in wanted:
            predictions = predictions.filter(created_at__lt=_midnight(wanted["sent_to"] + timedelta(days=1)))
        if "favourites" in wanted:
            predictions = predictions.filter(is_favourite=True)
        return predictions

    @property
    def order(self) -> Order:
        """The order asked for; the newest first where none was."""
        self.is_valid()
        return ORDERS[self.cleaned_data.get("sort") or "newest"]

    @property
    def lesser_fields(self) -> list[forms.BoundField]:
        """The fields that the page folds away until they are needed."""
        return [self[name] for name in ["certainty", "status", "sent_from", "sent_to", "favourites"]]

    @property
    def is_used(self) -> bool:
        """Whether anything was asked for; the address may hold other things, such as the place in the list."""
        return any(field.data for field in self)

    @property
    def is_unfolded(self) -> bool:
        return any(field.data for field in self.lesser_fields)


class AlikeFilter(forms.Form):
    """Which of the paintings that look alike to show. Wrong values count as not given, and the page says so."""

    LEAST_ALIKE = [None, *reversed(WORDS)]  # similarity, by the step of the slider
    STEPS = [FURTHEST, *reversed(WORDS.values())]

    style = StyleField(
        label=gettext_lazy("Style"),
        queryset=Style.objects.of_the_house(),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("All styles"),
    )
    artist = forms.CharField(
        label=gettext_lazy("Artist"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "alike-artists", "autocomplete": "off"}),
    )
    year_from = forms.IntegerField(
        label=gettext_lazy("From year"), min_value=1, max_value=MAX_YEAR, required=False
    )
    year_to = forms.IntegerField(
        label=gettext_lazy("To year"), min_value=1, max_value=MAX_YEAR, required=False
    )
    public_domain = forms.BooleanField(label=gettext_lazy("Public domain only"), required=False)
    least = forms.IntegerField(
        label=gettext_lazy("How alike at least"),
        min_value=0,
        max_value=len(STEPS) - 1,
        required=False,
        widget=forms.NumberInput(attrs={"type": "range", "step": 1}),
    )

    def clean_artist(self) -> Artist | None:
        """The artist of that name, else the one with most works whose name has these words."""
        name = self.cleaned_data["artist"].replace("\0", " ").strip()
        if not name:
            return None
        artist = Artist.objects.filter(search_text=searchable(name)).first() or (
            Artist.objects.with_counts().filter(matching(name)).order_by("-artwork_count", "pk").first()
        )
        if artist is None:
            raise forms.ValidationError(
                gettext("No artist here is called “%(name)s”.") % {"name": name}, code="unknown_artist"
            )
        return artist

    @property
    def wanted(self) -> dict:
        """What was asked for, as `similar_to` takes it."""
        if not self.is_bound:
            return {}
        self.is_valid()
        wanted = {name: value for name, value in self.cleaned_data.items() if value not in (None, "", False)}
        if (least := wanted.pop("least", 0)) > 0:
            wanted["min_similarity"] = self.LEAST_ALIKE[least]
        return wanted

    @property
    def step_words(self) -> str:
        """The words of the slider's steps, for the page's script."""
        return "|".join(str(words) for words in self.STEPS)

    @property
    def least_in_words(self) -> str:
        """Where the slider stands."""
        if not self.is_bound:
            return str(self.STEPS[0])
        self.is_valid()
        return str(self.STEPS[self.cleaned_data.get("least") or 0])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class AboutForm(forms.ModelForm):
    """What one calls a picture and notes about it."""

    class Meta:
        model = Prediction
        fields = ["title", "note"]
        labels = {"title": gettext_lazy("Title"), "note": gettext_lazy("Note")}
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"note": gettext_lazy("Only you see your note.")}

    def save(self) -> Prediction:
        """Save what was changed, and nothing that a worker may be writing at the same time."""
        self.instance.save(update_fields=self.Meta.fields)
        return self.instance


class SelectionForm(forms.Form):
    """Several predictions at once, and what to do with them. `viewer` is whose they have to be."""

    ACTIONS = {
        "delete": gettext_lazy("Delete"),
        "favourite": gettext_lazy("Add to favourites"),
        "unfavourite": gettext_lazy("Remove from favourites"),
        "compare": gettext_lazy("Compare two"),
        "csv": gettext_lazy("Export as CSV"),
        "json": gettext_lazy("Export as JSON"),
    }
    selected = forms.ModelMultipleChoiceField(
        queryset=Prediction.objects.none(),
        error_messages={
            "required": gettext_lazy("Choose some pictures first."),
            "invalid_choice": gettext_lazy("Some of these pictures are not there any more. Choose again."),
        },
    )
    action = forms.ChoiceField(
        choices=list(ACTIONS.items()),
        error_messages={
            "required": gettext_lazy("Say what to do with these pictures."),
            "invalid_choice": gettext_lazy("Say what to do with these pictures."),
        },
    )

    def __init__(self, *args, viewer: Viewer, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        visible = Prediction.objects.visible_to(viewer).light()
        self.fields["selected"].queryset = visible.select_related("style", "feedback_style")

    def clean_selected(self):
        selected = self.cleaned_data["selected"]
        if len(selected) > MOST_SELECTED:
            raise forms.ValidationError(
                gettext("Choose %(count)s pictures at most at a time.") % {"count": MOST_SELECTED},
                code="too_many",
            )
        return selected

    def clean(self) -> dict:
        chosen = self.cleaned_data.get("selected")
        if self.cleaned_data.get("action") == "compare" and chosen is not None and len(chosen) != 2:
            raise forms.ValidationError(gettext("Choose two pictures to compare."), code="not_two")
        return self.cleaned_data

    @property
    def error(self) -> str:
        """What is wrong, as one sentence."""
        if self.has_error("selected", code="invalid"):  # no id at all
            return self.fields["selected"].error_messages["required"]
        return next((errors[0] for errors in self.errors.values()), "")


class CompareForm(forms.Form):
    """Two predictions of `viewer` that are done. What is wrong or somebody else's counts as not given."""

    MOST_OFFERED = 100  # the newest, and what was asked for

    first = forms.ModelChoiceField(
        label=gettext_lazy("One"), queryset=Prediction.objects.none(), required=False
    )
    second = forms.ModelChoiceField(
        label=gettext_lazy("The other"), queryset=Prediction.objects.none(), required=False
    )

    def __init__(self, *args, viewer: Viewer, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        done = Prediction.objects.visible_to(viewer).filter(status=Prediction.Status.DONE)
        for field in self.fields.values():
            field.queryset = done
        offered = [*done.only("title", "created_at")[: self.MOST_OFFERED], *self.chosen]
        names = {row.pk: str(row) for row in offered}.items()
        for field in self.fields.values():
            field.widget.choices = [("", gettext_lazy("Choose a picture")), *names]

    @property
    def chosen(self) -> list[Prediction]:
        """What was chosen, at most two, each once."""
        self.is_valid()
        given = [self.cleaned_data.get(name) for name in self.fields]
        return list(dict.fromkeys(prediction for prediction in given if prediction is not None))

    @property
    def has_enough(self) -> bool:
        """Whether there are two to choose from."""
        return len(self.fields["first"].widget.choices) > 2


class ShareForm(forms.Form):
    """For how long a page is open to others."""

    DAYS = {
        "7": gettext_lazy("for a week"),
        "30": gettext_lazy("for a month"),
        "365": gettext_lazy("for a year"),
        "": gettext_lazy("until I close it"),
    }
    expires_in_days = forms.TypedChoiceField(
        label=gettext_lazy("Open"),
        choices=list(DAYS.items()),
        coerce=int,
        empty_value=None,
        required=False,
        initial="30",
    )

    def save(self, prediction: Prediction) -> ShareLink:
        """Open the page, or move its end. Raises NotShareable."""
        return prediction.share_with(self.cleaned_data["expires_in_days"])


class FeedbackForm(forms.Form):
    """Whether the answer is right, or which style it is rather."""

    right = forms.ModelChoiceField(
        queryset=Style.objects.of_the_house(), to_field_name="slug", required=False, widget=forms.HiddenInput
    )
    style = StyleField(
        label=gettext_lazy("It is rather"),
        queryset=Style.objects.of_the_house(),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("Choose a style"),
        error_messages={"invalid_choice": gettext_lazy("Choose one of the 18 styles.")},
    )
    shows_picture = forms.BooleanField(label=gettext_lazy("Curators may see the picture"), required=False)

    def clean(self) -> dict:
        """ "Right" names the answer's own style, and goes before what stands in the list."""
        said = self.cleaned_data.get("right") or self.cleaned_data.get("style")
        if said is None and not self.errors:
            self.add_error("style", gettext("Choose the style that it is."))
        return self.cleaned_data | {"style": said}

    def save(self, prediction: Prediction) -> None:
        """Keep it and tell the curators. Raises NoAnswerYet."""
        prediction.give_feedback(self.cleaned_data["style"], shows_picture=self.cleaned_data["shows_picture"])

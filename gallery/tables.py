"""The catalogue as a table: out as CSV or JSON, and in again through the log of changes."""

import json
import re
from hashlib import sha256
from uuid import UUID, uuid4

import tablib
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from import_export import fields, resources, results, widgets
from import_export.formats import base_formats

from .cells import as_meant, neutral
from .changes import recorded
from .merging import artist_once_known_as
from .models import Artist, Artwork, Change, Style

MOST_ROWS = 2_000  # of one file: a busy machine takes 30 ms for each, and nginx.conf waits 75 s
COLOURS = re.compile(r' style="[^"]*"')


class SafeCSV(base_formats.CSV):
    """CSV in which no cell is a formula: such cells get an apostrophe in front, and lose it on the way in."""

    def export_data(self, dataset: tablib.Dataset, **kwargs) -> str:
        safe = tablib.Dataset(headers=dataset.headers)
        for row in dataset:
            safe.append([neutral(cell) for cell in row])
        return "\ufeff" + safe.export("csv", **kwargs)  # with the mark, spreadsheets read accents rightly

    def create_dataset(self, in_stream: str | bytes, **kwargs) -> tablib.Dataset:
        text = in_stream.decode(self.encoding) if isinstance(in_stream, bytes) else in_stream
        first_line = text.partition("\n")[0]
        between = max(",;\t", key=first_line.count)  # German and French spreadsheets write semicolons
        read = super().create_dataset(text, delimiter=between, **kwargs)
        meant = tablib.Dataset(headers=read.headers)
        for row in read:
            meant.append([as_meant(cell) for cell in row])
        return meant


class RowsOfJSON(base_formats.JSON):
    """JSON in which each value belongs to the name beside it, in whatever order they come."""

    def create_dataset(self, in_stream: str | bytes, **kwargs) -> tablib.Dataset:
        """Raises ValueError unless it is a list of rows that all have the same names."""
        rows = json.loads(in_stream)
        if not isinstance(rows, list):
            raise ValueError("not a list")
        if any(not isinstance(row, dict) or row.keys() != rows[0].keys() for row in rows):
            raise ValueError("rows that differ")
        read = tablib.Dataset(headers=list(rows[0]) if rows else [])
        for row in rows:
            read.append([row[name] for name in read.headers])
        return read


class _Diff(resources.Diff):
    """Marks what changes in a row; our pages allow no colours written into them."""

    def as_html(self) -> list[str]:
        return [type(cell)(COLOURS.sub("", cell)) for cell in super().as_html()]


class _Outcome(results.Result):
    """What a file does, or would do."""

    @property
    def fingerprint(self) -> str:
        """What changes from what to what: a preview and what is done after it have the same."""
        changes = [
            (
                row.import_type,
                [
                    (column, cell)
                    for column, cell in zip(self.diff_headers, row.diff or (), strict=False)
                    if ("<ins>" in cell or "<del>" in cell)
                    and column != "id"  # that of a new row is not known
                ],
            )
            for row in self.rows
        ]
        return sha256(json.dumps(changes).encode()).hexdigest()


class _Nullable(widgets.CharWidget):
    """Text that is missing, not empty, where the cell is empty: it must be unique."""

    def clean(self, value, row=None, **kwargs):
        return super().clean(value, row, **kwargs) or None


class _Whole(widgets.IntegerWidget):
    """A whole number, read as forms read it: what is none is told in a sentence."""

    field: forms.Field = forms.IntegerField(required=False, localize=True)

    def clean(self, value, row=None, **kwargs):
        try:
            return self.field.clean(value.strip() if isinstance(value, str) else value)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error


class _Number(_Whole):
    """Any number."""

    field = forms.FloatField(required=False, localize=True)


class _Yes(widgets.BooleanWidget):
    """Yes or no; what is neither is not taken for no."""

    def clean(self, value, row=None, **kwargs):
        word = str(value if value is not None else "").strip().lower()
        if word not in {"", "0", "false", "no", "1", "true", "yes"}:
            raise ValueError(_("Write 1 for yes and 0 for no."))
        return word in {"1", "true", "yes"} if word else None


class _Tags(widgets.Widget):
    """A list of words, with semicolons between them."""

    def clean(self, value, row=None, **kwargs):
        words = value if isinstance(value, list) else str(value or "").split(";")
        return [word for word in (str(word).strip() for word in words) if word]

    def render(self, value, obj=None, **kwargs):
        return "; ".join(value or [])


class _Slug(widgets.ForeignKeyWidget):
    """Another row, by its slug, of an artist also by a former one; says which one there is not."""

    def __init__(self, *args, **kwargs) -> None:
        """Each import has its own, which asks for each slug once."""
        super().__init__(*args, **kwargs)
        self.found = {}

    def clean(self, value, row=None, **kwargs):
        if value not in self.found:
            self.found[value] = self._find(value)
        return self.found[value]

    def _find(self, value):
        try:
            return super().clean(value)
        except self.model.DoesNotExist as error:
            heir = artist_once_known_as(slug=value) if self.model is Artist else None
            if heir is not None:
                return heir
            name = self.model._meta.verbose_name
            told = _("There is no %(name)s with the slug “%(slug)s”. Add it first.")
            raise ValueError(told % {"name": name, "slug": value}) from error


class _Logged(resources.ModelResource):
    """Brings rows in through the log of changes; those that are not known come in as new."""

    WIDGETS_MAP = resources.ModelResource.WIDGETS_MAP | {
        "BigAutoField": _Whole,
        "SmallIntegerField": _Whole,
        "FloatField": _Number,
        "BooleanField": _Yes,
    }

    def __init__(self, batch: UUID | None = None, **kwargs) -> None:
        """All rows of one file share a batch."""
        super().__init__(**kwargs)
        self.batch = batch or uuid4()

    @classmethod
    def get_diff_class(cls):
        return _Diff

    @classmethod
    def get_result_class(cls):
        return _Outcome

    def before_import(self, dataset, **kwargs):
        dataset.headers = [str(name or "").strip().casefold() for name in dataset.headers]
        refusal = self._refusal(dataset)
        if refusal:
            del dataset[:]  # else its rows were looked at all the same
            raise ValueError(refusal)

    def _refusal(self, dataset: tablib.Dataset) -> str:
        """Why no row of this file can come in; empty when nothing speaks against it."""
        if len(dataset) > MOST_ROWS:
            told = _("A file may have %s rows at most. Take it apart and bring the parts in.")
            return told % number_format(MOST_ROWS, force_grouping=True)
        known = self.get_diff_headers()
        unknown = [
            name
            for place, name in enumerate(dataset.headers)
            if name not in known and (name or any(dataset.get_col(place)))  # spreadsheets leave empty columns
        ]
        if unknown:
            told = _("The file has columns that we do not know: %(unknown)s. Known are: %(known)s.")
            return told % {"unknown": ", ".join(unknown), "known": ", ".join(known)}
        return ""

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        """Look at each cell; at what concerns several of them, or other rows, the database looks quicker."""
        errors = dict(import_validation_errors or {})
        relations = [field for field in instance._meta.fields if field.is_relation]
        found = {field.name for field in relations if getattr(instance, field.attname)}
        try:
            instance.full_clean(exclude={*errors, *found}, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def save_instance(self, instance, is_create, row, **kwargs):
        reason = f"From the file {kwargs.get('file_name') or ''}".strip()[:300]
        how = {"user": kwargs.get("user"), "kind": Change.Kind.IMPORT, "reason": reason}
        try:
            with recorded(instance, batch=self.batch, **how):
                super().save_instance(instance, is_create, row, **kwargs)
        except IntegrityError:
            instance.full_clean()  # says in a sentence what the database did not take
            raise


class ArtworkTable(_Logged):
    """Works, known by their id."""

    artist = fields.Field("artist", "artist", widget=_Slug(Artist, "slug"))
    style = fields.Field("style", "style", widget=_Slug(Style, "slug"))
    tags = fields.Field("tags", "tags", widget=_Tags())
    wikiart_id = fields.Field("wikiart_id", "wikiart_id", widget=_Nullable())

    class Meta:
        model = Artwork
        name = "works"
        fields = (
            "id", "title", "artist", "style", "wikiart_style", "year", "genre", "materials", "width_cm",
            "height_cm", "place", "collection", "period", "series", "tags", "description", "rights",
            "is_published", "wikiart_id", "wikiart_slug", "source_url",
        )  # fmt: skip
        skip_unchanged = True
        use_transactions = True
        clean_model_instances = True

    def get_instance(self, instance_loader, row):
        try:
            return super().get_instance(instance_loader, row)
        except ValueError:
            return None  # there is no work with an id that is no number

    def init_instance(self, row=None):
        if row and row.get("id"):
            told = _("There is no work %s. Leave its id empty to add it as a new one.")
            raise ValueError(told % row["id"])
        return super().init_instance(row)

    def get_queryset(self):
        return super().get_queryset().select_related("artist", "style")


class ArtistTable(_Logged):
    """Artists, known by their slug."""

    wikiart_slug = fields.Field("wikiart_slug", "wikiart_slug", widget=_Nullable())
    wikiart_id = fields.Field("wikiart_id", "wikiart_id", widget=_Nullable())

    class Meta:
        model = Artist
        name = "artists"
        import_id_fields = ("slug",)
        fields = (
            "slug", "name", "birth_year", "death_year", "nationality", "note", "biography", "wikipedia_title",
            "wikiart_slug", "wikiart_id",
        )  # fmt: skip
        skip_unchanged = True
        use_transactions = True
        clean_model_instances = True

    def init_instance(self, row=None):
        heir = artist_once_known_as(slug=row["slug"]) if row else None
        if heir is not None:
            told = _("“%(old)s” is a former slug of %(name)s. Write “%(slug)s” instead, or take the row out.")
            raise ValueError(told % {"old": row["slug"], "name": heir, "slug": heir.slug})
        return super().init_instance(row)

    def _refusal(self, dataset):
        known = "slug" in dataset.headers
        return super()._refusal(dataset) or ("" if known else _("Rows are known by their slug."))

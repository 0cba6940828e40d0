"""Write down what people do to the catalogue by hand, and take it back.

Every change by hand goes through `recorded` (a few rows) or `edit_many` (any number of works): both write
Change rows and put the names of the fields into `curated_fields`, which no import touches again.
Whatever follows from a change by rule (the rights in works, the text that search looks at) comes along.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Artist, ArtistRedirect, Artwork, Change, FamousArtist, KnownWork, Style, StyleText
from .rights import rights_of
from .said import TEXTS

MODELS = {"style": Style, "artist": Artist, "artwork": Artwork}
UNTOLD = {"placeholder", "search_text", "studies_painted"}  # what nobody sets by hand
ONE_BY_ONE = {Change.Kind.BULK, Change.Kind.IMPORT}  # rows of one batch that know nothing of each other
AT_ONCE = 2000  # works

Values = dict[str, Any]


class CannotUndo(Exception):  # noqa: N818 - reads as what happened
    """The message says why, and what to do."""


@dataclass(frozen=True)
class Undone:
    """What an undo did: its own batch, how many rows are as before, how many were left as they are."""

    batch: UUID
    count: int
    left: int


# What a row is like, as JSON can hold it


@dataclass(frozen=True)
class _Listed:
    """A list of other rows that belongs to a row, told as one of its fields."""

    read: Callable[[models.Model], list]
    write: Callable[[models.Model, list], None]


def _read_known_works(artist: Artist) -> list:
    return [[work.title, work.year] for work in artist.known_works.order_by("year", "title")]


def _write_known_works(artist: Artist, works: list) -> None:
    artist.known_works.all().delete()
    KnownWork.objects.bulk_create(KnownWork(artist=artist, title=title, year=year) for title, year in works)


def _read_redirects(artist: Artist) -> list:
    return list(map(list, artist.redirects.values_list("old_slug", "name", "wikiart_slug", "wikiart_id")))


def _write_redirects(artist: Artist, redirects: list) -> None:
    names = ("old_slug", "name", "wikiart_slug", "wikiart_id")
    artist.redirects.all().delete()
    ArtistRedirect.objects.bulk_create(
        ArtistRedirect(artist=artist, **dict(zip(names, values, strict=True))) for values in redirects
    )


def _read_famous_artists(style: Style) -> list:
    ranks = FamousArtist.objects.filter(style=style).order_by("rank", "pk")
    return list(ranks.values_list("artist_id", flat=True))


def _write_famous_artists(style: Style, artist_ids: list) -> None:
    FamousArtist.objects.filter(style=style).delete()
    known = set(Artist.objects.filter(pk__in=artist_ids).values_list("pk", flat=True))
    ranked = [pk for pk in artist_ids if pk in known]
    FamousArtist.objects.bulk_create(
        FamousArtist(style=style, artist_id=pk, rank=rank) for rank, pk in enumerate(ranked, start=1)
    )


def _read_came_from(style: Style) -> list:
    return list(style.came_from.order_by("pk").values_list("pk", flat=True))


def _text_of(style: Style, language: str) -> StyleText | None:
    models.prefetch_related_objects([style], "texts")  # one query for all languages and fields
    return next((text for text in style.texts.all() if text.language == language), None)


def _style_text(field: str, language: str) -> _Listed:
    """One field of the texts of a style in another language."""
    empty = StyleText._meta.get_field(field).get_default()

    def read(style: Style) -> Any:
        return getattr(_text_of(style, language), field, empty)

    def write(style: Style, value: Any) -> None:
        if value or style.texts.filter(language=language).exists():
            style.texts.update_or_create(language=language, defaults={field: value})

    return _Listed(read, write)


OTHER_LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
STYLE_TEXTS = {
    f"{field}_{language}": _style_text(field, language)
    for language in OTHER_LANGUAGES
    for field in (*TEXTS, "made_from")
}
LISTS: dict[type[models.Model], dict[str, _Listed]] = {
    Style: {
        "famous_artists": _Listed(_read_famous_artists, _write_famous_artists),
        "came_from": _Listed(_read_came_from, lambda style, pks: style.came_from.set(pks)),
        **STYLE_TEXTS,
    },
    Artist: {
        "known_works": _Listed(_read_known_works, _write_known_works),
        "redirects": _Listed(_read_redirects, _write_redirects),
    },
    Artwork: {},
}


def _columns(model: type[models.Model]) -> list[models.Field]:
    return [
        field
        for field in model._meta.concrete_fields
        if not (
            field.primary_key
            or field.generated
            or field.name in UNTOLD
            or getattr(field, "auto_now", False)
            or getattr(field, "auto_now_add", False)
        )
    ]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, models.fields.files.FieldFile) else value


def _snapshot(model: type[models.Model], pk: int | None) -> Values | None:
    """A row as it is in the database, locked until the transaction ends; None when there is none."""
    row = model.objects.select_for_update(of=("self",)).filter(pk=pk).first() if pk else None
    if row is None:
        return None
    columns = {field.name: _plain(getattr(row, field.attname)) for field in _columns(model)}
    return columns | {name: listed.read(row) for name, listed in LISTS[model].items()}


# Changes of a few rows


@contextmanager
def recorded(
    *rows: models.Model,
    user: AbstractBaseUser | None,
    kind: Change.Kind = Change.Kind.EDIT,
    reason: str = "",
    batch: UUID | None = None,
) -> Iterator[UUID]:
    """Write down what happens inside to these styles, artists and works; yields the batch.

    A row that is saved for the first time inside counts as added, one that is deleted as deleted.
    Everything inside is one transaction. An undo goes from the last of `rows` to the first.
    """
    batch = batch or uuid4()
    with transaction.atomic():
        known = [(row, row.pk, str(row), _snapshot(type(row), row.pk)) for row in rows]
        yield batch
        for row, pk, name, before in known:
            note = _Note(batch, kind, user, reason, row, pk or row.pk, name)
            note.write(before, _snapshot(type(row), note.pk))


@dataclass(frozen=True)
class _Note:
    """One row of the log that is being written."""

    batch: UUID
    kind: Change.Kind
    user: AbstractBaseUser | None
    reason: str
    row: models.Model
    pk: int
    name: str

    def write(self, before: Values | None, after: Values | None) -> None:
        if before is None and after is None:
            return
        if before is not None and after is not None:
            self._write_edit(before, after)
            return
        kind = self.kind
        if kind == Change.Kind.EDIT:
            kind = Change.Kind.ADD if before is None else Change.Kind.DELETE
        if after is not None:
            given = {name for name in after if _is_set(type(self.row), name, after)}
            after = self._curate(after | self._follow_rights(given), given)
        self._create(kind, before, after)

    def _write_edit(self, before: Values, after: Values) -> None:
        changed = {name for name in after if after[name] != before[name]}
        if not changed:
            return
        after |= self._follow_rights(changed)
        after = self._curate(after, changed)
        touched = [name for name in after if after[name] != before[name]]
        self._create(
            self.kind, {name: before[name] for name in touched}, {name: after[name] for name in touched}
        )
        self._follow_up(changed)

    def _curate(self, after: Values, changed: set[str]) -> Values:
        if "curated_fields" not in after:
            return after
        settable = {field.name for field in _columns(type(self.row))} - {"curated_fields"}
        curated = sorted({*after["curated_fields"], *(changed & settable)})
        type(self.row).objects.filter(pk=self.pk).update(curated_fields=curated)
        self.row.curated_fields = curated
        return after | {"curated_fields": curated}

    def _follow_rights(self, changed: set[str]) -> Values:
        """The rights in a work follow from its artist and year, unless somebody set them."""
        if not isinstance(self.row, Artwork) or "rights" in changed or not changed & {"artist", "year"}:
            return {}
        work = Artwork.objects.select_related("artist").get(pk=self.pk)
        rights = _rights_by_rule(work)
        Artwork.objects.filter(pk=self.pk).update(rights=rights)
        self.row.rights = rights
        return {"rights": str(rights)}

    def _follow_up(self, changed: set[str]) -> None:
        """What an artist's works take over from the artist."""
        if not isinstance(self.row, Artist):
            return
        works = Artwork.objects.filter(artist=self.pk)
        if "name" in changed:
            works.refresh_search_text()
        if changed & {"birth_year", "death_year"}:
            follow_rights(works, user=self.user, kind=self.kind, reason=self.reason, batch=self.batch)

    def _create(self, kind: Change.Kind, before: Values | None, after: Values | None) -> None:
        Change.objects.create(
            batch=self.batch,
            kind=kind,
            user=self.user,
            reason=self.reason,
            model=self.row._meta.model_name,
            object_id=self.pk,
            name=self.name if after is None else str(self.row)[:500],
            before=before,
            after=after,
        )


def _is_set(model: type[models.Model], name: str, values: Values) -> bool:
    """Whether a field of a new row says more than a new row says by itself."""
    if name in LISTS[model]:
        return bool(values[name])
    return bool(values[name]) and values[name] != model._meta.get_field(name).get_default()


def _rights_by_rule(work: Artwork) -> str:
    if "rights" in work.curated_fields or work.is_study:
        return work.rights
    return rights_of(work.artist, work.year, is_free_at_wikiart=work.is_free_at_wikiart)


# Changes of many works


def edit_many(
    works: models.QuerySet[Artwork],
    values: Values,
    *,
    user: AbstractBaseUser | None,
    kind: Change.Kind = Change.Kind.BULK,
    reason: str = "",
    batch: UUID | None = None,
) -> int:
    """Give all these works the same values (of a foreign key: the id); tells how many changed.

    The rights follow where the artist or the year changes. One transaction; benchmarks.curation measures it.
    """

    def wanted(work: Artwork) -> Values:
        new = dict(values)
        if values.keys() & {"artist", "year"} and "rights" not in values:
            artist = artists.get(values["artist"]) if "artist" in values else work.artist
            moved = Artwork(
                artist=artist,
                year=values.get("year", work.year),
                rights=work.rights,
                curated_fields=work.curated_fields,
                is_free_at_wikiart=work.is_free_at_wikiart,
            )
            new["rights"] = str(_rights_by_rule(moved))
        return new

    artists = Artist.objects.in_bulk([values["artist"]] if values.get("artist") else [])
    pen = _Pen(batch or uuid4(), kind, user, reason)
    return pen.edit(works, wanted, curated=set(values))


def follow_rights(
    works: models.QuerySet[Artwork],
    *,
    user: AbstractBaseUser | None,
    kind: Change.Kind = Change.Kind.BULK,
    reason: str = "",
    batch: UUID | None = None,
) -> int:
    """Let the rights in these works follow the rule again, except those set by hand; tells how many changed."""
    pen = _Pen(batch or uuid4(), kind, user, reason)
    return pen.edit(works, lambda work: {"rights": str(_rights_by_rule(work))}, curated=set())


@dataclass(frozen=True)
class _Pen:
    """Writes values into works, many at a time, and the log beside them."""

    batch: UUID
    kind: Change.Kind
    user: AbstractBaseUser | None
    reason: str

    @transaction.atomic
    def edit(
        self, works: models.QuerySet[Artwork], wanted: Callable[[Artwork], Values], *, curated: set[str]
    ) -> int:
        pks = sorted(works.order_by().values_list("pk", flat=True))
        return sum(self._edit(some, wanted, curated) for some in _portions(pks))

    def _edit(self, pks: list[int], wanted: Callable[[Artwork], Values], curated: set[str]) -> int:
        changes, groups = [], defaultdict(list)
        works = (
            Artwork.objects.filter(pk__in=pks).select_related("artist").defer("description", "search_text")
        )
        for work in works.select_for_update(of=("self",)).order_by("pk"):
            new = wanted(work)
            old = {name: _plain(getattr(work, Artwork._meta.get_field(name).attname)) for name in new}
            changed = [name for name in new if new[name] != old[name]]
            if not changed:
                continue
            after = {name: new[name] for name in changed}
            before = {name: old[name] for name in changed}
            names = sorted({*work.curated_fields, *(curated & set(changed))})
            if names != work.curated_fields:
                before["curated_fields"], after["curated_fields"] = work.curated_fields, names
            changes.append(self._change(work, before, after))
            groups[_frozen(after)].append(work.pk)
        for values, some in groups.items():
            _write_works(some, _thawed(values))
        Change.objects.bulk_create(changes)
        return len(changes)

    def _change(self, work: Artwork, before: Values, after: Values) -> Change:
        return Change(
            batch=self.batch,
            kind=self.kind,
            user=self.user,
            reason=self.reason,
            model="artwork",
            object_id=work.pk,
            name=work.title,
            before=before,
            after=after,
        )


def _portions(pks: list[int]) -> Iterator[list[int]]:
    return (pks[start : start + AT_ONCE] for start in range(0, len(pks), AT_ONCE))


def _frozen(values: Values) -> tuple:
    return tuple((name, tuple(v) if isinstance(v, list) else v) for name, v in sorted(values.items()))


def _thawed(values: tuple) -> Values:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values}


def _write_works(pks: list[int], values: Values) -> None:
    works = Artwork.objects.filter(pk__in=pks)
    works.update(**values, updated_at=timezone.now())
    if values.keys() & {"title", "artist"}:
        works.refresh_search_text()
    if "sha256" in values:
        works.forget_looks()


# Undo


def undo(change: Change, *, user: AbstractBaseUser | None, reason: str = "") -> Undone:
    """Take one change back; of a merge, or of an edit with consequences, the whole batch. Raises CannotUndo."""
    if change.kind in ONE_BY_ONE:
        rows = Change.objects.filter(pk=change.pk)
    else:
        rows = Change.objects.filter(batch=change.batch)
    return _Eraser(user, reason).undo(rows, leaves_newer=False)


def stands(batch: UUID) -> bool:
    """Whether something of this batch was not undone yet."""
    return Change.objects.filter(batch=batch).standing().exists()


def undo_batch(batch: UUID, *, user: AbstractBaseUser | None, reason: str = "") -> Undone:
    """Take all changes of a batch back; those of a bulk edit that were changed again since are left.

    Raises CannotUndo.
    """
    rows = Change.objects.filter(batch=batch)
    first = rows.first()
    return _Eraser(user, reason).undo(rows, leaves_newer=bool(first and first.kind in ONE_BY_ONE))


class _Eraser:
    """Takes changes back, the last one first, and writes that down as changes of its own batch."""

    def __init__(self, user: AbstractBaseUser | None, reason: str) -> None:
        """Say who undoes, and why."""
        self.user, self.reason, self.batch = user, reason, uuid4()
        self.artists: set[int] = set()  # whose works follow them

    def undo(self, rows: models.QuerySet[Change], *, leaves_newer: bool) -> Undone:
        try:
            with transaction.atomic():
                undone = self._undo(rows, leaves_newer)
                connection.check_constraints()
        except (IntegrityError, ObjectDoesNotExist) as error:
            raise CannotUndo(
                _(
                    "Something else has taken its place since, so this cannot be undone. "
                    "Look at the newer changes first."
                )
            ) from error
        except ProtectedError as error:
            raise CannotUndo(_("Works hang under it by now. Give them to somebody else first.")) from error
        return undone

    def _undo(self, rows: models.QuerySet[Change], leaves_newer: bool) -> Undone:
        pks = list(rows.standing().order_by("-pk").values_list("pk", flat=True))
        if not pks:
            raise CannotUndo(_("This was undone already."))
        count = sum(self._undo_some(some, leaves_newer) for some in _portions(pks))
        if not count:
            raise CannotUndo(_("All of it was changed again after that. Undo the newer changes first."))
        for artist in Artist.objects.filter(pk__in=self.artists):
            artist.artworks.all().refresh_search_text()
            follow_rights(artist.artworks.all(), user=self.user, kind=Change.Kind.UNDO, batch=self.batch)
        return Undone(self.batch, count, len(pks) - count)

    def _undo_some(self, pks: list[int], leaves_newer: bool) -> int:
        changes = list(Change.objects.select_for_update().standing().filter(pk__in=pks).order_by("-pk"))
        newer = _changed_since(changes)
        if newer and not leaves_newer:
            name = next(change.name for change in changes if change.pk in newer)
            raise CannotUndo(_("“%s” was changed again after that. Undo the newer change first.") % name)
        changes = [change for change in changes if change.pk not in newer]
        for is_of_works, some in groupby(changes, key=_is_edit_of_a_work):
            if is_of_works:
                _put_works_back(list(some))
            else:
                for change in some:
                    self._put_back(change)
        Change.objects.bulk_create(map(self._noted, changes))
        Change.objects.filter(pk__in=[change.pk for change in changes]).update(undone_in=self.batch)
        return len(changes)

    def _put_back(self, change: Change) -> None:
        model = MODELS[change.model]
        row = model.objects.filter(pk=change.object_id).first()
        if change.before is None:
            if row is not None:
                row.delete()
            return
        if row is None:
            if change.after is not None:
                raise CannotUndo(_("“%s” is not in the catalogue any more.") % change.name)
            row = model(pk=change.object_id)
        _set_values(row, change)
        if change.model == "artist":
            self.artists.add(row.pk)

    def _noted(self, change: Change) -> Change:
        return Change(
            batch=self.batch,
            kind=Change.Kind.UNDO,
            user=self.user,
            reason=self.reason,
            model=change.model,
            object_id=change.object_id,
            name=change.name,
            before=change.after,
            after=change.before,
        )


def _is_edit_of_a_work(change: Change) -> bool:
    return change.model == "artwork" and change.before is not None and change.after is not None


def _changed_since(changes: list[Change]) -> set[int]:
    """Ids of those changes after which another step changed one of the same fields."""
    if not changes:
        return set()
    later = Change.objects.standing().filter(
        model__in={change.model for change in changes},
        object_id__in={change.object_id for change in changes},
        pk__gt=min(change.pk for change in changes),
    )
    touched = defaultdict(list)
    for other in later.exclude(batch__in={change.batch for change in changes}):
        touched[other.model, other.object_id].append((other.pk, set(other.fields)))
    return {
        change.pk
        for change in changes
        for pk, fields in touched[change.model, change.object_id]
        if pk > change.pk and not fields.isdisjoint(change.fields)
    }


def _set_values(row: models.Model, change: Change) -> None:
    values = dict(change.before)
    if change.after is not None and "curated_fields" in values:
        values["curated_fields"] = _curated_again(row.curated_fields, change)
    for field in _columns(type(row)):
        if field.name in values:
            setattr(row, field.attname, values[field.name])
    row.save()
    for name, listed in LISTS[type(row)].items():
        if name in values:
            listed.write(row, values[name])


def _curated_again(curated: Iterable[str], change: Change) -> list[str]:
    """Fields that are set by hand once this change is undone; newer changes keep theirs."""
    added = set(change.after["curated_fields"]) - set(change.before["curated_fields"])
    return sorted(set(curated) - added)


def _put_works_back(changes: list[Change]) -> None:
    curated = dict(
        Artwork.objects.filter(pk__in=[change.object_id for change in changes]).values_list(
            "pk", "curated_fields"
        )
    )
    groups = defaultdict(list)
    for change in changes:
        if change.object_id not in curated:
            raise CannotUndo(_("“%s” is not in the catalogue any more.") % change.name)
        values = dict(change.before)
        if "curated_fields" in values:
            values["curated_fields"] = _curated_again(curated[change.object_id], change)
        groups[_frozen(values)].append(change.object_id)
    for values, pks in groups.items():
        _write_works(pks, _thawed(values))

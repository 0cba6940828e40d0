"""Which works show the same picture? Found by hash and embedding, decided by curators, never deleted.

Two pictures are suspected when their hashes are nearly the same and the model does not see two different
things, or when the model sees nearly the same thing and the hashes are not far apart. Measured with the
shipped model on 3,000 different paintings and six altered copies of 250 of them: 12 of 4.5 million pairs of
different paintings are suspected, most of them of one colour; of copies that were made smaller, brighter,
grey or warmer, or lost 2 % at each edge, 99.6 % and more are found, of those that lost 4 %, 84 %.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext
from pgvector.django import CosineDistance

from ml import inference

from . import changes
from .models import (
    Artwork,
    Change,
    DuplicateDecision,
    DuplicatePair,
    Embedding,
    HiddenDuplicate,
    PictureHash,
)

LOCK = 0x44_75_70_6C  # to PostgreSQL this number means "duplicates are being looked for"
SAME_HASH_BITS = 3  # of 64; the bands find all within these
SAME_HASH_DISTANCE = 0.85  # a copy in grey looks that different to the model
SAME_LOOK_BITS = 12
SAME_LOOK_DISTANCE = 0.2
NEIGHBOURS = 20  # by embedding, of which the hashes are looked at
MOST_OF_A_HASH = 100  # works with the same hash: the others are found from their side
LARGEST_GROUP = 200  # works; what hangs together beyond is another group
FIELDS = [
    "title", "artist", "style", "year", "wikiart_style", "genre", "materials", "width_cm", "height_cm",
    "place", "collection", "period", "series", "tags", "description", "rights", "source_url",
]  # fmt: skip


class CannotDecide(Exception):  # noqa: N818 - reads as what happened
    """The message says why, and what to do."""


# Finding


def find(works: int) -> int:
    """Compare up to so many works with all others, as far as that was not done; tells how many were."""
    version = inference.model_version()
    hashes = PictureHash.objects.exclude(compared_with=version).filter(
        artwork__embeddings__model_version=version
    )
    rows = list(hashes.order_by("pk")[:works])
    for row in rows:
        compare(row, version)
    return len(rows)


@transaction.atomic
def compare(row: PictureHash, model_version: str) -> None:
    """Keep a pair for every work that looks like this one. Some four queries, answered by indexes."""
    embedding = Embedding.objects.filter(artwork=row.artwork_id, model_version=model_version).first()
    if embedding is not None:
        pairs = list(_pairs(row, embedding.embedding, model_version))
        if pairs:
            DuplicatePair.objects.bulk_create(pairs, ignore_conflicts=True)
            regroup({row.artwork_id, *(pair.first_id for pair in pairs), *(pair.second_id for pair in pairs)})
    PictureHash.objects.filter(pk=row.pk, bits=row.bits).update(compared_with=model_version)


def _pairs(row: PictureHash, embedding: list[float], model_version: str) -> Iterable[DuplicatePair]:
    distances = _nearest(row.artwork_id, embedding, model_version)
    with_same_hash = _with_nearly(row)
    distances |= _distances(with_same_hash - distances.keys(), embedding, model_version)
    others = PictureHash.objects.filter(pk__in=distances).select_related("artwork")
    is_study = Artwork.objects.filter(pk=row.artwork_id, rights=Artwork.Rights.GENERATED).exists()
    for other in others.only("bits", "artwork__rights"):
        bits, distance = differing_bits(row.bits, other.bits), distances[other.pk]
        if are_alike(bits, distance) and not (is_study and other.artwork.is_study):
            first, second = sorted((row.artwork_id, other.pk))
            yield DuplicatePair(
                first_id=first, second_id=second, differing_bits=bits, distance=distance, group=first
            )


def are_alike(bits: int, distance: float) -> bool:
    """Whether two pictures are to be shown to a curator: differing bits of 64, cosine distance 0 to 2."""
    same_hash = bits <= SAME_HASH_BITS and distance <= SAME_HASH_DISTANCE
    return same_hash or (bits <= SAME_LOOK_BITS and distance <= SAME_LOOK_DISTANCE)


def differing_bits(one: int, other: int) -> int:
    return ((one ^ other) & (2**64 - 1)).bit_count()


def _nearest(artwork_id: int, embedding: list[float], model_version: str) -> dict[int, float]:
    """Works that look like it to the model, with their distance. Answered by the HNSW index."""
    near = Embedding.objects.filter(model_version=model_version).annotate(
        distance=CosineDistance("embedding", embedding)
    )
    found = near.order_by("distance").values_list("artwork_id", "distance")[: NEIGHBOURS + 1]
    return {pk: distance for pk, distance in found if pk != artwork_id and distance <= SAME_LOOK_DISTANCE}


def _with_nearly(row: PictureHash) -> set[int]:
    """Works whose hash differs in at most SAME_HASH_BITS. Answered by the index of bands."""
    alike = PictureHash.objects.filter(bands__overlap=row.bands).exclude(pk=row.pk)
    alike = alike.extra(where=["bit_count((bits # %s)::bit(64)) <= %s"], params=[row.bits, SAME_HASH_BITS])
    return set(alike.values_list("pk", flat=True)[:MOST_OF_A_HASH])


def _distances(pks: set[int], embedding: list[float], model_version: str) -> dict[int, float]:
    rows = Embedding.objects.filter(artwork__in=pks, model_version=model_version)
    return dict(rows.values_list("artwork_id", CosineDistance("embedding", embedding)))


def regroup(works: Iterable[int]) -> None:
    """Give open pairs around these works, and all that hang together with them, the group they belong to."""
    pairs = _connected(set(works))
    groups = _components((first, second) for _, first, second, _ in pairs)
    moved = defaultdict(list)
    for pk, first, _, group in pairs:
        if groups[first] != group:
            moved[groups[first]].append(pk)
    for group, pks in moved.items():
        DuplicatePair.objects.filter(pk__in=pks).update(group=group)


def _connected(works: set[int]) -> list[tuple[int, int, int, int]]:
    """Open pairs that can be reached from these works: id, first, second, group."""
    seen, found = set(), {}
    while works and len(seen) < LARGEST_GROUP:
        seen |= works
        pairs = DuplicatePair.objects.open().touching(works)
        for pair in pairs.values_list("pk", "first_id", "second_id", "group"):
            found[pair[0]] = pair
        works = {pk for _, first, second, _ in found.values() for pk in (first, second)} - seen
    return list(found.values())


def _components(edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Each node to the lowest of those it hangs together with."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    for one, other in edges:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return {node: root(node) for node in list(parent)}


# Looking


@dataclass(frozen=True)
class Choice:
    """What a field could be after merging: a value, in words, and the works that say so."""

    value: Any  # as a form sends it: the id of the first work that says so
    words: str
    works: list[Artwork]


@dataclass(frozen=True)
class Difference:
    """A field in which the works of a group differ; `chosen` is what is proposed."""

    name: str
    label: str
    choices: list[Choice]
    chosen: int  # id of a work


class Group:
    """Works on display that hang together as suspected duplicates; raises LookupError when there are none."""

    def __init__(self, number: int) -> None:
        self.pairs = list(DuplicatePair.objects.open().filter(group=number))
        pks = {pk for pair in self.pairs for pk in (pair.first_id, pair.second_id)}
        self.works = list(Artwork.objects.filter(pk__in=pks).with_labels().order_by("pk"))
        self.number = number
        if not self.works:
            raise LookupError(number)

    @cached_property
    def proposed(self) -> Artwork:
        """The one with the largest picture, of equal ones the one that says most, then the oldest."""
        return max(
            self.works, key=lambda work: ((work.width or 0) * (work.height or 0), len(_said(work)), -work.pk)
        )

    @cached_property
    def differences(self) -> list[Difference]:
        return [one for name in FIELDS if (one := self._difference(name))]

    def _difference(self, name: str) -> Difference | None:
        by_value: dict[str, list[Artwork]] = defaultdict(list)
        first_is_proposed = sorted(self.works, key=lambda work: work != self.proposed)
        for work in first_is_proposed:
            by_value[in_words(work, name)].append(work)
        if len(by_value) == 1:
            return None
        choices = [Choice(works[0].pk, words, works) for words, works in by_value.items()]
        said = [choice for choice in choices if choice.words] or choices
        label = str(Artwork._meta.get_field(name).verbose_name)
        return Difference(name, label, choices, said[0].value)


def in_words(work: Artwork, name: str) -> str:
    """What a work says in a field; empty where it says nothing."""
    value = getattr(work, name)
    if name == "rights":
        return "" if value == Artwork.Rights.UNKNOWN else work.get_rights_display()
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


def _said(work: Artwork) -> list[str]:
    return [name for name in FIELDS if in_words(work, name)]


def group_numbers() -> list[int]:
    """All open groups, by number. One query."""
    numbers = DuplicatePair.objects.open().order_by("group").values_list("group", flat=True)
    return list(numbers.distinct())


def kept_instead_of(pk: int) -> Artwork | None:
    """The work that is shown in the place of one that was hidden as its duplicate."""
    hidden = HiddenDuplicate.objects.filter(artwork=pk, artwork__is_published=False).select_related("kept")
    seen = set()
    kept = None
    while (row := hidden.first()) and row.kept_id not in seen:
        kept = row.kept
        seen.add(kept.pk)
        hidden = HiddenDuplicate.objects.filter(artwork=kept, artwork__is_published=False)
    return kept


# Deciding


def keep(
    kept: Artwork,
    same: Sequence[Artwork],
    *,
    others: Sequence[Artwork] = (),
    values_from: dict[str, Artwork],
    user: AbstractBaseUser,
) -> DuplicateDecision:
    """Keep one work, with some fields taken from others, and take those that are the same off display.

    `others` are works of the group that are not the same as the one kept; that is remembered.
    Raises CannotDecide when somebody changed one of the works meanwhile.
    """
    if not same:
        raise CannotDecide(gettext("Tick at least one work that is the same, or say that all are different."))
    with transaction.atomic():
        _refuse_if_decided([kept, *same])
        reason = f"Duplicates: {kept.pk} is kept, {', '.join(str(work.pk) for work in same)} hidden."
        with changes.recorded(kept, *same, user=user, kind=Change.Kind.MERGE, reason=reason[:300]) as batch:
            _merge(kept, values_from)
            for work in same:
                work.is_published = False
                work.save(update_fields=["is_published"])
        decision = DuplicateDecision.objects.create(kept=kept, batch=batch, decided_by=user)
        _hide(kept, same, decision)
        _part([kept, *same], others, decision)
        regroup({work.pk for work in (kept, *same, *others)})
    return decision


def part(works: Sequence[Artwork], *, user: AbstractBaseUser) -> DuplicateDecision:
    """Remember that these works are all different; they are not suspected again."""
    with transaction.atomic():
        _refuse_if_decided(works)
        decision = DuplicateDecision.objects.create(decided_by=user)
        DuplicatePair.objects.filter(decision=None).among(works).update(decision=decision)
        regroup({work.pk for work in works})
    return decision


def undo(decision: DuplicateDecision, *, user: AbstractBaseUser) -> None:
    """Take a decision back: the works hang as before and their pairs are open again. Raises changes.CannotUndo."""
    with transaction.atomic():
        works = set(decision.pairs.values_list("first_id", flat=True))
        works |= set(decision.pairs.values_list("second_id", flat=True))
        if decision.batch and changes.stands(decision.batch):  # else somebody undid it in the log
            changes.undo_batch(decision.batch, user=user)
        decision.delete()
        regroup(works)


def _refuse_if_decided(works: Sequence[Artwork]) -> None:
    pks = [work.pk for work in works]
    displayed = Artwork.objects.published().filter(pk__in=pks).select_for_update(of=("self",))
    if len(list(displayed.order_by("pk").values_list("pk", flat=True))) < len(pks):
        raise CannotDecide(gettext("Somebody else has decided about one of these works. Have another look."))


def _merge(kept: Artwork, values_from: dict[str, Artwork]) -> None:
    for name, work in values_from.items():
        setattr(kept, name, getattr(work, name))
    try:
        with transaction.atomic():
            kept.save(update_fields=list(values_from))
    except IntegrityError as error:  # the only one possible: (artist, wikiart_slug)
        raise CannotDecide(
            gettext("Both works have the same page at WikiArt. Leave the artist as it is.")
        ) from error


def _hide(kept: Artwork, same: Sequence[Artwork], decision: DuplicateDecision) -> None:
    DuplicatePair.objects.filter(decision=None).among([kept, *same]).update(decision=decision)
    HiddenDuplicate.objects.filter(artwork__in=same).delete()  # hidden before, and put back by hand
    HiddenDuplicate.objects.bulk_create(
        HiddenDuplicate(artwork=work, kept=kept, decision=decision) for work in same
    )


def _part(works: Sequence[Artwork], others: Sequence[Artwork], decision: DuplicateDecision) -> None:
    between = Q(first__in=works, second__in=others) | Q(first__in=others, second__in=works)
    DuplicatePair.objects.filter(between, decision=None).update(decision=decision)

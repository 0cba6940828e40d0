"""Everything that somebody has here, as one ZIP: original pictures, JSON for programs, CSV for spreadsheets.

It is packed in slices of a few seconds, so that nobody's picture waits behind a large export. Between two
slices the file is a whole ZIP that the next one adds to; a slice that dies leaves a broken one, and the
next begins anew. Pictures and rows go through memory one at a time.
"""

import contextlib
import csv
import io
import json
import logging
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from classifier import exporting
from classifier.models import Prediction
from gallery.cells import neutral

from .languages import speaking
from .models import Export, User

logger = logging.getLogger(__name__)

NOTED_EVERY_S = 0.5
ROWS_AT_ONCE = 200
SUFFIXES = {
    b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"GIF8": "gif", b"RIFF": "webp", b"II*\x00": "tif", b"MM\x00*": "tif",
}  # fmt: skip
README = gettext_lazy("""StyleArt: everything that you have here, as of {moment}.

pictures/          your pictures, byte by byte as you sent them
predictions.json   what StyleArt said of them, and what you said: for programs
predictions.csv    the same without the less likely styles: for spreadsheets
account.json       your account
""")


def pack(export: Export) -> bool:
    """Pack for a few seconds; True when the file is complete.

    Raises OSError, as when the disk is full, and ExportGone.
    """
    export.part_path.parent.mkdir(parents=True, exist_ok=True)
    _throw_away_if_broken(export.part_path)
    with ZipFile(export.part_path, "a", ZIP_STORED) as archive:
        is_complete = _add_pictures(export, archive, until=time.monotonic() + settings.EXPORT_SLICE_S)
        if is_complete:
            with _whole_or_nothing(archive), speaking(export.user.language or export.language):
                _add_facts(export.user, archive)
    if is_complete:
        export.part_path.replace(export.path)
    return is_complete


def tell(export: Export) -> None:
    """Write to its owner that the file is there."""
    context = {
        "url": settings.SITE_URL + export.get_absolute_url(),
        "days": settings.EXPORT_DAYS,
        "current_site": {"domain": urlsplit(settings.SITE_URL).netloc},
    }
    with speaking(export.user.language or export.language):
        subject = settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + gettext("Your pictures are packed")
        text = render_to_string("account/email/export_ready_message.txt", context)
    send_mail(subject, text, None, [export.user.email])


def _throw_away_if_broken(path: Path) -> None:
    """What a dead slice left cannot be added to: opened for that, it would stay in the file as waste."""
    try:
        ZipFile(path).close()
    except FileNotFoundError:
        pass
    except BadZipFile:
        logger.warning("the export in %s was cut off and begins anew", path.name)
        path.unlink()


def _predictions(user: User) -> QuerySet:
    """All of them, the trash too, the oldest first."""
    everything = Prediction.objects.of(user).light().order_by("created_at", "id")
    return everything.select_related("style", "feedback_style", "share")


def _add_pictures(export: Export, archive: ZipFile, *, until: float) -> bool:
    """Add the pictures that are not in the file yet; False when time was up before the end."""
    known = {_stem(name) for name in archive.namelist()}
    todo = _predictions(export.user)
    _note(export, total=todo.count(), packed=len(known))
    noted_at = time.monotonic()
    for prediction in todo.iterator(chunk_size=ROWS_AT_ONCE):
        if str(prediction.pk) in known:
            continue
        if time.monotonic() > until:
            _note(export, packed=len(known))
            return False
        if _add_picture(archive, prediction):
            known.add(str(prediction.pk))
        if time.monotonic() - noted_at > NOTED_EVERY_S:
            _note(export, packed=len(known))
            noted_at = time.monotonic()
    _note(export, packed=len(known))
    return True


def _note(export: Export, **fields: int) -> None:
    if not export.note(**fields):
        raise ExportGone(export.pk)


def _add_picture(archive: ZipFile, prediction: Prediction) -> bool:
    try:
        with prediction.original.open("rb") as source:
            data = source.read()
    except FileNotFoundError:  # its row says so, too
        logger.warning("prediction %s has no original to export", prediction.pk)
        return False
    name = f"pictures/{prediction.created_at:%Y-%m-%d}_{prediction.pk}.{_suffix(data[:12])}"
    with _whole_or_nothing(archive):
        archive.writestr(ZipInfo(name, _zip_time(prediction.created_at)), data)
    return True


@contextlib.contextmanager
def _whole_or_nothing(archive: ZipFile) -> Iterator[None]:
    """Throw the file away when an entry is broken off: closed, it would look as if it were whole."""
    try:
        yield
    except BaseException:
        Path(archive.filename).unlink(missing_ok=True)
        raise


def _stem(name: str) -> str:
    """The prediction's id in the name of its picture."""
    return name.rpartition("_")[2].partition(".")[0]


def _suffix(head: bytes) -> str:
    if head[4:] == b"ftypavif":
        return "avif"
    return next((suffix for sign, suffix in SUFFIXES.items() if head.startswith(sign)), "bin")


def _zip_time(moment: datetime) -> tuple[int, ...]:
    return moment.timetuple()[:6]


def _add_facts(user: User, archive: ZipFile) -> None:
    pictures = {_stem(name): name for name in archive.namelist()}
    with _text(archive, "predictions.json") as out:
        _write_json(out, user, pictures)
    with _text(archive, "predictions.csv") as out:
        _write_csv(out, user, pictures)
    with _text(archive, "account.json") as out:
        json.dump(account_facts(user), out, ensure_ascii=False, indent=2)
    with _text(archive, "README.txt") as out:
        out.write(README.format(moment=f"{date_format(timezone.now(), 'DATETIME_FORMAT')} UTC"))


@contextlib.contextmanager
def _text(archive: ZipFile, name: str) -> Iterator[IO[str]]:
    """A file in the archive to write text into."""
    entry = ZipInfo(name, _zip_time(timezone.now()))
    entry.compress_type = ZIP_DEFLATED
    with archive.open(entry, "w") as raw, io.TextIOWrapper(raw, "utf-8", newline="") as out:
        yield out


def _write_json(out: IO[str], user: User, pictures: dict[str, str]) -> None:
    """An array of objects, one prediction each."""
    out.write("[")
    for number, prediction in enumerate(_predictions(user).iterator(chunk_size=ROWS_AT_ONCE)):
        out.write(",\n" if number else "\n")
        json.dump(_facts(prediction, pictures), out, ensure_ascii=False)
    out.write("\n]\n")


def _facts(prediction: Prediction, pictures: dict[str, str]) -> dict:
    share = getattr(prediction, "share", None)
    return exporting.facts(prediction) | {
        "picture": pictures.get(str(prediction.pk)),
        "probabilities": dict(prediction.probabilities),
        "trashed_at": prediction.trashed_at.isoformat() if prediction.trashed_at else None,
        "shared_since": share.created_at.isoformat() if share else None,
    }


def _write_csv(out: IO[str], user: User, pictures: dict[str, str]) -> None:
    """One line each; begins with a byte order mark, without which Excel misreads accents."""
    out.write("\ufeff")
    writer = csv.DictWriter(out, [*exporting.COLUMNS, "picture"])
    writer.writeheader()
    for prediction in _predictions(user).iterator(chunk_size=ROWS_AT_ONCE):
        row = exporting.facts(prediction) | {"picture": pictures.get(str(prediction.pk))}
        writer.writerow({name: neutral(value) for name, value in row.items()})


def account_facts(user: User) -> dict:
    """What the account itself holds; secrets stay out."""
    return {
        "email": user.email,
        "language": user.language or None,
        "joined_at": user.date_joined.isoformat(),
        "last_login": user.last_login.isoformat() if user.last_login else None,
        "wants_answer_mails": user.wants_answer_mails,
        "signed_in": [
            {"since": session.created_at.isoformat(), "from": session.ip, "with": session.user_agent}
            for session in user.usersession_set.order_by("created_at")
        ],
        "second_factors": [
            {"kind": factor.type, "since": factor.created_at.isoformat()}
            for factor in user.authenticator_set.order_by("created_at")
        ],
    }


class ExportGone(Exception):  # noqa: N818 - reads as what happened
    """The account or the export was deleted while it was being packed."""

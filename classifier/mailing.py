"""A mail that the answer is here, for those who want it and did not wait for it."""

import logging
from datetime import timedelta
from email.mime.image import MIMEImage
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from . import plot
from .models import Prediction

logger = logging.getLogger(__name__)

PLOT_ID = "plot"  # the picture's name within the mail
AGAIN_AFTER = timedelta(minutes=2)  # when the mail server is away
GIVE_UP_AFTER = timedelta(days=1)


def tell(prediction: Prediction) -> bool:
    """Write to its owner that the answer is here; the caller has claimed the mail. Tells whether one went out.

    Nobody is written to who saw the answer come, does not want such mails any more, or put the picture into
    the trash. When there is no room for the plot or the mail server cannot be reached, the claim goes back, for
    another try within a day; what was begun to be sent is never sent twice.
    """
    if prediction.was_watched or prediction.trashed_at is not None or not _is_wanted(prediction):
        return False
    try:
        message = letter(prediction)
    except OSError:
        logger.warning("no mail about %s yet: its plot cannot be kept", prediction.pk, exc_info=True)
        _put_off(prediction)
        return False
    message.connection = get_connection()
    try:
        message.connection.open()
    except (OSError, SMTPException):
        logger.warning("no mail about %s yet: the mail server is away", prediction.pk, exc_info=True)
        _put_off(prediction)
        return False
    try:
        message.send()
    except (OSError, SMTPException):
        logger.exception("the mail about %s may not have arrived", prediction.pk)
        return False
    finally:
        message.connection.close()
    return True


def letter(prediction: Prediction) -> EmailMultiAlternatives:
    """The mail, in the language of its reader: the verdict as text and as HTML, with the plot in it."""
    with translation.override(_language_of(prediction.owner)):
        context = {
            "prediction": prediction,
            "bars": prediction.bars()[:3],
            "url": settings.SITE_URL + prediction.get_absolute_url(),
            "account_url": f"{settings.SITE_URL}{reverse('account:page')}#mails",
            "plot_id": PLOT_ID,
            "current_site": {"domain": urlsplit(settings.SITE_URL).netloc},
        }
        message = EmailMultiAlternatives(
            settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + gettext("Your answer is here"),
            render_to_string("classifier/email/answer_message.txt", context),
            to=[prediction.owner.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(
            render_to_string("classifier/email/answer_message.html", context), "text/html"
        )
        message.attach(_picture(plot.keep(prediction, "png").read_bytes()))
    message.mixed_subtype = "related"  # the picture belongs into the HTML, not below it
    return message


def _picture(data: bytes) -> MIMEImage:
    picture = MIMEImage(data, "png")
    picture.add_header("Content-ID", f"<{PLOT_ID}>")
    picture.add_header("Content-Disposition", "inline", filename="styleart-plot.png")
    return picture


def _is_wanted(prediction: Prediction) -> bool:
    owner = prediction.owner
    return owner is not None and owner.is_active and owner.wants_answer_mails


def _language_of(owner) -> str:
    return owner.language if owner.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _put_off(prediction: Prediction) -> None:
    later = timezone.now() + AGAIN_AFTER
    is_late = later - prediction.finished_at > GIVE_UP_AFTER
    Prediction.objects.filter(pk=prediction.pk).update(mailed_at=None, mail_due_at=None if is_late else later)

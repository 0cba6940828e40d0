"""A mail that the answer is here: wanted, once, and only for those who did not wait for it."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse
from django.utils import timezone

from classifier import mailing
from classifier.models import Prediction
from classifier.tasks import classify, mail_answer, sweep
from tests.factories import make_house_styles, make_prediction, make_user, stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def celery_at_once(settings):
    """What is handed to the worker happens at once."""
    from styleart_site.celery import app

    before = app.conf.task_always_eager
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = before


def answered(*, waited_s: float = 60, wants: bool = True, **fields) -> Prediction:
    """A prediction that its owner waited for so long."""
    if "owner" not in fields and "visitor" not in fields:
        fields["owner"] = make_user(wants_answer_mails=wants)
    prediction = make_prediction(created_at=timezone.now() - timedelta(seconds=waited_s), **fields)
    classify(str(prediction.pk))
    prediction.refresh_from_db()
    return prediction


def test_who_left_and_wants_it_is_told_once(celery_at_once):
    make_house_styles()
    prediction = answered()

    sweep()
    sweep()
    mail_answer(str(prediction.pk))

    (message,) = mail.outbox
    prediction.refresh_from_db()
    assert message.to == [prediction.owner.email]
    assert prediction.verdict in message.body
    assert prediction.get_absolute_url() in message.body
    assert prediction.mailed_at is not None


def test_the_plot_lies_in_the_mail():
    make_house_styles()
    whole = mailing.letter(answered()).message()

    alternative, picture = whole.get_payload()
    text, html = alternative.get_payload()
    assert whole.get_content_type() == "multipart/related"
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert picture["Content-ID"] == "<plot>"
    assert picture.get_payload(decode=True).startswith(b"\x89PNG")
    assert 'src="cid:plot"' in html.get_payload(decode=True).decode()
    assert whole["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("fields", [{"wants": False}, {"waited_s": 3}, {"visitor": stranger().visitor}])
def test_nobody_else_is_written_to(celery_at_once, fields):
    prediction = answered(**fields)

    sweep()

    assert prediction.is_done
    assert mail.outbox == []


def test_who_watched_the_answer_come_needs_no_mail(celery_at_once, client):
    prediction = make_prediction(
        owner=make_user(wants_answer_mails=True), created_at=timezone.now() - timedelta(seconds=60)
    )
    client.force_login(prediction.owner)
    client.get(reverse("classifier:prediction-result", args=[prediction.pk]), headers={"HX-Request": "true"})
    classify(str(prediction.pk))

    sweep()

    assert mail.outbox == []


def test_who_watched_long_before_the_answer_came_is_told(celery_at_once):
    prediction = answered(watched_at=timezone.now() - timedelta(seconds=40))

    sweep()

    assert [message.to for message in mail.outbox] == [[prediction.owner.email]]


def test_a_changed_mind_and_the_trash_count_until_the_mail_goes_out(celery_at_once):
    other, trashed = answered(), answered()
    type(other.owner).objects.filter(pk=other.owner_id).update(wants_answer_mails=False)
    trashed.trash()

    sweep()

    assert mail.outbox == []


class Away(EmailBackend):
    def open(self):
        raise ConnectionRefusedError


class CutOff(EmailBackend):
    def send_messages(self, messages):
        super().send_messages(messages)
        raise SMTPServerDisconnected  # after the letter was handed over, for all we know


def test_a_mail_server_that_is_away_is_asked_again_later(settings):
    prediction = answered()
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    mail_answer(str(prediction.pk))
    mail_answer(str(prediction.pk))  # not yet
    settings.EMAIL_BACKEND = backend
    Prediction.objects.update(mail_due_at=timezone.now())

    mail_answer(str(prediction.pk))

    assert len(mail.outbox) == 1


def test_a_mail_whose_plot_cannot_be_kept_goes_out_once_it_can():
    prediction = answered()
    prediction.derived_folder.parent.mkdir(parents=True, exist_ok=True)
    prediction.derived_folder.write_bytes(b"")  # in the way of the plot
    mail_answer(str(prediction.pk))
    prediction.derived_folder.unlink()
    Prediction.objects.update(mail_due_at=timezone.now())

    mail_answer(str(prediction.pk))

    assert len(mail.outbox) == 1


def test_a_mail_that_may_have_gone_out_is_not_sent_again(settings):
    prediction = answered()
    settings.EMAIL_BACKEND = f"{__name__}.CutOff"

    mail_answer(str(prediction.pk))
    mail_answer(str(prediction.pk))

    assert len(mail.outbox) == 1


def test_the_choice_is_made_on_the_account_page_and_off_at_first(client):
    user = make_user()
    client.force_login(user)
    assert 'name="wants_answer_mails"' in client.get(reverse("account:page")).content.decode()
    assert not user.wants_answer_mails

    client.post(reverse("account:mails"), {"wants_answer_mails": "on"})
    user.refresh_from_db()
    chosen = user.wants_answer_mails
    client.post(reverse("account:mails"), {})
    user.refresh_from_db()

    assert (chosen, user.wants_answer_mails) == (True, False)

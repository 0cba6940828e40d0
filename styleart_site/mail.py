"""Mail on an embedded copy: every message becomes a file, and a line in the log."""

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend

logger = logging.getLogger(__name__)


class LoggedFileBackend(EmailBackend):
    """Write mails to files under EMAIL_FILE_PATH and show them in the log, links included."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            logger.info("mail to %s\n%s\n\n%s", ", ".join(message.to), message.subject, message.body)
        return super().send_messages(email_messages)

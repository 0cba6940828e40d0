"""Mail on an embedded copy: every message becomes a file, and the log says in which folder."""

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend

logger = logging.getLogger(__name__)


class LoggedFileBackend(EmailBackend):
    """Write mails to files under EMAIL_FILE_PATH. The log gets neither addresses nor links."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sent = super().send_messages(email_messages)
        for _ in email_messages:
            logger.info("a mail lies in %s", self.file_path)
        return sent

"""Pictures in a bucket that speaks S3. Imported only where MEDIA_BUCKET names one; needs requirements-s3.txt."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3File, S3Storage

from .stored import Entry, StoreAway

IN_MEMORY_BYTES = 8_000_000  # of a picture that is read; larger ones go to a temporary file


def _in_plain_words(method: Callable[..., Any]) -> Callable[..., Any]:
    """Raise what a disk would: callers know OSError, and nothing of buckets."""

    @functools.wraps(method)
    def asked(*args, **kwargs):
        try:
            return method(*args, **kwargs)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(str(error)) from error
            raise StoreAway(str(error)) from error
        except BotoCoreError as error:
            raise StoreAway(str(error)) from error

    return asked


class Bucket(S3Storage):
    """Private files, addressed by names that never get other content, so that writing twice is harmless."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            file_overwrite=True,
            default_acl=None,
            querystring_auth=True,
            max_memory_size=IN_MEMORY_BYTES,
            client_config=Config(
                signature_version="s3v4",
                connect_timeout=3,
                read_timeout=20,
                retries={"total_max_attempts": 3, "mode": "standard"},
                s3={"addressing_style": options.pop("addressing_style", "auto")},
            ),
            **options,
        )

    @_in_plain_words
    def _open(self, name: str, mode: str = "rb") -> S3File:
        file = super()._open(name, mode)
        if "r" in mode:
            file.open()  # fetched here, where a failure is translated, not at the first read
        return file

    def entries(self, folder: str) -> Iterator[Entry]:
        """All files below a folder, a thousand a question."""
        prefix = self._normalize_name(folder).rstrip("/") + "/"
        cut = len(self.location.strip("/")) + 1 if self.location else 0
        objects = iter(self.bucket.objects.filter(Prefix=prefix))
        while (found := self._next(objects)) is not None:
            yield Entry(found.key[cut:], found.size, found.last_modified.timestamp())

    @staticmethod
    @_in_plain_words
    def _next(objects: Iterator[Any]) -> Any:
        return next(objects, None)

    _save = _in_plain_words(S3Storage._save)
    delete = _in_plain_words(S3Storage.delete)
    exists = _in_plain_words(S3Storage.exists)
    size = _in_plain_words(S3Storage.size)
    get_modified_time = _in_plain_words(S3Storage.get_modified_time)

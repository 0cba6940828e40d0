from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile

from gallery import stored


def test_what_is_in_memory_is_taken_and_not_copied():
    content = bytes(300_000)
    upload = InMemoryUploadedFile(BytesIO(content), "image", "a.jpg", "image/jpeg", len(content), None)

    assert stored.content_of(upload) is content


@pytest.mark.parametrize("pieces", [[b"a"], [b"a" * 70_000, b"b" * 70_000]])
def test_all_bytes_of_an_upload_come_wherever_it_lies(pieces):
    in_memory, on_disk = ContentFile(b""), TemporaryUploadedFile("a.jpg", "image/jpeg", 140_000, None)
    for file in (in_memory, on_disk):
        for piece in pieces:
            file.write(piece)
        file.seek(0)

    assert stored.content_of(in_memory) == stored.content_of(on_disk) == b"".join(pieces)

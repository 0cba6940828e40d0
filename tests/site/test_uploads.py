"""How bodies and files are received: whole, and without being copied again and again."""

from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile
from django.test import RequestFactory
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader

from styleart_site import uploads, webserver


def received(*contents: bytes) -> list:
    """What Django makes of a form with these files, all named `image`."""
    files = [named(content, f"{number}.jpg") for number, content in enumerate(contents)]
    return RequestFactory().post("/", {"image": files}).FILES.getlist("image")


def named(content: bytes, name: str) -> BytesIO:
    file = BytesIO(content)
    file.name = name
    return file


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 3_000_000])
def test_a_file_comes_as_it_was_sent(size):
    content = bytes(range(256)) * (size // 256 + 1)

    (file,) = received(content[:size])

    assert isinstance(file, InMemoryUploadedFile)
    assert (file.name, file.size) == ("0.jpg", size)
    assert file.read() == content[:size]
    file.seek(0)
    assert b"".join(file.chunks()) == content[:size]


def test_files_of_one_form_do_not_mix():
    assert [file.read() for file in received(b"first" * 30_000, b"", b"third")] == [
        b"first" * 30_000,
        b"",
        b"third",
    ]


def test_reading_all_of_a_file_copies_nothing():
    (file,) = received(b"picture" * 100_000)

    assert file.read() is file.file.getvalue()


def test_a_large_file_goes_to_the_disk():
    content = bytes(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)

    (file,) = received(content)  # with what a form has around it, it is larger

    assert isinstance(file, TemporaryUploadedFile)
    assert file.read() == content


def test_the_site_receives_so():
    assert settings.FILE_UPLOAD_HANDLERS[0] == f"{uploads.__name__}.{uploads.InOnePiece.__name__}"


class Wire:
    """A socket with more to give than anybody asks for; remembers how much that was each time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def recv(self, size: int) -> bytes:
        self.asked.append(size)
        return bytes(size)


def test_gunicorn_receives_so_much_at_once_as_the_site_says():
    wire = Wire()
    body = Body(LengthReader(SocketUnreader(wire), 3_000_000))

    while body.read(64 * 1024):
        pass

    assert max(wire.asked) == webserver.SocketUnreader.max_body_chunk == 256 * 1024
    assert sum(wire.asked) == 3_000_000

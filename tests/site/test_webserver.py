"""How gunicorn receives what is sent."""

from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader

from styleart_site import webserver


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

    assert max(wire.asked) == webserver.SocketUnreader.max_body_chunk == 64 * 1024
    assert sum(wire.asked) == 3_000_000

"""What taking an upload from the socket computes: python -m benchmarks.receiving [--mb N].

The body of a request, as Django asks gunicorn for it, in turns with what gunicorn receives at once of its own and
as `styleart_site.webserver` says, with the memory limits of bin/start. Computing of the thread that receives
(`time.thread_time`), the median; needs some seconds.
"""

import argparse
import os
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable

from benchmarks import running

STEP = 64 * 1024  # what Django asks for at a time
ROUNDS = 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receiving", description=__doc__)
    parser.add_argument("--mb", type=float, default=3.0, help="size of the upload, in MB of 10^6 bytes")
    given = parser.parse_args()
    _with_the_limits_of_the_site()
    print(running.headline() + "\n")
    theirs, ours = ways(int(1e6 * given.mb))
    before, now = in_turns(theirs, ours)
    print("| gunicorn as it comes, ms | here, ms | share |\n|---|---|---|")
    print(f"| {before:.2f} | {now:.2f} | {now / before:.2f} |")
    print(f"\nAt the end {running.load()}")


def _with_the_limits_of_the_site() -> None:
    """glibc reads them once, when a process begins: begin again."""
    from styleart_site.run import GIVE_BACK_MEMORY

    if not os.environ.keys() >= GIVE_BACK_MEMORY.keys():
        arguments = [sys.executable, "-m", "benchmarks.receiving", *sys.argv[1:]]
        os.execve(sys.executable, arguments, os.environ | GIVE_BACK_MEMORY)  # noqa: S606 - ourselves


def in_turns(*ways: Callable[[], None]) -> list[float]:
    """The median of each way's computing, in ms."""
    times: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way()
    for _ in range(ROUNDS):
        for way, its_times in zip(ways, times, strict=True):
            began = time.thread_time()
            way()
            its_times.append(1000 * (time.thread_time() - began))
    return [statistics.median(its_times) for its_times in times]


def ways(size: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """Take a body of so many bytes from a socket, in pieces as Django asks for them: gunicorn's way, and ours."""
    from gunicorn.http.body import Body, LengthReader
    from gunicorn.http.unreader import SocketUnreader

    theirs = SocketUnreader.max_body_chunk
    from styleart_site import webserver  # which changes it

    ours = webserver.SocketUnreader.max_body_chunk
    sender, receiver = _connected()
    data = bytes(size)

    def receive(at_once: int) -> None:
        SocketUnreader.max_body_chunk = at_once
        threading.Thread(target=sender.sendall, args=[data], daemon=True).start()
        body, received = Body(LengthReader(SocketUnreader(receiver), size)), 0
        while piece := body.read(STEP):
            received += len(piece)
        if received != size:
            raise RuntimeError(f"{received:,} bytes of {size:,} came.")

    return lambda: receive(theirs), lambda: receive(ours)


def _connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = socket.create_connection(server.getsockname())
        return sender, server.accept()[0]


if __name__ == "__main__":
    main()

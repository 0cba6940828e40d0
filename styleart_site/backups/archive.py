"""One tar file, written and read in a stream: memory stays the same however large it is."""

import gzip
import hashlib
import io
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from . import BackupError

SUMS = "SHA256SUMS"
COMPRESSED = (".gz", ".tgz")
LONGEST_LINE = 2000  # a name of 1,024 bytes, escaped, and its sum


class Writer:
    """Puts files into a tar, and their sums into its last member. Use it in a `with`, and `finish` it there."""

    def __init__(self, file: IO[bytes], *, is_compressed: bool) -> None:
        # Pictures and the dump are compressed already: gzip gains little, and costs most of the time.
        self._gzip = gzip.GzipFile("", "wb", 1, file) if is_compressed else None
        self._tar = tarfile.open(  # noqa: SIM115 - closed by `finish`
            fileobj=self._gzip or file, mode="w|", format=tarfile.PAX_FORMAT
        )
        self._sums = tempfile.TemporaryFile()  # noqa: SIM115

    def add(self, name: str, source: IO[bytes], size: int) -> None:
        """Pack `size` bytes of a file. Raises BackupError when it ends earlier."""
        digest = self._put(name, source, size)
        self._sums.write(_sum_line(digest, name))

    def add_bytes(self, name: str, content: bytes) -> None:
        self.add(name, io.BytesIO(content), len(content))

    def finish(self) -> None:
        """Write the sums and the end of the tar."""
        size = self._sums.tell()
        self._sums.seek(0)
        self._put(SUMS, self._sums, size)
        self._tar.close()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *error: object) -> None:
        self._tar.fileobj.close()
        if self._gzip:
            self._gzip.close()
        self._sums.close()

    def _put(self, name: str, source: IO[bytes], size: int) -> str:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, int(time.time()), 0o600
        reader = _Hashing(source)
        try:
            self._tar.addfile(member, reader)
        except OSError as error:
            if reader.length < size and "unexpected end of data" in str(error):
                raise BackupError(f"{name} became shorter while it was read; start again.") from error
            raise
        self._tar.members = []  # tarfile would keep all of them in memory
        return reader.digest.hexdigest()


class Member(NamedTuple):
    """One file on its way out; `file` must be read to its end before the next one is asked for."""

    name: str
    size: int
    file: IO[bytes]


def read(file: IO[bytes]) -> Iterator[Member]:
    """Yield the files of an archive in its order, and compare their sums after the last one.

    Raises BackupError when it is damaged, ends early, or holds what no backup of ours holds.
    """
    with tempfile.TemporaryFile() as sums:
        is_complete = False
        for member, content in _members(file):
            if is_complete:
                raise BackupError("There is more behind the end of the backup: it is not one of ours.")
            if member.name == SUMS:
                _compare(sums, content, member.size)
                is_complete = True
                continue
            reader = _Hashing(content)
            yield Member(member.name, member.size, reader)
            while reader.read(1 << 20):  # what the caller did not want to read counts, too
                pass
            sums.write(_sum_line(reader.digest.hexdigest(), member.name))
        if not is_complete:
            raise BackupError("The backup ends too early: the file was cut off.")


def _members(file: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    with _plain_words(), tarfile.open(fileobj=file, mode="r|*") as tar:
        while (member := tar.next()) is not None:
            tar.members = []
            _check_name(member)
            yield member, tar.extractfile(member)


@contextmanager
def _plain_words() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupError(f"The file is no backup of ours, or it is damaged ({error}).") from error


def _check_name(member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    is_plain = (
        member.isreg() and not path.is_absolute() and ".." not in path.parts and str(path) == member.name
    )
    if not is_plain or "\n" in member.name:
        raise BackupError(f"The backup holds {member.name!r}, which is not a plain file of ours.")


def _compare(ours: IO[bytes], theirs: IO[bytes], size: int) -> None:
    ours.seek(0)
    lines = io.BufferedReader(_Raw(theirs))
    for line in ours:
        if lines.readline(LONGEST_LINE) != line:
            name = line.decode().split("  ", 1)[1].rstrip("\n")
            raise BackupError(f"{name} in the backup is not what was packed: its checksum is another one.")
    if ours.tell() != size:
        raise BackupError("Files are missing in the backup.")


def _sum_line(digest: str, name: str) -> bytes:
    return f"{digest}  {name}\n".encode()


class _Hashing:
    """Reads a file and hashes what passes through."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.length = 0

    def read(self, size: int = -1) -> bytes:
        with _plain_words():
            data = self._file.read(size)
        self.digest.update(data)
        self.length += len(data)
        return data


class _Raw(io.RawIOBase):
    """A member of a streamed tar, for io.BufferedReader."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        with _plain_words():
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def is_compressed(path: Path) -> bool:
    """Whether this name asks for gzip."""
    return path.suffix in COMPRESSED

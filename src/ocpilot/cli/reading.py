"""Files that a command is named: their lines as they come, and a line on the terminal that says how far we are."""

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from ocpilot.base.errors import UserError
from ocpilot.wire.jsontext import GZIP


def lines_of(name: str) -> Iterator[bytes]:
    """The lines of a file, unpacked where it is gzip; `-` is standard input. UserError when it cannot be read."""
    try:
        if name == "-":
            yield from _unpacked(_peekable(sys.stdin.buffer))
        else:
            with Path(name).open("rb") as file:
                yield from _unpacked(file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{name}: found broken gzip ({error}), expected a whole file") from None
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}") from None


def _peekable(stream: BinaryIO) -> BufferedReader:
    """What can be looked into. A buffer around another would read on in one go until it is full, deaf to Ctrl-C."""
    if isinstance(stream, BufferedReader):
        return stream
    # Any binary stream can be buffered; the stubs of BinaryIO do not say so.
    return BufferedReader(stream)  # type: ignore[arg-type]


def _unpacked(file: BufferedReader) -> Iterable[bytes]:
    return gzip.GzipFile(fileobj=file) if file.peek(len(GZIP)).startswith(GZIP) else file


def read_file(name: str) -> bytes:
    """All bytes of a file, as `lines_of`."""
    return b"".join(lines_of(name))


class Progress:
    """A line on a terminal that is written over now and then; nothing where the error output is no terminal."""

    #: Steps between two writings.
    EVERY = 500

    def __init__(self, every: int = EVERY) -> None:
        self._every = every
        self._is_terminal = sys.stderr.isatty()
        self._steps = 0
        self._shown = False

    def step(self, text: str) -> None:
        """One more step is done."""
        self._steps += 1
        if self._is_terminal and self._steps % self._every == 0:
            self._write(text)
            self._shown = True

    def hide(self) -> None:
        """Something else is to be printed."""
        if self._shown:
            self._write("")
            self._shown = False

    def _write(self, text: str) -> None:
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

"""What a command writes: to a file, or to standard output."""

import sys
from pathlib import Path


def write_out(name: str | None, data: bytes) -> None:
    """All bytes into a file, or as they are to standard output where none is named."""
    if name is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        Path(name).write_bytes(data)

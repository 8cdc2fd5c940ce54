"""`ocpilot demo` that is told to end, by a service manager or a container: nothing it started runs on."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ocpilot.demo.platforms import free_port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("line", ["Setting up", "They registered"])
def test_nothing_runs_on_after_sigterm(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    """In the middle of the set-up, and when all is there. Both databases stopped: they took their pid files away."""
    folder: Path = tmp_path_factory.mktemp("ended")
    port = free_port()
    command = [sys.executable, "-m", "ocpilot", "demo", "--folder", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        while line not in process.stdout.readline():
            assert process.poll() is None
        process.terminate()
        said, _ = process.communicate(timeout=60)
        assert "Traceback" not in said
        assert process.returncode in (0, 130)
    assert not list(folder.glob("*/data/postgres/postmaster.pid"))
    assert not listens(port)

"""docs/guide.md is run as it stands: its files are written, its commands executed, in order."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ocpilot.demo.platforms import free_port

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"
BLOCK = re.compile(r"^```(\w+) ?([\w.-]*)\n(.*?)^```$", re.M | re.S)


def blocks() -> list[tuple[str, str, str]]:
    """(language, file name or word, text) of every block, on ports that are free here."""
    text = GUIDE.read_text()
    for port in ("8821", "8822"):
        text = text.replace(port, str(free_port()))
    return BLOCK.findall(text)


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    folder = Path(sys.executable).parent
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(tmp_path)}


async def test_every_step_of_the_guide_works(tmp_path, environment):
    running: list[subprocess.Popen[bytes]] = []
    printed = ""
    try:
        for language, word, text in blocks():
            if language in ("toml", "json"):
                (tmp_path / word).write_text(text)
            elif word == "background":
                running.append(start(text, tmp_path, environment))
                await answering(tmp_path, text)
            else:
                printed += run(text, tmp_path, environment)
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
    for expected in ("tariffs SE/LAD DAY", "CP-1", "registered", "105.00"):
        assert expected in printed


def run(text: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def start(text: str, folder: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    with (folder / "serve.log").open("ab") as log:
        return subprocess.Popen(
            ["bash", "-c", f"exec {text.strip()}"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


async def answering(folder: Path, text: str) -> None:
    """The platform that was just started answers."""
    config = (folder / text.rsplit(maxsplit=1)[-1]).read_text()
    port = int(re.search(r"port = (\d+)", config).group(1))
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        await writer.wait_closed()
        return
    pytest.fail((folder / "serve.log").read_text()[-2000:])

"""A guide is run as it stands: its files are written, its commands executed, in order."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from ocpilot.demo.platforms import free_port

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(\w+) ?([\w.-]*)\n(.*?)^```$", re.M | re.S)


def blocks(guide: Path, ports: Iterable[str]) -> list[tuple[str, str, str]]:
    """(language, file name or word, text) of every block, on ports that are free here."""
    text = guide.read_text()
    for port in ports:
        text = text.replace(port, str(free_port()))
    return BLOCK.findall(text)


async def run_guide(guide: Path, ports: Iterable[str], folder: Path) -> str:
    """All that its commands print. A Python block without a file name is run by tests/unit/test_docs.py."""
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}:{os.environ['PATH']}", "HOME": str(folder)}
    running: list[subprocess.Popen[bytes]] = []
    printed = ""
    try:
        for language, word, text in blocks(guide, ports):
            if language in ("toml", "json", "python"):
                if word:
                    (folder / word).write_text(text)
            elif word == "background":
                running.append(start(text, folder, environment))
                await answering(folder, text)
            else:
                printed += await asyncio.to_thread(run, text, folder, environment)
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
    return printed


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
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}\n{log_of(folder)}"
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
    """What was just started answers, at the port in its settings file or at the end of its command."""
    last = text.rsplit(maxsplit=1)[-1]
    port = int(last) if last.isdigit() else int(re.search(r"port = (\d+)", (folder / last).read_text()).group(1))
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        await writer.wait_closed()
        return
    pytest.fail(log_of(folder))


def log_of(folder: Path) -> str:
    log = folder / "serve.log"
    return log.read_text()[-2000:] if log.exists() else ""

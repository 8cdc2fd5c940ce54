"""The bundled PostgreSQL: started, shared, found again after a kill, stopped by the last one."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from ocpilot.base.errors import SettingsError
from ocpilot.base.settings import load
from ocpilot.store.server import BundledServer, database_url

HOLD = """
import sys, time
from pathlib import Path
from ocpilot.store.server import BundledServer
BundledServer(Path(sys.argv[1])).start()
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder whose path is too long for a socket inside it."""
    root = Path(tempfile.mkdtemp(prefix="ocpilot-server-"))
    root.chmod(0o711)
    yield root / ("long" * 25) / "postgres"
    shutil.rmtree(root)


def postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split("\n", 1)[0])


def runs(folder: Path) -> bool:
    return (folder / "postmaster.pid").exists()


def start_in_a_process_and_kill_it(folder: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "started\n"
    holder.kill()
    holder.wait()
    holder.stdout.close()


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_it_starts_keeps_data_and_is_durable(folder: Path) -> None:
    server = BundledServer(folder)
    url = server.start()
    await ask(url, "CREATE TABLE kept AS SELECT 1")
    assert await ask(url, "SHOW fsync") == "on"
    assert await ask(url, "SHOW synchronous_commit") == "on"
    assert await ask(url, "SHOW full_page_writes") == "on"
    server.stop()
    assert not runs(folder)
    server.stop()


async def test_two_processes_share_it_and_the_last_one_stops_it(folder: Path) -> None:
    first, second = BundledServer(folder), BundledServer(folder)
    assert first.start() == second.start()
    first.stop()
    assert await ask(second.url("ocpilot"), "SELECT count(*) FROM kept") == 1
    second.stop()
    assert not runs(folder)


async def test_a_server_left_by_a_killed_process_is_used_and_then_stopped(folder: Path) -> None:
    start_in_a_process_and_kill_it(folder)
    left = postmaster(folder)
    server = BundledServer(folder)
    url = server.start()
    assert postmaster(folder) == left
    assert await ask(url, "SELECT count(*) FROM kept") == 1
    server.stop()
    assert not runs(folder)


async def test_a_killed_server_is_started_over_its_stale_files(folder: Path) -> None:
    before, after = BundledServer(folder), BundledServer(folder)
    before.start()
    os.kill(postmaster(folder), signal.SIGKILL)
    assert await ask(after.start(), "SELECT count(*) FROM kept") == 1
    before.stop()
    assert runs(folder)
    after.stop()
    assert not runs(folder)


async def test_a_server_that_is_killed_while_we_run_comes_back_by_itself(folder: Path, caplog) -> None:
    settings = msgspec.structs.replace(load(None, {}), data_dir=folder.parent)
    async with asyncio.timeout(30), database_url(settings) as url:
        os.kill(postmaster(folder), signal.SIGKILL)
        while True:
            try:
                assert await ask(url, "SELECT count(*) FROM kept") == 1
                break
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)
    assert "PostgreSQL is gone and is started again" in caplog.text
    assert not runs(folder)


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    with pytest.raises(SettingsError, match="invalid value for parameter"):
        BundledServer(folder, {"max_connections": "many"}).start()


async def test_a_pid_file_that_names_another_process_is_stale(folder: Path) -> None:
    """In a container the numbers come again: the one in the file may be ours."""
    stale = "\n".join([str(os.getpid()), str(folder), "1700000000", "5432", "/nowhere", "", "  0  0", "ready", ""])
    (folder / "postmaster.pid").write_text(stale)
    server = BundledServer(folder)
    assert await ask(server.start(), "SELECT count(*) FROM kept") == 1
    assert postmaster(folder) != os.getpid()
    server.stop()


def test_a_folder_with_other_files_is_left_alone(folder: Path) -> None:
    other = folder.with_name("other")
    other.mkdir()
    (other / "note.txt").write_text("mine")
    with pytest.raises(SettingsError, match="files that are no database"):
        BundledServer(other).start()
    assert (other / "note.txt").read_text() == "mine"


def test_importing_the_store_starts_nothing_and_warns_of_nothing() -> None:
    environ = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import ocpilot.store.postgres"],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")

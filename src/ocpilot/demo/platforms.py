"""The demo's two platforms: their settings files, and their processes."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ocpilot.app.platform import Platform
from ocpilot.base import settings as settings_file
from ocpilot.base.errors import OcpilotError
from ocpilot.base.settings import Settings

#: Opens a platform's database and client in this process, beside the one that serves.
Opener = Callable[[Settings], AbstractAsyncContextManager[Platform]]

_START_SECONDS = 60.0
#: Ports below those that Linux and macOS give to connections.
_NEVER_GIVEN = range(15_000, 32_000)

_TEMPLATE = """\
name = {name}
data_dir = {data_dir}

[[parties]]
country_code = "SE"
party_id = {party_id}
role = {role}
name = {name}
website = {website}

[server]
host = "127.0.0.1"
port = {port}

[security]
# The two platforms of the demo live on one machine. Never set this where partners are real.
allow_inner_addresses = true

[roaming]
retry_first = 0.2
retry_longest = 5.0

[charging]
currency = "SEK"
cdr_delay = {cdr_delay}

[stations]
heartbeat_interval = 30

[web]
time_zone = "Europe/Stockholm"

[billing]
time_zone = "Europe/Stockholm"
automatic = true

[seller]
name = {seller}
address = ["Strandvägen 1"]
postal_code = "114 51"
city = "Stockholm"
country = "SE"
bankgiro = "5050-1055"
organisation_number = "556677-8899"
vat_number = "SE556677889901"
email = "hej@example.org"
phone = "+46 771 123 456"
receipt_series = {party_id}
"""


@dataclass(frozen=True, kw_only=True)
class DemoPlatform:
    """One platform of the demo: its settings, the file they stand in and the log its process writes."""

    settings: Settings
    config: Path
    log: Path

    @property
    def url(self) -> str:
        """Where it is reached."""
        return self.settings.server.base_url


def free_port() -> int:
    """A port nobody listens on now, and none that a connection to elsewhere is given meanwhile."""
    while True:
        port = random.choice(_NEVER_GIVEN)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def require_free(port: int) -> None:
    """OcpilotError when somebody listens there: what answers would be taken for the platform that could not start."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise OcpilotError(f"port {port}: found {reason}, expected a free one: --port PORT") from error


def write_platform(folder: Path, *, name: str, party_id: str, role: str, port: int, cdr_delay: float) -> DemoPlatform:
    """Writes the settings file of one platform into `folder`, as a person would."""
    home = folder / party_id.lower()
    home.mkdir(parents=True, exist_ok=True)
    config = home / "platform.toml"
    text = _TEMPLATE.format(
        name=_toml(name),
        data_dir=_toml(str(home / "data")),
        party_id=_toml(party_id),
        role=_toml(role),
        website=_toml(f"https://{party_id.lower()}.example"),
        port=port,
        cdr_delay=cdr_delay,
        seller=_toml(f"{name} AB"),
    )
    config.write_text(text, encoding="utf-8")
    return DemoPlatform(settings=settings_file.load(config, {}), config=config, log=home / "log.txt")


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@contextlib.asynccontextmanager
async def served(platform: DemoPlatform) -> AsyncIterator[asyncio.subprocess.Process]:
    """The platform's own process, `ocpilot serve`, ready when this returns and stopped at the end."""
    process = await start(platform)
    try:
        yield process
    finally:
        await stop(process)


async def start(platform: DemoPlatform) -> asyncio.subprocess.Process:
    """Start `ocpilot serve` and wait until it answers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OCPILOT_")}
    with platform.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ocpilot", "serve", "--config", str(platform.config),
            stdout=log, stderr=log, env=environment, start_new_session=True,
        )  # fmt: skip
    try:
        await _answers(platform, process)
    except BaseException:
        await stop(process)
        raise
    return process


async def stop(process: asyncio.subprocess.Process) -> None:
    """Ask it to stop, and insist after a while."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 15)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _answers(platform: DemoPlatform, process: asyncio.subprocess.Process) -> None:
    deadline = asyncio.get_running_loop().time() + _START_SECONDS
    async with aiohttp.ClientSession() as session:
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                break
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{platform.url}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    tail = platform.log.read_text(errors="replace")[-2000:]
    raise OcpilotError(f"{platform.settings.name} did not start; the end of {platform.log}:\n{tail}")

"""What the benchmarks share: a platform that runs, load on it in pairs with something else, and a table of ratios.

Absolute times say more about the machine than about the code, so every number is a ratio within one run: both sides are
loaded in turns, each turn gives one ratio, and the median counts. Beside it stands the processor time per request, of
the server and of its database: that changes less when others use the machine too.
"""

import asyncio
import base64
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time as clock
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from ocpilot.app.kept.peer_records import DeliveryPolicy, Peer, PeerProfile, PeerState
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.secrets import hash_token
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import DatabaseSettings, Settings
from ocpilot.store.postgres import PostgresStore, open_store
from ocpilot.store.server import BundledServer
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole

HERE = Path(__file__).parent
VERSION = Version.V2_3_0
TOKEN = "the-token-of-the-partner-of-the-benchmark"  # noqa: S105 known to this run only
#: The partner plays both roles, as does the platform.
PARTNER = PartyId("DE", "ABC")
PARTIES = [
    {"country_code": "SE", "party_id": "LAD", "role": "CPO", "name": "Lade AB"},
    {"country_code": "SE", "party_id": "RES", "role": "EMSP", "name": "Resa AB"},
]


@dataclass(frozen=True)
class Served:
    """A server that listens at a port; a platform has a database at `url`, a child of the process `database`."""

    port: int
    process: int
    database: int | None = None
    url: str = ""

    def spent(self) -> "Spent":
        """Seconds of processor time until now."""
        database = 0.0 if self.database is None else sum(map(_spent, [self.database, *_children(self.database)]))
        return Spent(_spent(self.process), database)


class Spent(NamedTuple):
    """Processor time of a server and of its database."""

    server: float
    database: float


@dataclass(frozen=True)
class Load:
    """Requests that are sent round and round to one server."""

    server: Served
    requests: Sequence[bytes]
    connections: int


@dataclass(frozen=True)
class Rate:
    """Requests answered per second, and the processor time each took, in seconds."""

    per_second: float
    spent: Spent


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder that the database's user may enter, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ocpilot-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


Fill = Callable[[PostgresStore], Coroutine[object, object, None]]


@contextmanager
def running_platform(folder: Path, fill: Fill, *words: str) -> Iterator[Served]:
    """`ocpilot serve WORDS`, one process, on a durable PostgreSQL with the partner and what `fill` stored."""
    with running_database(folder) as (url, database):
        asyncio.run(filled(url, fill))
        port = free_port()
        environment = {
            "OCPILOT_DATABASE_URL": url,
            "OCPILOT_DATA_DIR": str(folder),
            "OCPILOT_SERVER_PORT": str(port),
            "OCPILOT_PARTIES": json.dumps(PARTIES),
            "OCPILOT_SECURITY_ALLOW_INNER_ADDRESSES": "true",
        }
        command = [str(Path(sys.executable).with_name("ocpilot")), "serve", *words]
        with running(command, port, folder, environment) as process:
            yield Served(port, process, database, url)


@contextmanager
def running_database(folder: Path) -> Iterator[tuple[str, int]]:
    """A durable PostgreSQL: its URL and process."""
    server = BundledServer(folder / "postgres")
    url = server.start()
    try:
        yield url, int((server.folder / "postmaster.pid").read_text().split()[0])
    finally:
        server.stop()


@contextmanager
def running_bare(folder: Path, answer: bytes = b"") -> Iterator[Served]:
    """A bare Starlette app (bare.py) that answers GET with these bytes."""
    file = folder / "answer"
    file.write_bytes(answer)
    port = free_port()
    with running([sys.executable, str(HERE / "bare.py"), str(file), str(port)], port, folder) as process:
        yield Served(port, process)


@contextmanager
def running(
    command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """The number of a server process, from the moment it listens; its log is shown when it ends too early."""
    log = folder / f"{port}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=written, stderr=written)
    try:
        while not _listens(port):
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            clock.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def filled(url: str, fill: Fill) -> None:
    """A new database with the partner and what `fill` stores."""
    async with opened(url) as store:
        role = {"country_code": PARTNER.country_code, "party_id": PARTNER.party_id}
        details = BusinessDetails(name="Partner")
        await store.peers.add(
            Peer(
                name="Partner",
                state=PeerState.REGISTERED,
                version=VERSION,
                roles=tuple(CredentialsRole(role=word, business_details=details, **role) for word in ("CPO", "EMSP")),
                token_hash=hash_token(TOKEN),
                profile=PeerProfile(policy=DeliveryPolicy.NONE),
                created_at=time.now(),
                updated_at=time.now(),
            )
        )
        await fill(store)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresStore]:
    """The store, to put objects into it without the server."""
    async with open_store(Settings(database=DatabaseSettings(url=url, pool=2))) as store:
        yield store


def stored(module: ModuleID, body: Mapping[str, object], peer_id: int | None = None) -> StoredObject:
    """A body for the store; ours unless `peer_id` says whose."""
    party = PartyId.of(str(body["country_code"]), str(body["party_id"]))
    return StoredObject(
        key=ObjectKey(module=module, party=party, id=str(body["id"])),
        version=VERSION,
        body=msgspec.json.encode(body).decode(),
        last_updated=time.parse(str(body["last_updated"])),
        peer_id=peer_id,
    )


def request(method: str, path: str, body: object = None) -> bytes:
    """One request of the partner as it stands on the wire; `path` below `/ocpi/VERSION/`."""
    sent = b"" if body is None else msgspec.json.encode(body)
    head = [
        f"{method} /ocpi/{VERSION}/{path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Token {base64.b64encode(TOKEN.encode()).decode()}",
        "X-Request-ID: 5b7e0bd8-61b5-4d2b-a4a5-8c0f8f5d6f5e",
        "X-Correlation-ID: 0c9c1f8e-0f3c-4dbb-9b15-2a43cbd31ef1",
        "OCPI-from-country-code: DE",
        "OCPI-from-party-id: ABC",
        "OCPI-to-country-code: SE",
        "OCPI-to-party-id: RES",
        "Content-Type: application/json",
        f"Content-Length: {len(sent)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + sent


def _children(parent: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _spent(process: int) -> float:
    """Seconds of a process and of those of its children that have ended (proc(5), "/proc/pid/stat"); 0 when gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def answer_to(server: Served, sent: bytes) -> bytes:
    """The body of one answer."""
    with socket.create_connection(("127.0.0.1", server.port)) as connected:
        connected.sendall(sent.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        whole = b"".join(iter(lambda: connected.recv(65536), b""))
    head, _, body = whole.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(whole[:1000].decode())
    return body


def rate(load: Load, folder: Path, seconds: float) -> Rate:
    """How fast the server answers, and at what cost; RuntimeError when it refuses a request."""
    job = folder / "job"
    job.write_bytes(msgspec.msgpack.encode(list(load.requests)))
    places = [str(job), str(load.server.port), str(load.connections), str(seconds)]
    command = [sys.executable, str(HERE / "load.py"), *places]
    before = load.server.spent()
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 20)
    said = json.loads(done.stdout)
    if said["refusal"]:
        raise RuntimeError(said["refusal"])
    after = load.server.spent()
    cost = Spent(*(late - early for late, early in zip(after, before, strict=True)))
    return Rate(said["answered"] / said["seconds"], Spent(*(part / said["in_all"] for part in cost)))


def compared(one: Load, other: Load, folder: Path, *, turns: int = 7, seconds: float = 1.5) -> "Ratio":
    """How many times the rate of `other` the rate of `one` is; both in turns, after a turn that does not count."""
    pairs: list[tuple[Rate, Rate]] = []
    for turn in range(turns + 1):
        if turn % 2:
            pairs.append((rate(one, folder, seconds), rate(other, folder, seconds)))
        else:
            later = rate(other, folder, seconds)
            pairs.append((rate(one, folder, seconds), later))
    counted = pairs[1:]
    return replace(
        Ratio.of([(one.per_second, other.per_second) for one, other in counted]),
        spent=(_typical([one for one, _ in counted]), _typical([other for _, other in counted])),
    )


def _typical(rates: Sequence[Rate]) -> Spent:
    return Spent(*(statistics.median(part) for part in zip(*(rate.spent for rate in rates), strict=True)))


@dataclass(frozen=True)
class Ratio:
    """The median of the turns' ratios, the lowest and the highest, and both sides' median for the curious.

    `spent` is the processor time per request of both sides, where they were servers.
    """

    median: float
    low: float
    high: float
    one: float
    other: float
    spent: tuple[Spent, Spent] | None = None

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> "Ratio":
        """From pairs of rates (or times) taken in turns."""
        ratios = [one / other for one, other in pairs]
        return cls(
            statistics.median(ratios),
            min(ratios),
            max(ratios),
            statistics.median(one for one, _ in pairs),
            statistics.median(other for _, other in pairs),
        )


def show(title: str, rows: Mapping[str, tuple[Ratio, str]]) -> None:
    """A small table: what was measured, its ratio and spread, and what is wanted; below it the processor times."""
    width = max(len(name) for name in rows)
    print(f"\n{title}")
    print(f"{'':{width}}  {'RATIO':>6}  {'low':>6}  {'high':>6}  wanted")
    for name, (ratio, wanted) in rows.items():
        print(f"{name:{width}}  {ratio.median:6.2f}  {ratio.low:6.2f}  {ratio.high:6.2f}  {wanted}")
    for name, (ratio, _) in rows.items():
        if ratio.spent is not None:
            one, other = (f"{side.server * 1e6:.0f} + {side.database * 1e6:.0f}" for side in ratio.spent)
            print(f"{name:{width}}  processor time, server + database: {one} us a request beside {other} us")

"""10,000 EVSE status changes pushed to 3 peers beside the bare aiohttp client that sends the same to the same servers.

At 0 and at 50 ms of latency, `WINDOW` pushes in flight per peer on both sides. The changes are written while the
platform stands still, so its rate is that of pushing; it counts from the first push that arrives to the last. Then the
memory of the platform while one of its peers is down and 100,000 changes happen.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time as clock
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import msgspec
from bodies import location
from measuring import HERE, VERSION, Fill, Ratio, free_port, opened, running, running_platform, show, stored, workplace

from ocpilot.app.kept.peer_records import Peer, PeerProfile, PeerState
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.secrets import Seal
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import Settings
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole, Endpoint

CHANGES = int(os.environ.get("OCPILOT_BENCH_PUSHES", "10000"))
#: What happens while a peer is down.
MISSED = CHANGES * 10
PEERS = ("AAA", "BBB", "CCC")
EVSES = 10
WINDOW = 32
TURNS = 3
STATUSES = ("CHARGING", "AVAILABLE", "BLOCKED", "INOPERATIVE", "OUTOFORDER", "RESERVED")
LADE = PartyId("SE", "LAD")


@dataclass(frozen=True)
class Place:
    """A platform with its database and three peers."""

    platform: int
    url: str
    ports: Sequence[int]


def peers(folder: Path, ports: Sequence[int]) -> Fill:
    """Registered peers at these ports, who have nothing yet, and the Locations."""
    sealing = Seal(Settings(data_dir=folder))

    async def fill(store: PostgresStore) -> None:
        for name, port in zip(PEERS, ports, strict=True):
            await store.peers.add(_peer(name, port, sealing))
        for number in range(CHANGES // EVSES):
            await store.locations.put(stored(ModuleID.LOCATIONS, location(f"L{number:05}", EVSES)))

    return fill


def _peer(name: str, port: int, sealing: Seal) -> Peer:
    role = CredentialsRole(role="EMSP", business_details=BusinessDetails(name=name), country_code="DE", party_id=name)
    endpoint = Endpoint(
        identifier=ModuleID.LOCATIONS, role=InterfaceRole.RECEIVER, url=f"http://127.0.0.1:{port}/locations"
    )
    return Peer(
        name=name,
        state=PeerState.REGISTERED,
        version=VERSION,
        roles=(role,),
        endpoints=(endpoint,),
        token_sealed=sealing.seal(f"the-token-of-{name}"),
        profile=PeerProfile(window=WINDOW),
        pulled_at=time.now(),
        created_at=time.now(),
        updated_at=time.now(),
    )


# ---- the changes ---------------------------------------------------------------------------------------------------


def bodies(turn: int) -> Iterator[tuple[ObjectKey, dict[str, object]]]:
    """What changes of every EVSE in a turn: its status."""
    moving = {
        "status": STATUSES[turn % len(STATUSES)],
        "last_updated": f"2026-11-23T{turn // 60:02}:{turn % 60:02}:00Z",
    }
    for number in range(CHANGES):
        ident, uid = f"L{number // EVSES:05}", f"EVSE-{number % EVSES + 1:05}"
        yield ObjectKey(module=ModuleID.LOCATIONS, party=LADE, id=ident, sub=uid), moving


async def change(url: str, turns: Sequence[int]) -> None:
    """Write the changes of these turns, eight at a time."""
    async with opened(url) as store:
        for turn in turns:
            todo = bodies(turn)

            async def some(todo: Iterator[tuple[ObjectKey, dict[str, object]]] = todo) -> None:
                for key, moving in todo:
                    await store.locations.modify(key, None, lambda kept, moving=moving: _moved(kept, moving))

            await asyncio.gather(*(some() for _ in range(8)))


def _moved(kept: StoredObject, moving: dict[str, object]) -> StoredObject:
    body = codec.loads(kept.body.encode()) | moving
    at = time.parse(str(moving["last_updated"]))
    return msgspec.structs.replace(kept, body=codec.dumps(body).decode(), last_updated=at)


# ---- both sides ----------------------------------------------------------------------------------------------------


def asked(port: int, path: str) -> dict[str, float]:
    """What a partner has counted."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    said: dict[str, float] = json.loads(connection.getresponse().read())
    connection.close()
    return said


def arrived(ports: Sequence[int], pushes: int) -> float:
    """Pushes per second, once every partner has got so many."""
    until = clock.monotonic() + 300
    while True:
        counts = [asked(port, "/count") for port in ports]
        if all(one["count"] >= pushes for one in counts):
            break
        if clock.monotonic() > until:
            raise RuntimeError(f"partners got {[one['count'] for one in counts]} pushes, expected {pushes} each")
        clock.sleep(0.2)
    took = max(one["last"] for one in counts) - min(one["first"] for one in counts)
    return pushes * len(ports) / took


def ours(place: Place, turn: int) -> float:
    """The rate of the platform: it stands still while its Locations change."""
    # What is on its way when it stops would be a time-out when it goes on.
    clock.sleep(0.5)
    os.kill(place.platform, signal.SIGSTOP)
    asyncio.run(change(place.url, [turn]))
    for port in place.ports:
        asked(port, "/anew")
    os.kill(place.platform, signal.SIGCONT)
    return arrived(place.ports, CHANGES)


def bare(place: Place, turn: int, folder: Path) -> float:
    """The rate of the bare client, which has the requests at hand."""
    job = folder / "pushes"
    job.write_bytes(
        msgspec.msgpack.encode(
            [
                ("PATCH", f"/locations/SE/LAD/{key.id}/{key.sub}", msgspec.json.encode(moving))
                for key, moving in bodies(turn)
            ]
        )
    )
    for port in place.ports:
        asked(port, "/anew")
    command = [sys.executable, str(HERE / "bare_push.py"), str(job), str(WINDOW), *map(str, place.ports)]
    subprocess.run(command, check=True)
    return arrived(place.ports, CHANGES)


@contextmanager
def running_place(folder: Path, milliseconds: int) -> Iterator[Place]:
    """A platform whose peers, that slow, have all its Locations."""
    ports = [free_port() for _ in PEERS]
    command = [sys.executable, str(HERE / "receivers.py"), str(milliseconds), *map(str, ports)]
    with running(command, ports[0], folder), running_platform(folder, peers(folder, ports)) as served:
        arrived(ports, CHANGES // EVSES)
        yield Place(served.process, served.url, ports)


def pushing(milliseconds: int) -> Ratio:
    """Both sides in turns."""
    with workplace() as folder, running_place(folder, milliseconds) as place:
        return Ratio.of([(ours(place, turn), bare(place, turn, folder)) for turn in range(TURNS)])


# ---- memory --------------------------------------------------------------------------------------------------------


def resident(process: int) -> float:
    """MiB of memory."""
    words = Path(f"/proc/{process}/status").read_text().split()
    return int(words[words.index("VmRSS:") + 1]) / 1024


def missing() -> tuple[float, float]:
    """MiB before and after `MISSED` changes that one of the peers cannot be told."""
    with workplace() as folder:
        ports = [free_port() for _ in PEERS]
        command = [sys.executable, str(HERE / "receivers.py"), "0", *map(str, ports[1:])]
        with running(command, ports[1], folder), running_platform(folder, peers(folder, ports)) as served:
            place = Place(served.process, served.url, ports[1:])
            arrived(place.ports, CHANGES // EVSES)
            asyncio.run(change(place.url, [0]))
            before = resident(place.platform)
            asyncio.run(change(place.url, range(1, 1 + MISSED // CHANGES)))
            clock.sleep(5)
            return before, resident(place.platform)


def main() -> None:
    """All figures."""
    rows = {f"{delay} ms of latency": (pushing(delay), ">= 0.5") for delay in (0, 50)}
    show(f"{CHANGES:,} EVSE status changes to 3 peers, pushes/s beside the bare aiohttp client's", rows)
    for name, (ratio, _) in rows.items():
        print(f"{name}: {ratio.one:,.0f} pushes/s beside {ratio.other:,.0f}")
    before, after = missing()
    print(f"\nMemory of the platform while a peer is down and {MISSED:,} changes happen")
    print(f"{before:.0f} MiB -> {after:.0f} MiB ({after / before:.2f} times, wanted <= 1.2)")


if __name__ == "__main__":
    main()

"""One gateway process with 2,000, 5,000 and 10,000 charging stations beside a bare websocket echo server.

The process is one of those that serve stations only (`serve --only ocpp`). Half of the stations speak OCPP 1.6, half
2.0.1; all charge, send a heartbeat every 30 s and meter values every 10 s. Every message is checked, and what it says
is on disk before it is answered. Beside the share of a core stands the memory per station, and what a message costs
beside an echo of the same message over a bare server in the same run.
"""

import json
import os
import subprocess
import sys
import time as clock
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from bodies import location
from measuring import HERE, VERSION, Fill, Served, Spent, free_port, running, running_platform, stored, workplace
from station_load import PASSWORD, station_name

from ocpilot.app.kept.charge_records import Station, StationConnector
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID

FLEETS = tuple(int(one) for one in os.environ.get("OCPILOT_BENCH_STATIONS", "2000,5000,10000").split(","))
SECONDS = float(os.environ.get("OCPILOT_BENCH_SECONDS", "40"))
HEARTBEAT, METER = 30, 10
EVSES = 20
LADE = PartyId("SE", "LAD")
STAMP = "2026-11-23T00:00:00Z"
#: Real ones are slow on purpose; here 10,000 stations come at once and it is not this that is measured.
QUICK_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Fleet:
    """What a server spent on a fleet: per second of one core, per station, per message."""

    stations: int
    messages: float
    spent: Spent
    bytes_each: float
    slowest: float


def stations(count: int) -> Fill:
    """Locations, a Tariff, a card, and the stations."""
    component = {"type": "ENERGY", "price": 4.5, "vat": 25.0, "step_size": 1}
    tariff = {
        "country_code": "SE",
        "party_id": "LAD",
        "id": "DAY",
        "currency": "SEK",
        "tax_included": "NO",
        "elements": [{"price_components": [component]}],
        "last_updated": STAMP,
    }
    token = {
        "country_code": "SE",
        "party_id": "RES",
        "uid": "CARD",
        "type": "RFID",
        "contract_id": "SE-RES-C12345678",
        "issuer": "Resa AB",
        "valid": True,
        "whitelist": "ALWAYS",
        "last_updated": STAMP,
    }

    async def fill(store: PostgresStore) -> None:
        await store.objects.put(stored(ModuleID.TARIFFS, tariff))
        await store.objects.put(_card(token))
        for number in range(-(-count // EVSES)):
            await store.locations.put(stored(ModuleID.LOCATIONS, location(f"L{number:05}", EVSES)))
        hashed = QUICK_HASH.hash(PASSWORD)
        for number in range(count):
            connector = StationConnector(evse_id=1, evse_uid=f"EVSE-{number % EVSES + 1:05}", ocpi_connector_id="1")
            station = Station(
                id=station_name(number),
                party=LADE,
                location_id=f"L{number // EVSES:05}",
                connectors=(connector,),
                password_hash=hashed,
            )
            await store.stations.save(station)

    return fill


def _card(token: dict[str, object]) -> StoredObject:
    key = ObjectKey(module=ModuleID.TOKENS, party=PartyId("SE", "RES"), id="CARD", sub="RFID")
    body = json.dumps(token)
    return StoredObject(key=key, version=VERSION, body=body, last_updated=time.parse(STAMP))


def show(fleets: Sequence[tuple[Fleet, Fleet]]) -> None:
    """The table; the growth beside the first row is 1.0 when twice the stations cost twice."""
    print("\nStations: heartbeat 30 s, meter values 10 s, everything checked and stored")
    print(f"{'stations':>8}  {'core':>6}  {'database':>8}  {'echo':>6}  {'message':>7}  {'KB each':>7}  {'growth':>6}")
    first = fleets[0][0]
    for ours, echo in fleets:
        growth = (ours.spent.server / ours.stations) / (first.spent.server / first.stations)
        ratio = (ours.spent.server / ours.messages) / (echo.spent.server / echo.messages)
        print(
            f"{ours.stations:8}  {ours.spent.server:6.1%}  {ours.spent.database:8.1%}  {echo.spent.server:6.1%}"
            f"  {ratio:7.1f}  {ours.bytes_each / 1024:7.1f}  {growth:6.2f}"
        )
        print(f"{'':8}  {ours.messages:.0f} messages/s, the slowest hundredth waited {ours.slowest * 1000:.0f} ms")


def measured(server: Served, count: int) -> Fleet:
    """Connect a fleet, let it be for a while, and see what the server spent."""
    idle = _resident(server.process)
    with _fleet(server.port, count) as fleet:
        full = _resident(server.process)
        before, begun = server.spent(), clock.monotonic()
        said = _report(fleet)
        passed = clock.monotonic() - begun
        after = server.spent()
    if said["refused"]:
        raise RuntimeError(str(said["refused"]))
    spent = Spent(*((late - early) / passed for late, early in zip(after, before, strict=True)))
    return Fleet(count, said["answered"] / passed, spent, (full - idle) / count, said["slowest"])


@contextmanager
def _fleet(port: int, count: int) -> Iterator["subprocess.Popen[str]"]:
    """The stations, connected and charging."""
    numbers = [str(each) for each in (port, count, SECONDS, HEARTBEAT, METER)]
    command = [sys.executable, str(HERE / "station_load.py"), *numbers]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the stations could not connect")
        try:
            yield process
        finally:
            process.kill()


def _report(fleet: "subprocess.Popen[str]") -> dict[str, float]:
    assert fleet.stdin is not None
    assert fleet.stdout is not None
    fleet.stdin.write("go\n")
    fleet.stdin.flush()
    said: dict[str, float] = json.loads(fleet.stdout.readline())
    return said


def _resident(process: int) -> int:
    """Bytes in memory."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Measure and print."""
    fleets = []
    for count in FLEETS:
        with workplace() as folder:
            port = free_port()
            with running([sys.executable, str(HERE / "echo.py"), str(port)], port, folder) as process:
                echo = measured(Served(port, process), count)
            with running_platform(folder, stations(count), "--only", "ocpp") as platform:
                fleets.append((measured(platform, count), echo))
        show(fleets)


if __name__ == "__main__":
    main()

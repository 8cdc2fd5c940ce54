"""PATCH of an EVSE's status at a Location with 1,000 EVSEs against the same at a Location with 1 EVSE."""

from bodies import PARTNER, location
from measuring import Load, Ratio, compared, request, running_platform, show, stored, workplace

from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID


async def fill(store: PostgresStore) -> None:
    """The partner's two Locations."""
    peer = await store.peers.by_name("Partner")
    for ident, evses in (("SMALL", 1), ("LARGE", 1000)):
        await store.locations.put(stored(ModuleID.LOCATIONS, location(ident, evses, PARTNER), peer and peer.id))


def patches(ident: str, evses: int) -> list[bytes]:
    """Every EVSE in turn gets busy, then free: each PATCH changes something."""
    return [
        request(
            "PATCH",
            f"receiver/locations/DE/ABC/{ident}/EVSE-{number:05}",
            {"status": status, "last_updated": f"2026-11-23T12:{minute:02}:00Z"},
        )
        for minute, status in enumerate(("CHARGING", "AVAILABLE", "BLOCKED", "RESERVED"))
        for number in range(1, evses + 1)
    ]


def main() -> None:
    """The same server, both Locations in turns; the ratio is that of the times."""
    with workplace() as folder, running_platform(folder, fill) as server:
        small, large = (Load(server, patches(ident, evses), 4) for ident, evses in (("SMALL", 1), ("LARGE", 1000)))
        slowness: Ratio = compared(small, large, folder)
    show("PATCH of an EVSE's status, time at 1,000 EVSEs beside the time at 1", {"4 connections": (slowness, "<= 1.3")})


if __name__ == "__main__":
    main()

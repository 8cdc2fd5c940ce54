"""A page of 50 Locations with 10 EVSEs each against a bare Starlette app that has the same bytes at hand."""

from bodies import location
from measuring import Load, answer_to, compared, request, running_bare, running_platform, show, stored, workplace

from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID

PAGE = request("GET", "sender/locations?limit=50")


async def fill(store: PostgresStore) -> None:
    """Four pages of Locations of our own."""
    for number in range(200):
        await store.locations.put(stored(ModuleID.LOCATIONS, location(f"L{number:05}", 10)))


def main() -> None:
    """Both servers, one and eight connections."""
    with workplace() as folder, running_platform(folder, fill) as ours:
        answer = answer_to(ours, PAGE)
        with running_bare(folder, answer) as bare:
            rows = {
                f"{connections} connections": (
                    compared(Load(ours, (PAGE,), connections), Load(bare, (PAGE,), connections), folder),
                    ">= 0.6",
                )
                for connections in (1, 8)
            }
    show(f"GET of 50 Locations ({len(answer) // 1024} KiB), pages/s beside a bare Starlette app's", rows)


if __name__ == "__main__":
    main()

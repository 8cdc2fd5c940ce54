"""A durable PUT of a Session against a bare Starlette app that only reads the body, 32 connections each."""

from bodies import PARTNER, session
from measuring import Load, compared, request, running_bare, running_platform, show, workplace

from ocpilot.store.postgres import PostgresStore

OUR_DRIVERS = {"country_code": "SE", "party_id": "RES"}


async def nothing(_: PostgresStore) -> None:
    """The Sessions come by PUT."""


def puts() -> list[bytes]:
    """Eight states of each of 500 Sessions: every PUT changes something."""
    return [
        request(
            "PUT",
            f"receiver/sessions/DE/ABC/S{number:05}",
            session(f"S{number:05}", 4, 10.0 + state, PARTNER, OUR_DRIVERS),
        )
        for state in range(8)
        for number in range(500)
    ]


def main() -> None:
    """Both servers under the same requests."""
    requests = puts()
    with workplace() as folder, running_platform(folder, nothing) as ours, running_bare(folder) as bare:
        ratio = compared(Load(ours, requests, 32), Load(bare, requests, 32), folder)
    size = len(requests[0].partition(b"\r\n\r\n")[2])
    show(
        f"PUT of a Session ({size} bytes), requests/s beside a bare Starlette app's",
        {"32 connections": (ratio, ">= 0.5")},
    )


if __name__ == "__main__":
    main()

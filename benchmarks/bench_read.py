"""Reading an OCPI object (exact numbers, every problem found, typed) against `json.loads` of the same bytes."""

import json
from time import perf_counter

import msgspec
from bodies import Body, cdr, location, session
from measuring import VERSION, Ratio, show

from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.v230 import CDR, Location, Session

TURNS = 15
OBJECTS: dict[str, tuple[type[Wire], Body]] = {
    "Session, 4 periods": (Session, session("S1", 4)),
    "CDR, 20 periods": (CDR, cdr("C1", 20)),
    "Location, 10 EVSEs": (Location, location("L1", 10)),
    "Location, 1,000 EVSEs": (Location, location("L1", 1000)),
}


def compared(cls: type[Wire], body: Body) -> Ratio:
    """The time of a reading beside that of `json.loads`, in turns."""
    data = msgspec.json.encode(body)
    times = max(1, 1_000_000 // len(data))

    def ours() -> None:
        codec.read(cls, VERSION, codec.loads(data))

    def plain() -> None:
        json.loads(data)

    def seconds(work: object) -> float:
        started = perf_counter()
        for _ in range(times):
            work()
        return perf_counter() - started

    return Ratio.of([(seconds(ours), seconds(plain)) for _ in range(TURNS)])


def main() -> None:
    """All objects."""
    rows = {name: (compared(cls, body), "<= 6") for name, (cls, body) in OBJECTS.items()}
    show("Bytes to a checked, typed object, time beside json.loads", rows)


if __name__ == "__main__":
    main()

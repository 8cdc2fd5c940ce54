"""Open transactions as the process that holds a station's connection knows them: meter values need not look them up.

Nothing here is a record: it says which transaction a station means by a name while nothing but meter values comes. What
else a station says makes it forgotten, and is looked at in the database.
"""

import msgspec

Name = int | tuple[str, int | None]


class Running(msgspec.Struct, frozen=True):
    """The transaction of a name, and the state it was in last, in the station's words."""

    transaction_id: int
    state: str | None = None


class RunningTransactions:
    """By station and the name it uses: our number (1.6) or its own and the EVSE it names beside it (2.x)."""

    def __init__(self) -> None:
        self._known: dict[str, dict[Name, Running]] = {}

    def get(self, station_id: str, name: Name | None) -> Running | None:
        """What the station means; None when that must be looked up."""
        return self._known.get(station_id, {}).get(name) if name is not None else None

    def note(self, station_id: str, name: Name, running: Running) -> None:
        """The station means this until something else happens."""
        self._known.setdefault(station_id, {})[name] = running

    def forget(self, station_id: str) -> None:
        """Something else happened."""
        self._known.pop(station_id, None)

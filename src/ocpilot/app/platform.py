"""The platform as the functions of `app/` see it: its settings and its ports, nothing global."""

from dataclasses import dataclass, field

from ocpilot.app.background import Background
from ocpilot.app.ports import Partners, Sealing, Store
from ocpilot.app.records import Leniency, LeniencyKey
from ocpilot.app.station_events import StationCalls
from ocpilot.base.settings import Settings
from ocpilot.base.time import Clock


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Passed first to every function of `app/`."""

    settings: Settings
    clock: Clock
    store: Store
    partners: Partners
    stations: StationCalls
    sealing: Sealing
    background: Background = field(default_factory=Background)
    #: What peers said in their own way, not yet written (`app/heard.py`).
    leniencies: dict[LeniencyKey, Leniency] = field(default_factory=dict)

"""The platform as the functions of `app/` see it: its settings and its ports, nothing global."""

from dataclasses import dataclass, field

from ocpilot.app.background import Background
from ocpilot.app.kept.call_schemas import CallSchemas, NoSchemas
from ocpilot.app.kept.card_ports import CardProvider
from ocpilot.app.kept.mailing import Mailer, NoMailer
from ocpilot.app.kept.peer_records import Leniency, LeniencyKey
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.station_events import StationCalls
from ocpilot.app.logs.frame_log import FrameLog
from ocpilot.app.logs.message_log import MessageLog
from ocpilot.app.ports import Partners, Sealing, Store
from ocpilot.base.recent import Latest, Recent
from ocpilot.base.settings import LogSettings, Settings
from ocpilot.base.time import Clock
from ocpilot.wire.protocol import Version

#: Whether it is a list, its version, and the stamps of its objects.
TextKey = tuple[bool, Version, tuple[int, ...]]
#: Bytes of JSON texts that are kept.
TEXT_BYTES = 32 * 1024 * 1024
#: Objects of which it is remembered which message told of them.
TOLD = 50_000


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Passed first to every function of `app/`."""

    settings: Settings
    clock: Clock
    store: Store
    partners: Partners
    stations: StationCalls
    sealing: Sealing
    #: Who takes card payments; None: nobody does.
    cards: CardProvider | None = None
    #: What each OCPP version can be asked.
    call_schemas: CallSchemas = field(default_factory=NoSchemas)
    mailer: Mailer = field(default_factory=NoMailer)
    background: Background = field(default_factory=Background)
    #: What peers said in their own way, not yet written (`app/ocpi/heard.py`).
    leniencies: dict[LeniencyKey, Leniency] = field(default_factory=dict)
    #: OCPI exchanges that are not yet written; `partners` adds to the same.
    messages: MessageLog = field(default_factory=lambda: MessageLog(LogSettings()))
    #: OCPP frames that are not yet written; the gateway adds to them.
    frames: FrameLog = field(default_factory=lambda: FrameLog(LogSettings()))
    #: The message (X-Correlation-ID) that told our hub last of an object, for those it is passed on to.
    told_by: Latest[ObjectKey, str] = field(default_factory=lambda: Latest(TOLD))
    #: Bodies and lists of bodies as JSON text in a version.
    texts: Recent[TextKey, bytes] = field(default_factory=lambda: Recent(TEXT_BYTES))

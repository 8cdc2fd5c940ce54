"""The standard's words in an operator's words."""

from typing import Final

from ocpilot.app.cdrs.clearing_moves import Action
from ocpilot.app.kept.cdr_match_records import Clue, Part
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.comparison_records import Gap
from ocpilot.app.kept.crawl_records import CrawlState
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.kept.frames import FrameDirection
from ocpilot.app.kept.messages import Direction, MessageLine
from ocpilot.app.kept.quality_records import Lack
from ocpilot.app.kept.site_limit_records import Told
from ocpilot.app.kept.status_records import StatusReason
from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.base.texts import mark
from ocpilot.billing import signed_words
from ocpilot.billing.check import State, TariffSource
from ocpilot.wire.v230 import (
    ConnectionStatus,
)

_SIGNED_TONES: Final = {
    SignedVerdict.VALID: "good",
    SignedVerdict.NO_KEY: "warn",
    SignedVerdict.UNSUPPORTED: "warn",
    SignedVerdict.INCOMPLETE: "warn",
}

#: What a customer is to us.
CUSTOMER_KIND: Final = {
    CustomerKind.DRIVER: mark("Driver"),
    CustomerKind.COMPANY: mark("Company"),
    CustomerKind.PROVIDER: mark("Provider"),
    CustomerKind.OPERATOR: mark("Operator"),
    CustomerKind.HOST: mark("Site host"),
    CustomerKind.HOME: mark("Home charging"),
}

#: Whether more may be drawn at a site than its limit.
WITHIN_LIMIT: Final = {False: (mark("Within the limit"), "good"), True: (mark("Above the limit"), "bad")}

#: How it stands with a station and its share of a limit.
TOLD: Final = {
    Told.TAKEN: (mark("Follows"), "good"),
    Told.NOT_YET: (mark("Not yet told"), "busy"),
    Told.REFUSED: (mark("Refused"), "bad"),
    Told.AWAY: (mark("Offline"), "warn"),
}

#: Security profiles of OCPP.
SECURITY_PROFILE: Final = {
    0: mark("nothing"),
    1: mark("password"),
    2: mark("password by TLS"),
    3: mark("client certificate"),
}

PEER_STATE: Final = {
    "invited": (mark("Invited"), "busy"),
    "registered": (mark("Connected"), "good"),
    "suspended": (mark("Suspended"), "warn"),
    "unregistered": (mark("Disconnected"), "bad"),
}

#: How a member of our hub is connected.
MEMBER_STATUS: Final = {
    ConnectionStatus.CONNECTED: (mark("Connected"), "good"),
    ConnectionStatus.OFFLINE: (mark("Offline"), "bad"),
    ConnectionStatus.PLANNED: (mark("Planned"), "quiet"),
    ConnectionStatus.SUSPENDED: (mark("Suspended"), "warn"),
}

DELIVERY_STATE: Final = {
    "waiting": (mark("Waiting"), "busy"),
    "dead": (mark("Gave up"), "bad"),
    "acknowledged": (mark("Delivered"), "good"),
}

TROUBLE: Final = (mark("Is tried again"), "bad")

CRAWL_STATE: Final = {
    CrawlState.RUNNING: (mark("Under way"), "busy"),
    CrawlState.STOPPED: (mark("Stopped"), "warn"),
    CrawlState.COMPLETE: (mark("Complete"), "good"),
}

#: How what we hold differs from what a peer lists.
GAP: Final = {
    Gap.MISSING_HERE: mark("Missing here"),
    Gap.MISSING_THERE: mark("No longer listed"),
    Gap.OLDER_HERE: mark("Older here"),
    Gap.NEWER_HERE: mark("Newer here"),
    Gap.OTHER: mark("Different, with the same last_updated"),
    Gap.BROKEN: mark("Breaks the standard"),
}

#: What a CDR is matched to, and by which clue.
MATCHED: Final = {
    Part.SESSION: mark("Session"),
    Part.AUTHORIZATION: mark("Authorization"),
    Part.COMMAND: mark("Command"),
    Part.TOKEN: mark("Token"),
}
CLUE: Final = {
    Clue.SESSION_ID: mark("the CDR names it"),
    Clue.REFERENCE: mark("the same authorization_reference"),
    Clue.SAME_START: mark("the same Token, EVSE and start"),
    Clue.OVERLAP: mark("the same Token and EVSE at the same time"),
    Clue.SAME_ENERGY: mark("the same energy and start"),
    Clue.OF_SESSION: mark("it led to the Session"),
    Clue.BEFORE_START: mark("the same Token, shortly before the start"),
    Clue.UID: mark("the same uid"),
    Clue.CONTRACT: mark("the same contract_id"),
}

#: Kinds of findings about a peer's data: heading, and what it means.
LACK: Final = {
    Lack.LENIENCY: (
        mark("Not as the standard says"),
        mark("It was understood all the same. A partner who mends this is understood by others too."),
    ),
    Lack.PUSH: (mark("Refused when it was sent"), mark("Objects we could not keep.")),
    Lack.PULL: (mark("Refused when it was fetched"), mark("Objects in its lists that we could not keep.")),
    Lack.LIST: (mark("Lists"), mark("Pages, totals or links of its lists do not add up.")),
    Lack.COMPARISON: (mark("Not the same here and there"), mark("What the last comparison found.")),
    Lack.DANGLING_TARIFF: (mark("Tariffs nobody sent"), mark("Drivers cannot be told the price.")),
    Lack.EVSE_CLASH: (mark("EVSE ids in several places"), mark("A driver sees the same EVSE twice.")),
    Lack.MISSING_CDR: (mark("CDRs that are missing"), mark("Charges that ended and were not billed.")),
    Lack.LATE_CDR: (mark("CDRs that came late"), mark("More than 24 hours after the end of the charge.")),
    Lack.CHANGED_CDR: (mark("CDRs that changed"), mark("Another CDR came under the same id. The first one is kept.")),
    Lack.DOUBLE_CDR: (mark("CDRs that came twice"), mark("Several CDRs bill one Session.")),
    Lack.TOKEN_OVERLAP: (mark("One Token at two places"), mark("Charges of one Token overlap.")),
    Lack.EVSE_OVERLAP: (mark("Two charges at one EVSE"), mark("Charges at one EVSE overlap.")),
    Lack.PRICE: (mark("Prices that differ"), mark("Theirs minus ours, by the Tariff.")),
    Lack.WAITING_PUSH: (mark("Pushes that wait"), mark("It did not take them; they are sent again.")),
    Lack.DEAD_PUSH: (mark("Pushes that were given up"), mark("It refuses them; a person must look.")),
    Lack.CIRCUIT: (mark("It did not answer"), mark("Nobody called it for a while.")),
}

TRANSACTION_STATE: Final = {
    "open": (mark("Open"), "good"),
    "stopped": (mark("Stopped"), "busy"),
    "billed": (mark("Billed"), "quiet"),
    "held": (mark("Held"), "bad"),
    "dropped": (mark("Not billed"), "quiet"),
}

#: Where a CDR stands between the check and the bill.
CLEARING_STATE: Final = {
    ClearingState.HELD: (mark("Held"), "bad"),
    ClearingState.DISPUTED: (mark("Disputed"), "warn"),
    ClearingState.NEW: (mark("New"), "busy"),
    ClearingState.ACCEPTED: (mark("Accepted"), "good"),
    ClearingState.ISSUED: (mark("Issued"), "good"),
    ClearingState.CREDITED: (mark("Credited"), "quiet"),
    ClearingState.DROPPED: (mark("Never paid"), "quiet"),
}
#: What a person does with it.
CLEARING_ACTION: Final = {
    Action.ACCEPT: mark("Accept it"),
    Action.HOLD: mark("Hold it"),
    Action.DISPUTE: mark("Dispute it"),
    Action.DROP: mark("Never pay it"),
}
#: Is a station connected?
CONNECTION: Final = {True: (mark("Connected"), "good"), False: (mark("Away"), "bad")}

#: Does a received CDR agree with our own price?
AGREEMENT: Final = {
    True: (mark("Agrees"), "good"),
    False: (mark("Disagrees"), "bad"),
    None: (mark("Not checked"), "quiet"),
}
#: What the check of one CDR came to.
VERDICT: Final = {
    State.AGREES: AGREEMENT[True],
    State.DIFFERS: AGREEMENT[False],
    State.NOT_PRICED: (mark("Cannot be priced"), "warn"),
}
#: What was found of signed meter values.
SIGNED: Final = {verdict: (word, _SIGNED_TONES.get(verdict, "bad")) for verdict, word in signed_words.WORDS.items()}
#: Whose Tariffs it was priced by.
TARIFF_SOURCE: Final = {
    TariffSource.OURS: mark("our copy of the tariff"),
    TariffSource.CDR: mark("the tariff in the CDR"),
    TariffSource.NONE: mark("no tariff"),
}
#: Why an EVSE is what it is.
STATUS_REASON: Final = {
    StatusReason.STATION: mark("the station says so"),
    StatusReason.SESSION: mark("a car is there"),
    StatusReason.FAULT: mark("fault"),
    StatusReason.RESERVED: mark("reserved"),
    StatusReason.UNAVAILABLE: mark("taken out of service"),
    StatusReason.CONNECTIVITY: mark("the connection was lost"),
    StatusReason.PLANNED: mark("planned"),
    StatusReason.WRITTEN: mark("somebody wrote it"),
}
#: What a notice of progress is about.
PROGRESS: Final = {
    "FirmwareStatusNotification": mark("Firmware update"),
    "DiagnosticsStatusNotification": mark("Diagnostics"),
    "LogStatusNotification": mark("Log"),
}
#: Who sent an OCPP message, or what became of the connection.
FRAME_DIRECTION: Final = {
    FrameDirection.IN: (mark("From the station"), "quiet"),
    FrameDirection.OUT: (mark("To the station"), "quiet"),
    FrameDirection.NOTE: (mark("Connection"), "quiet"),
    FrameDirection.FAULT: (mark("Fault of the connection"), "bad"),
}
#: Who asked whom.
DIRECTION: Final = {
    Direction.IN: (mark("They asked"), "quiet"),
    Direction.OUT: (mark("We asked"), "quiet"),
}
NO_ANSWER: Final = mark("No answer")
NOTHING_WAITS: Final = (mark("Sent"), "good")


def progress_tone(status: str) -> str:
    """The tone of a station's word for how far something is (FirmwareStatus, UploadLogStatus ...)."""
    if status.endswith(("Failed", "Failure", "Error", "Denied")) or status in {"InvalidSignature", "BadMessage"}:
        return "bad"
    return "good" if status in {"Installed", "Uploaded", "Idle"} else "busy"


def message_outcome(message: MessageLine) -> tuple[str, str]:
    """Numbers and tone of an answer."""
    if message.http_status is None:
        return NO_ANSWER, "bad"
    numbers = f"{message.http_status} {message.ocpi_status or ''}".rstrip()
    return numbers, "bad" if message.failed else "good"

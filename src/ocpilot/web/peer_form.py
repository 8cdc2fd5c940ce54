"""The settings of a peer as a form: which fields, in which words, and what was filled in as changes of the profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.datastructures import FormData

from ocpilot.app.kept.peer_records import DeliveryPolicy, PeerProfile, VanishedPolicy
from ocpilot.base.money import Rounding
from ocpilot.base.texts import mark
from ocpilot.web.sign_in import text
from ocpilot.wire.protocol import TokenEncoding
from ocpilot.wire.v230 import Role

#: Of a yes or no that may also be left open.
_YES_NO = (("true", mark("Yes")), ("false", mark("No")))


#: What stands for an empty list.
_NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One setting. `options` are values with their words, none for a text; `open` is the word for leaving it open."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    open: str = ""
    listed: bool = False


#: What becomes of pushes while the peer does not answer.
POLICIES: Final = {
    DeliveryPolicy.LATEST: mark("Newest state of each object"),
    DeliveryPolicy.FIFO: mark("All in order"),
    DeliveryPolicy.NONE: mark("No pushes"),
}
FIELDS = (
    Field(
        name="token_encoding",
        label=mark("Our token in the header"),
        options=((TokenEncoding.BASE64, "Base64"), (TokenEncoding.PLAIN, mark("As it is"))),
        open=mark("Found out by itself"),
    ),
    Field(
        name="trailing_slash",
        label=mark("URLs end with a slash"),
        options=_YES_NO,
        open=mark("Found out by itself"),
    ),
    Field(name="versions", label=mark("Versions we tell it (empty: all)"), listed=True),
    Field(name="patch", label=mark("Small changes as PATCH"), options=_YES_NO, open=mark("Found out by itself")),
    Field(name="routing_headers", label=mark("Routing headers"), options=_YES_NO),
    Field(
        name="policy",
        label=mark("Pushes while it does not answer"),
        options=tuple(POLICIES.items()),
    ),
    Field(name="window", label=mark("Pushes at once")),
    Field(name="status_after_failed_push", label=mark("Push a failed status again"), options=_YES_NO),
    Field(name="push", label=mark("Modules we push (empty: all; or none)"), listed=True),
    Field(name="pull", label=mark("Modules we fetch (empty: all; or none)"), listed=True),
    Field(name="pull_interval", label=mark("Seconds between two fetches")),
    Field(name="page_size", label=mark("Objects per page")),
    Field(name="timeout_seconds", label=mark("Seconds we wait for an answer")),
    Field(
        name="rounding",
        label=mark("Rounding of its amounts"),
        options=((Rounding.HALF_UP, mark("Half up")), (Rounding.HALF_EVEN, mark("Half to even"))),
    ),
    Field(name="amount_decimals", label=mark("Decimals of its amounts")),
    Field(name="tolerance", label=mark("Its totals may differ by (amount)")),
    Field(name="relative_tolerance", label=mark("Its totals may differ by (part, 0.01 is 1 %)")),
    Field(name="clearing.most_hours", label=mark("A person looks at charges above (hours)")),
    Field(name="clearing.most_kwh", label=mark("A person looks at charges above (kWh)")),
    Field(name="clearing.power_tolerance", label=mark("Mean power above the Connector's (part, 0.1 is 10 %)")),
    Field(name="clearing.late_days", label=mark("A CDR is late after (days)")),
    Field(name="clearing.currencies", label=mark("Currencies agreed on (empty: the Tariff's)"), listed=True),
    Field(name="clearing.note", label=mark("Rules that only note (or none)"), listed=True),
    Field(name="tokens_on_demand", label=mark("Ask it about every unknown card"), options=_YES_NO),
    Field(
        name="vanished",
        label=mark("What its lists no longer hold"),
        options=(
            (VanishedPolicy.KEEP, mark("is kept")),
            (VanishedPolicy.MARK, mark("is kept, Locations are shown as removed")),
            (VanishedPolicy.REMOVE, mark("Tariffs and Tokens are deleted too")),
        ),
    ),
    Field(name="smart_charging", label=mark("Steers charges under contract"), options=_YES_NO),
    Field(
        name="role",
        label=mark("What it is for us (OCPI 2.1.1)"),
        options=((Role.CPO, "CPO"), (Role.EMSP, "EMSP")),
        open=mark("The other side of ours"),
    ),
)


def filled(profile: PeerProfile) -> Mapping[str, str]:
    """What stands in the fields now."""
    quirks = profile.quirks
    return {field.name: _shown(quirks[field.name]) for field in FIELDS}


def changes(form: FormData) -> dict[str, object]:
    """What the form says, as `peers.change_profile` takes it; an empty field goes back to the usual."""
    found: dict[str, object] = {}
    for field in FIELDS:
        given = text(form, field.name).strip()
        found[field.name] = _listed(given) if field.listed else given or None
    return found


def _listed(given: str) -> list[str] | None:
    """The words of a list; None: nothing was chosen, an empty list: it was said that there are none."""
    return [] if given.lower() == _NONE else given.replace(",", " ").split() or None


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value) or _NONE
    shown = msgspec.to_builtins(value)
    return str(shown).lower() if isinstance(shown, bool) else str(shown).removesuffix(".0")

"""Which interface is asked what: the one table of a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ocpilot.base.ids import PartyId
from ocpilot.check import rules
from ocpilot.check.asked import (
    check_authorize,
    check_cdr,
    check_commands,
    check_preferences,
    check_profile_updates,
    check_profiles,
)
from ocpilot.check.desk import Desk, Talk
from ocpilot.check.exchange import Unanswered
from ocpilot.check.extensions import (
    BOOKING_LOCATIONS,
    CONFIRMATIONS,
    TERMINALS,
    check_bookings_receiver,
    check_bookings_sender,
    check_hub_client,
    check_invoice_post,
    check_payments_receiver,
    check_payments_sender,
)
from ocpilot.check.judging import judge_wrong_method
from ocpilot.check.lists import Listed, check_list
from ocpilot.check.patches import check_patches
from ocpilot.check.places import check_inner, check_singles
from ocpilot.check.pushes import PUSHED, check_delete, check_pushes
from ocpilot.check.registration import Offer
from ocpilot.check.samples import Samples
from ocpilot.check.verdicts import Absent
from ocpilot.roaming.offers import OFFERED_BY, Interface
from ocpilot.wire.codec import Body
from ocpilot.wire.packages import exists_in
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import (
    CDR,
    Booking,
    BookingLocation,
    ChargingPreferences,
    ClientInfo,
    FinancialAdviceConfirmation,
    InvoiceReconciliationRecord,
    Location,
    Session,
    Tariff,
    Terminal,
    Token,
)

S, R = InterfaceRole.SENDER, InterfaceRole.RECEIVER

LISTS: Mapping[ModuleID, tuple[Listed, ...]] = {
    ModuleID.LOCATIONS: (Listed(Location),),
    ModuleID.TARIFFS: (Listed(Tariff),),
    ModuleID.SESSIONS: (Listed(Session),),
    ModuleID.CDRS: (Listed(CDR),),
    ModuleID.TOKENS: (Listed(Token, ("country_code", "party_id", "uid", "type")),),
    ModuleID.HUB_CLIENT_INFO: (Listed(ClientInfo, ("country_code", "party_id", "role")),),
    ModuleID.INVOICE_RECONCILIATION: (Listed(InvoiceReconciliationRecord),),
    ModuleID.PAYMENTS: (
        Listed(Terminal, ("terminal_id",), (TERMINALS,)),
        Listed(FinancialAdviceConfirmation, ("id",), (CONFIRMATIONS,)),
    ),
    ModuleID.BOOKINGS: (Listed(Booking), Listed(BookingLocation, segments=(BOOKING_LOCATIONS,))),
}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One interface to be visited. `seconds`: how long a result may take."""

    desk: Desk
    interface: Interface
    seconds: float

    @property
    def samples(self) -> Samples:
        """Our objects for the platform's party here."""
        us: PartyId = self.desk.talk.us.party
        return Samples(party=us, other=self.desk.party, version=self.desk.version)


async def visit(stop: Visit) -> None:
    """Everything about one interface; what gets no answer ends it."""
    try:
        await (_sender(stop) if stop.interface[1] is S else _receiver(stop))
    except Unanswered as error:
        stop.desk.skip(f"the visit ended early: {error}", rules.WORKS)


async def _sender(stop: Visit) -> None:
    desk, module = stop.desk, stop.interface[0]
    if module is ModuleID.COMMANDS:
        desk.skip("results go to response URLs that only the platform gives out", rules.WORKS)
        return
    if module is ModuleID.CHARGING_PROFILES:
        await check_profile_updates(desk)
        return
    found = [await check_list(desk, listed) for listed in LISTS[module]]
    await _beyond_lists(stop, found)
    if module is not ModuleID.BOOKINGS:
        answer = await desk.ask("PUT", *LISTS[module][0].segments, body={})
        judge_wrong_method(desk, answer)


async def _beyond_lists(stop: Visit, found: list[list[Body]]) -> None:
    match stop.interface[0]:
        case ModuleID.LOCATIONS:
            await check_singles(stop.desk, found[0])
        case ModuleID.TOKENS:
            await check_authorize(stop.desk, found[0])
        case ModuleID.SESSIONS if exists_in(ChargingPreferences, stop.desk.version):
            await check_preferences(stop.desk)
        case ModuleID.PAYMENTS:
            await check_payments_sender(stop.desk, *found)
        case ModuleID.BOOKINGS:
            await check_bookings_sender(stop.desk, stop.samples, found[1])


async def _receiver(stop: Visit) -> None:
    desk, module, samples = stop.desk, stop.interface[0], stop.samples
    match module:
        case ModuleID.CDRS:
            await check_cdr(desk, samples)
        case ModuleID.COMMANDS:
            await check_commands(desk, samples, stop.seconds)
        case ModuleID.CHARGING_PROFILES:
            await check_profiles(desk, stop.seconds)
        case ModuleID.HUB_CLIENT_INFO:
            await check_hub_client(desk)
        case ModuleID.PAYMENTS:
            await check_payments_receiver(desk, samples)
        case ModuleID.BOOKINGS:
            await check_bookings_receiver(desk, samples)
        case _:
            await _owned(stop)


async def _owned(stop: Visit) -> None:
    desk, module = stop.desk, stop.interface[0]
    kind = PUSHED[module]
    if module is ModuleID.INVOICE_RECONCILIATION:
        await check_invoice_post(desk, stop.samples)
    trial = await check_pushes(desk, kind, stop.samples)
    if trial is None:
        return
    if "PATCH" in kind.methods or (module is ModuleID.TARIFFS and desk.talk.row.tariff_patches):
        await check_patches(trial)
    if module is ModuleID.LOCATIONS:
        await check_inner(trial)
    if "DELETE" in kind.methods:
        await check_delete(trial)


async def sides(talk: Talk, offers: Sequence[Offer]) -> list[tuple[Interface, Desk]]:
    """The interfaces offered, each with its side, found out where the version does not say it."""
    known: list[tuple[Interface, Desk]] = []
    # Commands last: their side follows from that of the others.
    for offer in sorted(offers, key=lambda one: one.module is ModuleID.COMMANDS):
        role = offer.role or await _side(talk, offer, {interface for interface, _ in known})
        known.append(((offer.module, role), talk.interface(offer.module, role, offer.url)))
    return known


async def _side(talk: Talk, offer: Offer, known: set[Interface]) -> InterfaceRole:
    """Only a Sender has a list; commands are for who has the Locations."""
    if offer.module is ModuleID.COMMANDS:
        return R if (ModuleID.LOCATIONS, S) in known or (ModuleID.TOKENS, R) in known else S
    try:
        answer = await talk.desk("versions", offer.url).ask("GET", params={"limit": "1"})
    except Unanswered:
        return S
    return S if answer.ok and isinstance(answer.data, list) else R


def absent(desk: Desk, offered: Iterable[Interface]) -> list[Absent]:
    """The interfaces of the version that are not offered."""
    have = set(offered)
    row = desk.talk.row
    missing = [one for one in OFFERED_BY if one not in have and one[0] in row.modules]
    if not row.roles:
        missing = [one for one in missing if one[1] is S and one[0] not in {module for module, _ in have}]
    return [Absent(subject=f"{module.lower()} {role.lower()}", version=desk.version) for module, role in missing]

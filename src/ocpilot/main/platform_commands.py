"""What the commands ask of a platform, as `cli/` states it: accounts, stations, our own objects."""

from collections.abc import Sequence

from ocpilot.app.cdrs import cdr_match
from ocpilot.app.charges import signed_charges
from ocpilot.app.invoicing import bill_views
from ocpilot.app.invoicing.bill_views import CdrDetail, CdrRow
from ocpilot.app.kept.cdr_match_records import MissingCdr
from ocpilot.app.kept.clearing_records import ClearingState, Wanted
from ocpilot.app.kept.signed_records import MeterKey
from ocpilot.app.ocpi import accounts
from ocpilot.app.ocpi.in_version import text_in
from ocpilot.app.office import catalogue
from ocpilot.app.partners import peers
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.app.transactions import held_charges
from ocpilot.app.transactions.held_charges import HeldCharge
from ocpilot.base.errors import InvalidObject, UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli import account, cdr, charge, load, ocmf
from ocpilot.main.on_platform import on_platform
from ocpilot.wire.protocol import Version


class Accounts:
    """`cli.account.AccountCommands`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def create_operator(self, *, email: str, name: str, password: str, language: str) -> str:
        """See `AccountCommands`."""
        account = await accounts.create_operator(
            self._platform, email=email, name=name, password=password, language=language
        )
        return account.email

    async def create_driver(
        self, *, email: str, name: str, password: str, language: str, cards: tuple[str, ...]
    ) -> str:
        """See `AccountCommands`."""
        account = await accounts.create_driver(
            self._platform, email=email, name=name, password=password, language=language, cards=cards
        )
        return account.email


class Cdrs:
    """`cli.cdr.CdrCommands`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def list(self, limit: int) -> Sequence[CdrRow]:
        """See `CdrCommands`."""
        return await bill_views.cdrs(self._platform, limit)

    async def standing(self, limit: int, states: Sequence[ClearingState], partner: str | None) -> Sequence[CdrRow]:
        """See `CdrCommands`."""
        peer = None if partner is None else await peers.named(self._platform, partner)
        wanted = Wanted(
            states=tuple(states),
            peer_id=peer.id if peer else None,
            parties=peer.parties if peer else (),
            limit=limit,
        )
        return await bill_views.cdrs_standing(self._platform, wanted)

    async def show(self, cdr_id: str) -> Sequence[CdrDetail]:
        """See `CdrCommands`."""
        found = await cdr_match.named(self._platform, cdr_id)
        return [await bill_views.cdr_detail(self._platform, stored.key.party, cdr_id) for stored in found]

    async def texts(self, cdr_id: str) -> Sequence[bytes]:
        """See `CdrCommands`."""
        found = await cdr_match.named(self._platform, cdr_id)
        return [await text_in(self._platform, stored, OWN_VERSION) for stored in found]

    async def missing(self) -> Sequence[MissingCdr]:
        """See `CdrCommands`."""
        senders = [None, *(peer.id for peer in await self._platform.store.peers.all())]
        return [one for sender in senders for one in await cdr_match.missing(self._platform, sender)]


class HeldCharges:
    """`cli.charge.ChargeCommands`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def held(self) -> Sequence[HeldCharge]:
        """See `ChargeCommands`."""
        return await held_charges.held(self._platform)

    async def release(self, number: int, uid: str | None, evse_uid: str | None) -> str:
        """See `ChargeCommands`."""
        return (await held_charges.release(self._platform, number, uid, evse_uid)).session_id

    async def drop(self, number: int, why: str | None) -> None:
        """See `ChargeCommands`."""
        await held_charges.drop(self._platform, number, why)


class Meters:
    """`cli.ocmf.OcmfCommands`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def keys(self) -> Sequence[MeterKey]:
        """See `OcmfCommands`."""
        return await self._platform.store.signed.keys()

    async def set_key(self, location_id: str, evse_uid: str, party: str | None, key: str | bytes) -> MeterKey:
        """See `OcmfCommands`."""
        place = await signed_charges.place_of(self._platform, location_id, evse_uid, party)
        return await signed_charges.set_key(self._platform, place, key)


class Loading:
    """`cli.load.LoadCommands`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def load(self, path: str, data: bytes, version: str | None, audience: str | None) -> Sequence[str]:
        """See `LoadCommands`."""
        try:
            whom = _audience(audience)
            keys = await catalogue.take_over(self._platform, data, Version(version) if version else None, whom)
        except InvalidObject as error:
            raise InvalidObject(error.problems, path) from error
        return [f"{path}: {key.module} {key.party} {key.id}" for key in keys]


def _audience(text: str | None) -> str | None:
    """The party as it is kept, everybody, or nobody in particular."""
    if text is None or text == catalogue.EVERYBODY:
        return text
    try:
        return PartyId.parse(text).key
    except ValueError as error:
        raise UserError(f"--for: {error}, nor '*' for everybody") from error


run_account = on_platform(lambda args, platform: account.run(args, Accounts(platform)))
run_cdr = on_platform(lambda args, platform: cdr.run(args, Cdrs(platform)))
run_charge = on_platform(lambda args, platform: charge.run(args, HeldCharges(platform)))
run_load = on_platform(lambda args, platform: load.run(args, Loading(platform)))
run_ocmf = on_platform(lambda args, platform: ocmf.run(args, Meters(platform)))

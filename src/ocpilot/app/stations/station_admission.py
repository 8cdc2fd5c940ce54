"""Whether a station may connect: its security profile, its password or certificate, and who nobody added.

Sections are OCPP 2.0.1, part 2, A00; the profiles of 1.6 are those of its security whitepaper.
"""

from datetime import timedelta

from ocpilot.app.attempts import Attempts
from ocpilot.app.kept.charge_records import Station
from ocpilot.app.kept.newcomer_records import WaitingStation
from ocpilot.app.kept.station_events import Admission, Knock
from ocpilot.app.platform import Platform
from ocpilot.app.stations import newcomers, station_security
from ocpilot.app.verified import Verified
from ocpilot.base.settings import UnknownStations

#: So many times as many wrong passwords are taken from one address: many stations may share it.
_OF_ADDRESS = 10
#: New stations that may begin to wait, from one address within a quarter of an hour.
_NEWCOMERS = 20
#: How often it is written that a refused station still comes: one that does is never forgotten.
_STILL_THERE = timedelta(hours=1)
#: Refusals of one station that are kept in a quarter of an hour: whoever tries all the time costs no more.
_KEPT = 20


class Admissions:
    """The door of one process, with what it remembers."""

    def __init__(self, platform: Platform) -> None:
        most = platform.settings.stations.wrong_passwords
        self._platform = platform
        self._verified = Verified()
        self._of_station, self._of_address = Attempts(most), Attempts(most * _OF_ADDRESS)
        self._newcomers, self._refusals = Attempts(_NEWCOMERS), Attempts(_KEPT)

    async def of(self, knock: Knock) -> Admission:
        """May it connect?"""
        station = await self._platform.store.stations.get(knock.station_id)
        if station is None:
            return await self._stranger(knock)
        admission = await self._known(station, knock)
        if admission is Admission.ADMITTED and knock.profile > station.security_profile:
            await self._platform.store.stations.secured(station.id, knock.profile)
        return Admission.WAITING if admission is Admission.ADMITTED and not station.approved else admission

    async def _known(self, station: Station, knock: Knock) -> Admission:
        if knock.profile < station.security_profile:
            return await self._refused(
                knock, f"security profile {knock.profile}, it must use {station.security_profile} or more"
            )
        if knock.profile == 3:
            return await self._certified(knock)
        if knock.password is None:
            open_to_all = self._platform.settings.stations.unsecured and station.password_hash is None
            return Admission.ADMITTED if open_to_all else await self._refused(knock, "no password")
        admission = await self._password(knock, station.password_hash)
        return admission if admission is not Admission.REFUSED else await self._next_password(knock)

    async def _certified(self, knock: Knock) -> Admission:
        """The certificate was checked by TLS; here only whose it is (A00.FR.409)."""
        if knock.station_id in knock.certificate_names:
            return Admission.ADMITTED
        return await self._refused(knock, f"a certificate of {', '.join(knock.certificate_names)}")

    async def _password(self, knock: Knock, password_hash: str | None) -> Admission:
        now, password = self._platform.clock(), knock.password or ""
        if self._verified.remembers(knock.station_id, password, password_hash, now):
            return Admission.ADMITTED
        pair = f"{knock.station_id} {knock.remote}"
        if not self._of_station.allowed(now, pair) or not self._of_address.allowed(now, knock.remote):
            return Admission.TOO_OFTEN
        if await self._verified.matches(knock.station_id, password, password_hash, now):
            return Admission.ADMITTED
        self._of_station.failed(now, pair)
        self._of_address.failed(now, knock.remote)
        return await self._refused(knock, "a wrong password")

    async def _next_password(self, knock: Knock) -> Admission:
        """One that was sent to it and whose taking it could not tell."""
        store = self._platform.store.newcomers
        due = await store.next_password(knock.station_id)
        if due is None or due.next_hash is None:
            return Admission.REFUSED
        admission = await self._password(knock, due.next_hash)
        if admission is Admission.ADMITTED:
            await store.settle_password(knock.station_id, taken=True)
        return admission

    # ---- stations that nobody added --------------------------------------------------------------------------------

    async def _stranger(self, knock: Knock) -> Admission:
        if knock.password is not None and await newcomers.join(self._platform, knock.station_id, knock.password):
            return Admission.ADMITTED
        if self._platform.settings.stations.unknown_stations is UnknownStations.REFUSE:
            return await self._password(knock, None)
        waiting = await self._platform.store.newcomers.get(knock.station_id)
        return await self._newcomer(knock) if waiting is None else await self._returned(knock, waiting)

    async def _returned(self, knock: Knock, waiting: WaitingStation) -> Admission:
        """It waits already: whoever comes must be the same."""
        now = self._platform.clock()
        if waiting.decision is not None and now - waiting.last_seen > _STILL_THERE:
            await self._platform.store.newcomers.knocked(waiting.id, now)
        if waiting.decision is not None or knock.profile < waiting.security_profile:
            return await self._refused(knock, "it was refused" if waiting.decision else "less security than at first")
        if knock.profile == 3:
            admission = await self._certified(knock)
        elif waiting.password_hash is None and knock.password is None:
            admission = Admission.ADMITTED
        else:
            admission = await self._password(knock, waiting.password_hash)
        return Admission.WAITING if admission is Admission.ADMITTED else admission

    async def _newcomer(self, knock: Knock) -> Admission:
        now = self._platform.clock()
        if knock.profile == 0 and not self._platform.settings.stations.unsecured:
            return await self._refused(knock, "nobody knows it, and it has no password")
        if knock.profile == 3 and knock.station_id not in knock.certificate_names:
            return await self._certified(knock)
        if not self._newcomers.allowed(now, knock.remote):
            return Admission.TOO_OFTEN
        self._newcomers.failed(now, knock.remote)
        if not await newcomers.begin_to_wait(self._platform, knock):
            return await self._refused(knock, "nobody knows it, and too many wait already")
        return Admission.WAITING

    async def _refused(self, knock: Knock, why: str) -> Admission:
        """Every refusal is a security event."""
        now, what = self._platform.clock(), f"from {knock.remote} is not let in: {why}"
        kept = self._refusals.allowed(now, knock.station_id)
        self._refusals.failed(now, knock.station_id)
        await station_security.happened(self._platform, knock.station_id, what, kept=kept)
        return Admission.REFUSED

"""What a central system asks of a station, whatever the version: answers in the words the versions share."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec

from ocpilot.simulator.charging import ACCEPTED, Charging
from ocpilot.simulator.evse import Reservation, SimulatedEvse
from ocpilot.simulator.make import IdToken
from ocpilot.simulator.profiles import Profile

REJECTED = "Rejected"
#: Seconds of simulated time between two notices of progress.
_STEP = 5.0
_FIRMWARE = ("Downloading", "Downloaded", "Installing", "Installed")
_LOG = ("Uploading", "Uploaded")


class Outcome(msgspec.Struct, frozen=True):
    """A word, and what happens once the answer is sent."""

    status: str
    then: Callable[[], object] = lambda: None


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What orders need of the station. `later` runs a thing after so many seconds of simulated time; `reboot` gets its
    reason in a word of 2.x."""

    later: Callable[[float, Callable[[], None]], None]
    reboot: Callable[[str], None]
    heartbeat: Callable[[], None]
    boot: Callable[[], None]
    car_comes: Callable[[SimulatedEvse], None]
    undelivered: Callable[[], int]


class Orders:
    """Reactions of one station; `tokens` is its local list, `list_version` which one."""

    def __init__(self, charging: Charging, around: Surroundings) -> None:
        self.charging = charging
        self.around = around
        self.tokens: dict[str, str] = {}
        self.list_version = 0

    def remote_start(
        self, evse_id: int | None, token: IdToken, profile: Profile | None = None, remote_start_id: int | None = None
    ) -> Outcome:
        """A charge with this token, now or when a car comes."""
        evse = self.charging.free(evse_id, token.value)
        if evse is None:
            return Outcome(REJECTED)
        self.around.car_comes(evse)

        def then() -> None:
            self.charging.start_or_wait(evse, token, remote_start_id)
            if profile is not None:
                evse.profiles.append(profile)

        return Outcome(ACCEPTED, then)

    def remote_stop(self, transaction: str) -> Outcome:
        """The transaction by its number (1.6) or key (2.x)."""
        for evse, running in self.charging.running():
            if transaction in (str(running.number), running.key):
                return Outcome(ACCEPTED, partial(self.charging.end, evse, "Remote"))
        return Outcome(REJECTED)

    def unlock(self, evse_id: int) -> SimulatedEvse | None:
        """The EVSE whose cable is free now."""
        return self.charging.evses.get(evse_id)

    def reserve(self, number: int, evse_id: int, token: str, until: datetime) -> Outcome:
        """A reservation of the same id is replaced (1.6, 5.13); EVSE 0 means any."""
        evse = self.charging.free(None, token) if evse_id == 0 else self.charging.evses.get(evse_id)
        if evse is None:
            return Outcome("Occupied" if evse_id == 0 else REJECTED)
        if evse.status in ("Faulted", "Unavailable"):
            return Outcome(evse.status)
        mine = evse.reservation is not None and evse.reservation.id == number
        if not mine and (evse.reservation is not None or not evse.free_for(token)):
            return Outcome("Occupied")
        return Outcome(ACCEPTED, partial(self._keep_free, evse, Reservation(number, token, until)))

    def cancel_reservation(self, number: int) -> Outcome:
        """The EVSE is free again."""
        for evse in self._reserved_as(number):
            return Outcome(ACCEPTED, partial(self._free_again, evse))
        return Outcome(REJECTED)

    def set_profile(self, evse_id: int, profile: Profile) -> Outcome:
        """One of the same id, or of the same purpose and level, is replaced (1.6, 3.13.2). A TxProfile needs its
        transaction (5.16.2)."""
        if evse_id == 0 and profile.purpose != "TxProfile":
            self._flow()
            _replace(self.charging.shared, profile)
            return Outcome(ACCEPTED)
        evse = self.charging.evses.get(evse_id)
        if evse is None or (profile.purpose == "TxProfile" and not _is_of(profile, evse)):
            return Outcome(REJECTED)
        self._flow()
        _replace(evse.profiles, profile)
        return Outcome(ACCEPTED)

    def clear_profiles(
        self, number: int | None, evse_id: int | None, purpose: str | None, level: int | None
    ) -> Outcome:
        """All that fit; `number` alone decides where it is given."""

        def fits(profile: Profile) -> bool:
            if number is not None:
                return profile.id == number
            return purpose in (None, profile.purpose) and level in (None, profile.stack_level)

        self._flow()
        kept = {each.id: each.profiles for each in self.charging.evses.values()} | {0: self.charging.shared}
        found = False
        for where, profiles in kept.items():
            if number is not None or evse_id in (None, where):
                found = found or any(fits(each) for each in profiles)
                profiles[:] = [each for each in profiles if not fits(each)]
        return Outcome(ACCEPTED if found else "Unknown")

    def profiles(self, evse_id: int | None) -> list[tuple[int, Profile]]:
        """Those that hold, each with its EVSE; 0 is the station."""
        shared = [(0, each) for each in self.charging.shared]
        own = [(evse.id, each) for evse in self.charging.evses.values() for each in evse.profiles]
        return [each for each in (*shared, *own) if evse_id in (None, each[0])]

    def composite(self, evse_id: int, seconds: int, unit: str | None) -> tuple[str, list[tuple[int, float]]] | None:
        """The unit, and (seconds from now, limit) of what may flow, empty without any profile; None for an EVSE nobody
        knows."""
        evse = self.charging.evses.get(evse_id or 1)
        if evse is None:
            return None
        now, limits = self.charging.clock(), evse.limits(self.charging.shared)
        unit = unit or limits.unit()
        if not limits.profiles:
            return unit, []
        began = evse.transaction.began if evse.transaction else now
        return unit, limits.schedule(now, seconds, began, unit)

    def change_availability(self, evse_id: int, operative: bool) -> Outcome:
        """EVSE 0 is all of them; one that charges changes when the charge is over."""
        evses = list(self.charging.evses.values()) if evse_id == 0 else [self.charging.evses.get(evse_id)]
        known = [each for each in evses if each is not None]
        if not known:
            return Outcome(REJECTED)
        busy = not operative and any(each.transaction for each in known)

        def then() -> None:
            for each in known:
                each.goes_out_of_service = not operative and each.transaction is not None
                each.out_of_service = not operative and each.transaction is None
                self.charging.report_idle(each)

        return Outcome("Scheduled" if busy else ACCEPTED, then)

    def reset(self, hard: bool, on_idle: bool) -> Outcome:
        """Charges end first, unless it waits until nobody charges."""
        if on_idle and any(True for _ in self.charging.running()):
            self.around.later(_STEP, self._reset_when_idle)
            return Outcome("Scheduled")
        reason = "HardReset" if hard else "SoftReset"
        return Outcome(ACCEPTED, partial(self._reset, reason))

    def update_firmware(self, request_id: int | None) -> Outcome:
        """Downloaded and installed in a while, with notices of progress; a secure one is a security event."""
        speech = self.charging.speech

        def then() -> None:
            self._progress(_FIRMWARE, lambda word: speech.firmware(word, request_id))
            if request_id is not None:
                self.around.later(_STEP * len(_FIRMWARE), self._firmware_updated)

        return Outcome(ACCEPTED, then)

    def upload_log(self, request_id: int | None) -> Outcome:
        """Uploaded in a while (nothing leaves this machine)."""
        speech = self.charging.speech
        return Outcome(ACCEPTED, partial(self._progress, _LOG, lambda word: speech.log(word, request_id)))

    def trigger(self, wanted: str, evse_id: int | None) -> Outcome:
        """One message now."""
        evses = [each for each in self.charging.evses.values() if evse_id in (None, 0, each.id)]
        say = self.charging.tell
        speech = self.charging.speech
        told: dict[str, Callable[[], object]] = {
            "BootNotification": self.around.boot,
            "Heartbeat": self.around.heartbeat,
            "StatusNotification": partial(_each, evses, lambda each: say(speech.status(each, self.charging.clock()))),
            "MeterValues": partial(_each, evses, self.charging.measure_now),
            "TransactionEvent": partial(_each, [each for each in evses if each.transaction], self.charging.measure_now),
            "FirmwareStatusNotification": lambda: say(speech.firmware("Idle", None)),
            "DiagnosticsStatusNotification": lambda: say(speech.log("Idle", None)),
            "LogStatusNotification": lambda: say(speech.log("Idle", 0)),
        }
        then = told.get(wanted)
        if then is None:
            return Outcome("NotImplemented")
        return Outcome(ACCEPTED, then) if evses else Outcome(REJECTED)

    def send_local_list(self, version: int, full: bool, entries: list[tuple[str, str | None]]) -> Outcome:
        """(token, status) each; without a status it is removed."""
        if not full and version <= self.list_version:
            return Outcome("VersionMismatch")
        if full:
            self.tokens.clear()
        for token, status in entries:
            if status is None:
                self.tokens.pop(token, None)
            else:
                self.tokens[token] = status
        self.list_version = version
        return Outcome(ACCEPTED)

    def _flow(self) -> None:
        """Energy has flowed by the old limits until now."""
        for each in self.charging.evses.values():
            self.charging.flow(each)

    def _keep_free(self, evse: SimulatedEvse, reservation: Reservation) -> None:
        for other in self._reserved_as(reservation.id):
            self._free_again(other)
        evse.reservation = reservation
        self.charging.report(evse, evse.idle_status())

    def _free_again(self, evse: SimulatedEvse) -> None:
        evse.reservation = None
        self.charging.report_idle(evse)

    def _reserved_as(self, number: int) -> list[SimulatedEvse]:
        return [each for each in self.charging.evses.values() if each.reservation and each.reservation.id == number]

    def _reset(self, reason: str) -> None:
        for evse, _ in list(self.charging.running()):
            self.charging.end(evse, reason)
        self.around.reboot("RemoteReset")

    def _reset_when_idle(self) -> None:
        if any(True for _ in self.charging.running()):
            self.around.later(_STEP, self._reset_when_idle)
        else:
            self.around.reboot("ScheduledReset")

    def _firmware_updated(self) -> None:
        self.charging.tell(self.charging.speech.security("FirmwareUpdated", self.charging.clock()))

    def _progress(self, words: tuple[str, ...], say: Callable[[str], object]) -> None:
        for number, word in enumerate(words):
            self.around.later(_STEP * number, partial(lambda each: self.charging.tell(say(each)), word))


def _each(evses: list[SimulatedEvse], act: Callable[[SimulatedEvse], None]) -> None:
    for evse in evses:
        act(evse)


def _is_of(profile: Profile, evse: SimulatedEvse) -> bool:
    running = evse.transaction
    return running is not None and profile.transaction in (str(running.number), running.key)


def _replace(profiles: list[Profile], new: Profile) -> None:
    profiles[:] = [
        each
        for each in profiles
        if each.id != new.id and (each.purpose, each.stack_level) != (new.purpose, new.stack_level)
    ]
    profiles.append(new)

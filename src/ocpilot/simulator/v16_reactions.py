"""What a station answers in OCPP 1.6."""

from collections.abc import Callable
from typing import cast

from ocpp.v16 import call_result

from ocpilot.base import time
from ocpilot.simulator.device import Device
from ocpilot.simulator.make import IdToken
from ocpilot.simulator.orders import Orders, Outcome
from ocpilot.simulator.profiles import read_profile
from ocpilot.simulator.speech import Payload, Reaction, Reactions, Stamp


class V16Reactions:
    """Each method takes a payload in snake_case."""

    def __init__(self, orders: Orders, device: Device, stamp: Stamp) -> None:
        self._orders = orders
        self._device = device
        self._stamp = stamp

    def table(self) -> Reactions:
        """By action."""
        orders = self._orders
        return {
            "RemoteStartTransaction": _said(call_result.RemoteStartTransaction, self._remote_start),
            "RemoteStopTransaction": _said(
                call_result.RemoteStopTransaction, lambda asked: orders.remote_stop(str(asked["transaction_id"]))
            ),
            "UnlockConnector": _said(call_result.UnlockConnector, self._unlock),
            "ReserveNow": _said(call_result.ReserveNow, self._reserve),
            "CancelReservation": _said(
                call_result.CancelReservation, lambda asked: orders.cancel_reservation(_int(asked["reservation_id"]))
            ),
            "SetChargingProfile": _said(call_result.SetChargingProfile, self._set_profile),
            "ClearChargingProfile": _said(call_result.ClearChargingProfile, self._clear_profiles),
            "GetCompositeSchedule": self._composite,
            "ChangeAvailability": _said(call_result.ChangeAvailability, self._change_availability),
            "Reset": _said(call_result.Reset, lambda asked: orders.reset(asked["type"] == "Hard", on_idle=False)),
            "TriggerMessage": _said(call_result.TriggerMessage, self._trigger),
            "ExtendedTriggerMessage": _said(call_result.ExtendedTriggerMessage, self._trigger),
            "GetConfiguration": self._get_configuration,
            "ChangeConfiguration": _said(call_result.ChangeConfiguration, self._change_configuration),
            "SendLocalList": _said(call_result.SendLocalList, self._send_local_list),
            "GetLocalListVersion": lambda _: Reaction(call_result.GetLocalListVersion(orders.list_version)),
            "ClearCache": lambda _: Reaction(call_result.ClearCache("Accepted")),
            "GetDiagnostics": self._diagnostics,
            "GetLog": self._log,
            "UpdateFirmware": self._update_firmware,
            "SignedUpdateFirmware": _said(
                call_result.SignedUpdateFirmware, lambda asked: orders.update_firmware(_int(asked["request_id"]))
            ),
            "DataTransfer": lambda _: Reaction(call_result.DataTransfer("UnknownVendorId")),
            "CertificateSigned": lambda _: Reaction(call_result.CertificateSigned("Accepted")),
            "InstallCertificate": lambda _: Reaction(call_result.InstallCertificate("Accepted")),
            "DeleteCertificate": lambda _: Reaction(call_result.DeleteCertificate("NotFound")),
            "GetInstalledCertificateIds": lambda _: Reaction(call_result.GetInstalledCertificateIds("NotFound")),
        }

    def _remote_start(self, asked: Payload) -> Outcome:
        profile = cast(Payload | None, asked.get("charging_profile"))
        return self._orders.remote_start(
            _int_or_none(asked.get("connector_id")),
            IdToken(str(asked["id_tag"])),
            read_profile(profile) if profile else None,
        )

    def _unlock(self, asked: Payload) -> Outcome:
        evse = self._orders.unlock(_int(asked["connector_id"]))
        if evse is None:
            return Outcome("NotSupported")
        return Outcome("Unlocked", lambda: self._orders.charging.end(evse, "UnlockCommand"))

    def _reserve(self, asked: Payload) -> Outcome:
        until = time.parse(str(asked["expiry_date"]))
        number, connector = _int(asked["reservation_id"]), _int(asked["connector_id"])
        return self._orders.reserve(number, connector, str(asked["id_tag"]), until)

    def _set_profile(self, asked: Payload) -> Outcome:
        profile = read_profile(cast(Payload, asked["cs_charging_profiles"]))
        return self._orders.set_profile(_int(asked["connector_id"]), profile)

    def _clear_profiles(self, asked: Payload) -> Outcome:
        purpose = asked.get("charging_profile_purpose")
        return self._orders.clear_profiles(
            _int_or_none(asked.get("id")),
            _int_or_none(asked.get("connector_id")),
            None if purpose is None else str(purpose),
            _int_or_none(asked.get("stack_level")),
        )

    def _composite(self, asked: Payload) -> Reaction:
        connector, seconds = _int(asked["connector_id"]), _int(asked["duration"])
        # in the unit of the profile, whatever was asked for: many stations do so
        found = self._orders.composite(connector, seconds, None)
        if found is None:
            return Reaction(call_result.GetCompositeSchedule("Rejected"))
        if not found[1]:
            return Reaction(call_result.GetCompositeSchedule("Accepted", connector_id=connector))
        now = self._stamp(self._orders.charging.clock())
        schedule = {
            "duration": seconds,
            "start_schedule": now,
            "charging_rate_unit": found[0],
            "charging_schedule_period": [{"start_period": at, "limit": limit} for at, limit in found[1]],
        }
        return Reaction(
            call_result.GetCompositeSchedule(
                "Accepted", connector_id=connector, schedule_start=now, charging_schedule=schedule
            )
        )

    def _change_availability(self, asked: Payload) -> Outcome:
        return self._orders.change_availability(_int(asked["connector_id"]), asked["type"] == "Operative")

    def _trigger(self, asked: Payload) -> Outcome:
        return self._orders.trigger(str(asked["requested_message"]), _int_or_none(asked.get("connector_id")))

    def _get_configuration(self, asked: Payload) -> Reaction:
        keys = cast(list[str] | None, asked.get("key")) or [each.key for each in self._device.settings if each.key]
        found = {key: self._device.by_key(key) for key in keys}
        known = [
            {"key": one.key, "readonly": one.readonly, "value": one.value} for one in found.values() if one is not None
        ]
        unknown = [key for key, one in found.items() if one is None]
        return Reaction(call_result.GetConfiguration(configuration_key=known, unknown_key=unknown or None))

    def _change_configuration(self, asked: Payload) -> Outcome:
        setting = self._device.by_key(str(asked["key"]))
        return Outcome("NotSupported" if setting is None else self._device.change(setting, str(asked["value"])))

    def _send_local_list(self, asked: Payload) -> Outcome:
        entries = []
        for entry in cast(list[Payload], asked.get("local_authorization_list") or []):
            info = cast(Payload | None, entry.get("id_tag_info"))
            entries.append((str(entry["id_tag"]), str(info["status"]) if info else None))
        return self._orders.send_local_list(_int(asked["list_version"]), asked["update_type"] == "Full", entries)

    def _diagnostics(self, _: Payload) -> Reaction:
        return Reaction(call_result.GetDiagnostics("diagnostics.log"), self._orders.upload_log(None).then)

    def _log(self, asked: Payload) -> Reaction:
        outcome = self._orders.upload_log(_int(asked["request_id"]))
        return Reaction(call_result.GetLog(outcome.status, "log.txt"), outcome.then)

    def _update_firmware(self, _: Payload) -> Reaction:
        return Reaction(call_result.UpdateFirmware(), self._orders.update_firmware(None).then)


def _said(result: Callable[[str], object], act: Callable[[Payload], Outcome]) -> Callable[[Payload], Reaction]:
    """An outcome as an answer that is a status."""

    def react(asked: Payload) -> Reaction:
        outcome = act(asked)
        return Reaction(result(outcome.status), outcome.then)

    return react


def _int(found: object) -> int:
    return cast(int, found)


def _int_or_none(found: object) -> int | None:
    return cast(int | None, found)

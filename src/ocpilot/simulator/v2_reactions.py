"""What a station answers in OCPP 2.0.1, and in 2.1 to the same calls."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import cast

from ocpilot.base import time
from ocpilot.simulator.charging import ACCEPTED
from ocpilot.simulator.device import Device, Setting
from ocpilot.simulator.make import IdToken
from ocpilot.simulator.orders import Orders, Outcome
from ocpilot.simulator.profiles import Profile, read_profile
from ocpilot.simulator.speech import Payload, Reaction, Reactions, Stamp

#: Calls that are answered with a word and change nothing that a simulated station has.
WORDS: Mapping[str, str] = {
    "ClearCache": "Accepted",
    "DataTransfer": "UnknownVendorId",
    "CertificateSigned": "Accepted",
    "InstallCertificate": "Accepted",
    "DeleteCertificate": "NotFound",
    "GetInstalledCertificateIds": "NotFound",
    "SetNetworkProfile": "Accepted",
    "SetMonitoringBase": "Accepted",
    "SetMonitoringLevel": "Accepted",
    "GetMonitoringReport": "EmptyResultSet",
    "PublishFirmware": "Rejected",
    "UnpublishFirmware": "NoFirmware",
}
#: Entries in one NotifyReport.
_REPORT_SIZE = 20


class V2Reactions:
    """Each method takes a payload in snake_case; `call` and `result` are the modules of the version."""

    def __init__(self, call: ModuleType, result: ModuleType, orders: Orders, device: Device, stamp: Stamp) -> None:
        self.call = call
        self.result = result
        self.orders = orders
        self.device = device
        self.stamp = stamp
        self.shown: dict[int, Payload] = {}

    def table(self) -> Reactions:
        """By action."""
        orders, said, result = self.orders, self.said, self.result
        return {
            **{action: self.word(action, word) for action, word in WORDS.items()},
            "RequestStartTransaction": said("RequestStartTransaction", self._start),
            "RequestStopTransaction": said(
                "RequestStopTransaction", lambda asked: orders.remote_stop(str(asked["transaction_id"]))
            ),
            "UnlockConnector": said("UnlockConnector", self._unlock),
            "ReserveNow": said("ReserveNow", self._reserve),
            "CancelReservation": said(
                "CancelReservation", lambda asked: orders.cancel_reservation(_int(asked["reservation_id"]))
            ),
            "SetChargingProfile": said("SetChargingProfile", self._set_profile),
            "ClearChargingProfile": said("ClearChargingProfile", self._clear_profiles),
            "GetCompositeSchedule": self._composite,
            "GetChargingProfiles": said("GetChargingProfiles", self._get_profiles),
            "ChangeAvailability": said("ChangeAvailability", self._change_availability),
            "Reset": said("Reset", lambda asked: orders.reset(hard=True, on_idle=asked["type"] == "OnIdle")),
            "TriggerMessage": said("TriggerMessage", self._trigger),
            "GetVariables": self._get_variables,
            "SetVariables": self._set_variables,
            "GetBaseReport": said("GetBaseReport", self._report),
            "GetReport": said("GetReport", self._report),
            "SendLocalList": said("SendLocalList", self._send_local_list),
            "GetLocalListVersion": lambda _: Reaction(result.GetLocalListVersion(orders.list_version)),
            "GetLog": self._log,
            "UpdateFirmware": said("UpdateFirmware", lambda asked: orders.update_firmware(_int(asked["request_id"]))),
            "GetTransactionStatus": self._transaction_status,
            "CostUpdated": lambda _: Reaction(result.CostUpdated()),
            "SetDisplayMessage": said("SetDisplayMessage", self._show),
            "GetDisplayMessages": said("GetDisplayMessages", self._get_shown),
            "ClearDisplayMessage": said("ClearDisplayMessage", self._clear_shown),
            "SetVariableMonitoring": self._set_monitoring,
            "ClearVariableMonitoring": self._clear_monitoring,
            "CustomerInformation": said("CustomerInformation", self._customer_information),
        }

    def said(self, action: str, act: Callable[[Payload], Outcome]) -> Callable[[Payload], Reaction]:
        """An outcome as an answer that is a status."""
        answer = getattr(self.result, action)

        def react(asked: Payload) -> Reaction:
            outcome = act(asked)
            return Reaction(answer(status=outcome.status), outcome.then)

        return react

    def word(self, action: str, word: str) -> Callable[[Payload], Reaction]:
        """Always the same."""
        return self.said(action, lambda _: Outcome(word))

    def tell(self, call: object) -> None:
        """Something that follows an answer."""
        self.orders.charging.tell(call)

    def now(self) -> str:
        """By the station's clock."""
        return self.stamp(self.orders.charging.clock())

    def _start(self, asked: Payload) -> Outcome:
        profile = cast(Payload | None, asked.get("charging_profile"))
        return self.orders.remote_start(
            _int_or_none(asked.get("evse_id")),
            _token(cast(Payload, asked["id_token"])),
            read_profile(profile) if profile else None,
            _int(asked["remote_start_id"]),
        )

    def _unlock(self, asked: Payload) -> Outcome:
        """A charge that was authorized goes on (F05.FR.02)."""
        evse = self.orders.unlock(_int(asked["evse_id"]))
        if evse is None or asked["connector_id"] != 1:
            return Outcome("UnknownConnector")
        return Outcome("Unlocked" if evse.transaction is None else "OngoingAuthorizedTransaction")

    def _reserve(self, asked: Payload) -> Outcome:
        until = time.parse(str(asked["expiry_date_time"]))
        token = _token(cast(Payload, asked["id_token"]))
        return self.orders.reserve(_int(asked["id"]), _int(asked.get("evse_id") or 0), token.value, until)

    def _set_profile(self, asked: Payload) -> Outcome:
        return self.orders.set_profile(_int(asked["evse_id"]), read_profile(cast(Payload, asked["charging_profile"])))

    def _clear_profiles(self, asked: Payload) -> Outcome:
        wanted = cast(Payload, asked.get("charging_profile_criteria") or {})
        purpose = wanted.get("charging_profile_purpose")
        return self.orders.clear_profiles(
            _int_or_none(asked.get("charging_profile_id")),
            _int_or_none(wanted.get("evse_id")),
            None if purpose is None else str(purpose),
            _int_or_none(wanted.get("stack_level")),
        )

    def _composite(self, asked: Payload) -> Reaction:
        evse, seconds, unit = _int(asked["evse_id"]), _int(asked["duration"]), asked.get("charging_rate_unit")
        found = self.orders.composite(evse, seconds, None if unit is None else str(unit))
        if found is None:
            return Reaction(self.result.GetCompositeSchedule("Rejected"))
        if not found[1]:
            return Reaction(self.result.GetCompositeSchedule("Accepted"))
        schedule = {
            "evse_id": evse,
            "duration": seconds,
            "schedule_start": self.now(),
            "charging_rate_unit": found[0],
            "charging_schedule_period": [{"start_period": at, "limit": limit} for at, limit in found[1]],
        }
        return Reaction(self.result.GetCompositeSchedule("Accepted", schedule=schedule))

    def _get_profiles(self, asked: Payload) -> Outcome:
        """One ReportChargingProfiles each; criteria but the EVSE are not looked at."""
        found = self.orders.profiles(_int_or_none(asked.get("evse_id")))
        if not found:
            return Outcome("NoProfiles")

        def then() -> None:
            for left, (evse, profile) in zip(range(len(found) - 1, -1, -1), found, strict=True):
                self.tell(
                    self.call.ReportChargingProfiles(
                        request_id=_int(asked["request_id"]),
                        charging_limit_source="CSO",
                        charging_profile=[self._profile(profile)],
                        evse_id=evse,
                        tbc=left > 0,
                    )
                )

        return Outcome(ACCEPTED, then)

    def _profile(self, profile: Profile) -> Payload:
        schedule: dict[str, object] = {
            "id": 1,
            "charging_rate_unit": profile.unit,
            "charging_schedule_period": [{"start_period": at, "limit": limit} for at, limit in profile.periods],
            "duration": profile.duration,
            "start_schedule": self.stamp(profile.start) if profile.start else None,
        }
        return {
            "id": profile.id,
            "stack_level": profile.stack_level,
            "charging_profile_purpose": profile.purpose,
            "charging_profile_kind": profile.kind,
            "transaction_id": profile.transaction,
            "charging_schedule": [schedule],
        }

    def _change_availability(self, asked: Payload) -> Outcome:
        return self.orders.change_availability(_evse(asked) or 0, asked["operational_status"] == "Operative")

    def _trigger(self, asked: Payload) -> Outcome:
        return self.orders.trigger(str(asked["requested_message"]), _evse(asked))

    def _get_variables(self, asked: Payload) -> Reaction:
        return Reaction(
            self.result.GetVariables([self._got(one) for one in cast(list[Payload], asked["get_variable_data"])])
        )

    def _got(self, one: Payload) -> Payload:
        same = {"component": one["component"], "variable": one["variable"]}
        found = self._found(one)
        if isinstance(found, str):
            return same | {"attribute_status": found}
        return same | {"attribute_status": ACCEPTED, "attribute_value": found.value}

    def _set_variables(self, asked: Payload) -> Reaction:
        results = []
        for one in cast(list[Payload], asked["set_variable_data"]):
            found = self._found(one)
            status = found if isinstance(found, str) else self.device.change(found, str(one["attribute_value"]))
            results.append({"component": one["component"], "variable": one["variable"], "attribute_status": status})
        return Reaction(self.result.SetVariables(results))

    def _found(self, one: Payload) -> Setting | str:
        if one.get("attribute_type") not in (None, "Actual"):
            return "NotSupportedAttributeType"
        component, variable = cast(Payload, one["component"]), cast(Payload, one["variable"])
        return self.device.by_name(str(component["name"]), str(variable["name"]), _evse(component))

    def _report(self, asked: Payload) -> Outcome:
        """The whole device model, in pieces."""
        told = [_reported(each) for each in self.device.settings if each.component]
        pieces = [told[at : at + _REPORT_SIZE] for at in range(0, len(told), _REPORT_SIZE)]

        def then() -> None:
            for number, piece in enumerate(pieces):
                self.tell(
                    self.call.NotifyReport(
                        request_id=_int(asked["request_id"]),
                        generated_at=self.now(),
                        seq_no=number,
                        report_data=piece,
                        tbc=number < len(pieces) - 1,
                    )
                )

        return Outcome(ACCEPTED, then)

    def _send_local_list(self, asked: Payload) -> Outcome:
        entries = []
        for entry in cast(list[Payload], asked.get("local_authorization_list") or []):
            info = cast(Payload | None, entry.get("id_token_info"))
            token = _token(cast(Payload, entry["id_token"]))
            entries.append((token.value, str(info["status"]) if info else None))
        return self.orders.send_local_list(_int(asked["version_number"]), asked["update_type"] == "Full", entries)

    def _log(self, asked: Payload) -> Reaction:
        outcome = self.orders.upload_log(_int(asked["request_id"]))
        return Reaction(self.result.GetLog(outcome.status, filename="log.txt"), outcome.then)

    def _transaction_status(self, asked: Payload) -> Reaction:
        wanted = asked.get("transaction_id")
        ongoing = any(running.key == wanted for _, running in self.orders.charging.running())
        return Reaction(
            self.result.GetTransactionStatus(
                messages_in_queue=self.orders.around.undelivered() > 0,
                ongoing_indicator=None if wanted is None else ongoing,
            )
        )

    def _show(self, asked: Payload) -> Outcome:
        message = cast(Payload, asked["message"])
        self.shown[_int(message["id"])] = message
        return Outcome(ACCEPTED)

    def _get_shown(self, asked: Payload) -> Outcome:
        """All of them, whatever is asked for."""
        if not self.shown:
            return Outcome("Unknown")
        shown = list(self.shown.values())
        call = self.call.NotifyDisplayMessages(request_id=_int(asked["request_id"]), message_info=shown)
        return Outcome(ACCEPTED, lambda: self.tell(call))

    def _clear_shown(self, asked: Payload) -> Outcome:
        return Outcome("Unknown" if self.shown.pop(_int(asked["id"]), None) is None else ACCEPTED)

    def _set_monitoring(self, asked: Payload) -> Reaction:
        results = [
            {
                "status": "Rejected",
                "type": one["type"],
                "severity": one["severity"],
                "component": one["component"],
                "variable": one["variable"],
            }
            for one in cast(list[Payload], asked["set_monitoring_data"])
        ]
        return Reaction(self.result.SetVariableMonitoring(results))

    def _clear_monitoring(self, asked: Payload) -> Reaction:
        results = [{"id": one, "status": "NotFound"} for one in cast(list[int], asked["id"])]
        return Reaction(self.result.ClearVariableMonitoring(results))

    def _customer_information(self, asked: Payload) -> Outcome:
        call = self.call.NotifyCustomerInformation(
            data="", seq_no=0, generated_at=self.now(), request_id=_int(asked["request_id"])
        )
        return Outcome(ACCEPTED, lambda: self.tell(call))


def _reported(setting: Setting) -> Payload:
    component: dict[str, object] = {"name": setting.component}
    if setting.evse is not None:
        component["evse"] = {"id": setting.evse}
    return {
        "component": component,
        "variable": {"name": setting.variable},
        "variable_attribute": [
            {"value": setting.value, "mutability": "ReadOnly" if setting.readonly else "ReadWrite"},
        ],
        "variable_characteristics": {"data_type": setting.kind, "supports_monitoring": False},
    }


def _token(found: Payload) -> IdToken:
    return IdToken(str(found["id_token"]), str(found["type"]))


def _evse(asked: Payload) -> int | None:
    """The EVSE of an EVSEType, if there is one."""
    found = cast(Payload | None, asked.get("evse"))
    return _int(found["id"]) if found else None


def _int(found: object) -> int:
    return cast(int, found)


def _int_or_none(found: object) -> int | None:
    return cast(int | None, found)

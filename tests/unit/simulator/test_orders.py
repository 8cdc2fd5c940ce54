"""What a central system of another make asks of a station, in each version."""

from datetime import UTC, datetime, timedelta

import ocpp.v21.call
import ocpp.v201.call
import pytest
from central import MODULES, Standing
from ocpp.exceptions import NotImplementedError as NotImplementedThere
from ocpp.exceptions import NotSupportedError
from ocpp.v16 import call as call16

from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.make import Backoff, OcppVersion, StationMake
from ocpilot.simulator.station import SimulatedStation

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
LATER = "2026-11-23T08:00:00Z"
MAKE = StationMake(backoff=Backoff(0.02, 0.1))
BOTH_OF_2 = pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
CALL2 = {OcppVersion.V201: ocpp.v201.call, OcppVersion.V21: ocpp.v21.call}
TOKEN = {"id_token": "TAG-APP", "type": "Central"}


class Asked:
    """A station that runs, and who asks it."""

    def __init__(self, stood: Standing, version: OcppVersion, **more) -> None:
        more = {"make": MAKE, "evses": 2} | more
        self.stood = stood
        self.call = MODULES[version].call
        self.station = SimulatedStation(stood.url, "CS1", None, clock=SteppedClock(START), version=version, **more)

    async def ask(self, action: str, **payload: object):
        """The answer as the package has it."""
        return await self.stood.central.ask("CS1", getattr(self.call, action)(**payload))

    async def charging(self) -> None:
        """A car charges 11 kW at EVSE 1."""
        await self.station.plug_in(1, SimulatedCar(battery_kwh=60, soc=20, max_kw=11))
        await self.station.present_token("TAG-1")

    def key(self) -> object:
        running = self.station.evses[1].transaction
        return running.key if self.call is not call16 else running.number


@pytest.fixture
async def asking(stood):
    """Starts a station of a version; it ends with the test."""
    running = []

    async def begin(version: OcppVersion, **more) -> Asked:
        asked = Asked(stood, version, **more)
        running.append(asked.station)
        asked.station.connect()
        await asked.station.ready()
        return asked

    yield begin
    for station in running:
        await station.disconnect()


def schedule(unit: str, *periods: tuple[int, float], **more: object) -> dict[str, object]:
    return {
        "charging_rate_unit": unit,
        "charging_schedule_period": [{"start_period": at, "limit": limit} for at, limit in periods],
    } | more


def profile16(purpose: str, its: dict[str, object], number: int = 7, **more: object) -> dict[str, object]:
    return {
        "charging_profile_id": number,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Relative",
        "charging_schedule": its,
    } | more


def profile2(purpose: str, its: dict[str, object], number: int = 7, **more: object) -> dict[str, object]:
    return {
        "id": number,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Relative",
        "charging_schedule": [{"id": 1} | its],
    } | more


# ---- charges


@BOTH_OF_2
async def test_a_remote_start_and_stop_of_2(asking, version, eventually):
    asked = await asking(version)
    await asked.station.plug_in(2)
    assert (await asked.ask("RequestStartTransaction", id_token=TOKEN, remote_start_id=42)).status == "Accepted"
    await eventually(lambda: asked.stood.central.of("TransactionEvent"))
    first = asked.stood.central.of("TransactionEvent")[0]
    assert (first["trigger_reason"], first["transaction_info"]["remote_start_id"]) == ("RemoteStart", 42)
    assert (first["evse"]["id"], first["id_token"]) == (2, TOKEN)
    assert (await asked.ask("RequestStartTransaction", id_token=TOKEN, remote_start_id=43, evse_id=2)).status == (
        "Rejected"
    )
    assert (await asked.ask("RequestStopTransaction", transaction_id="nobody's")).status == "Rejected"
    key = asked.station.evses[2].transaction.key
    assert (await asked.ask("RequestStopTransaction", transaction_id=key)).status == "Accepted"
    await eventually(lambda: asked.stood.central.of("TransactionEvent")[-1]["event_type"] == "Ended")
    assert asked.stood.central.of("TransactionEvent")[-1]["trigger_reason"] == "RemoteStop"


@BOTH_OF_2
async def test_a_charge_that_was_authorized_keeps_its_cable(asking, version):
    asked = await asking(version)
    assert (await asked.ask("UnlockConnector", evse_id=1, connector_id=1)).status == "Unlocked"
    assert (await asked.ask("UnlockConnector", evse_id=9, connector_id=1)).status == "UnknownConnector"
    await asked.charging()
    answer = await asked.ask("UnlockConnector", evse_id=1, connector_id=1)
    assert answer.status == "OngoingAuthorizedTransaction"


@BOTH_OF_2
async def test_a_reservation_of_2_keeps_the_evse_for_its_token(asking, version, eventually):
    asked = await asking(version)
    wanted = {"id": 5, "expiry_date_time": LATER, "id_token": TOKEN, "evse_id": 1}
    assert (await asked.ask("ReserveNow", **wanted)).status == "Accepted"
    await eventually(
        lambda: "Reserved" in {e["connector_status"] for e in asked.stood.central.of("StatusNotification")}
    )
    assert (await asked.ask("ReserveNow", **wanted | {"id": 6})).status == "Occupied"
    await asked.station.plug_in(1)
    assert await asked.station.present_token("TAG-APP") == "Accepted"
    await eventually(lambda: asked.stood.central.of("TransactionEvent"))
    assert asked.stood.central.of("TransactionEvent")[0]["reservation_id"] == 5
    assert (await asked.ask("CancelReservation", reservation_id=5)).status == "Rejected"


# ---- smart charging


@pytest.mark.parametrize("version", OcppVersion)
async def test_a_profile_limits_the_charge_is_read_back_and_cleared(asking, version):
    asked = await asking(version)
    await asked.charging()
    its = schedule("W", (0, 5500.0), (1800, 2000.0))
    if version is OcppVersion.V16:
        profile = profile16("TxProfile", its, transaction_id=asked.key())
        set_ = await asked.ask("SetChargingProfile", connector_id=1, cs_charging_profiles=profile)
        composite = await asked.ask("GetCompositeSchedule", connector_id=1, duration=3600)
        told = composite.charging_schedule
    else:
        profile = profile2("TxProfile", its, transaction_id=asked.key())
        set_ = await asked.ask("SetChargingProfile", evse_id=1, charging_profile=profile)
        composite = await asked.ask("GetCompositeSchedule", evse_id=1, duration=3600)
        told = composite.schedule
    assert (set_.status, composite.status) == ("Accepted", "Accepted")
    periods = [(each["start_period"], each["limit"]) for each in told["charging_schedule_period"]]
    assert periods == [(0, 5500), (1800, 2000)]
    await asked.station.play(3600)
    assert asked.station.energy_wh == 2750 + 1000
    number = {"id": 7} if version is OcppVersion.V16 else {"charging_profile_id": 7}
    assert (await asked.ask("ClearChargingProfile", **number)).status == "Accepted"
    assert (await asked.ask("ClearChargingProfile", **number)).status == "Unknown"
    await asked.station.play(3600)
    assert asked.station.energy_wh == 3750 + 11_000


@pytest.mark.parametrize("version", OcppVersion)
async def test_the_limit_of_the_station_holds_beside_the_default_one(asking, version):
    asked = await asking(version)
    whole = "ChargePointMaxProfile" if version is OcppVersion.V16 else "ChargingStationMaxProfile"
    for number, (purpose, watts) in enumerate({whole: 4000.0, "TxDefaultProfile": 8000.0}.items()):
        its = schedule("W", (0, watts))
        if version is OcppVersion.V16:
            profile = profile16(purpose, its, number)
            await asked.ask("SetChargingProfile", connector_id=0, cs_charging_profiles=profile)
        else:
            await asked.ask("SetChargingProfile", evse_id=0, charging_profile=profile2(purpose, its, number))
    await asked.charging()
    await asked.station.play(3600)
    assert asked.station.energy_wh == 4000


@pytest.mark.parametrize("version", OcppVersion)
async def test_without_power_the_charge_is_suspended_by_the_station(asking, version, eventually):
    asked = await asking(version)
    await asked.charging()
    its = schedule("A", (0, 0.0))
    if version is OcppVersion.V16:
        profile = profile16("TxProfile", its, transaction_id=asked.key())
        await asked.ask("SetChargingProfile", connector_id=1, cs_charging_profiles=profile)
    else:
        profile = profile2("TxProfile", its, transaction_id=asked.key())
        await asked.ask("SetChargingProfile", evse_id=1, charging_profile=profile)
    await asked.station.play(60)
    assert asked.station.evses[1].status == "SuspendedEVSE"
    if version is not OcppVersion.V16:
        states = [each["transaction_info"]["charging_state"] for each in asked.stood.central.of("TransactionEvent")]
        assert states[-1] == "SuspendedEVSE"


@BOTH_OF_2
async def test_profiles_are_reported_one_by_one(asking, version, eventually):
    asked = await asking(version)
    wanted = {"request_id": 3, "charging_profile": {"charging_profile_purpose": "TxDefaultProfile"}}
    assert (await asked.ask("GetChargingProfiles", **wanted)).status == "NoProfiles"
    for number in (1, 2):
        profile = profile2("TxDefaultProfile", schedule("A", (0, 10.0)), number)
        await asked.ask("SetChargingProfile", evse_id=number, charging_profile=profile)
    assert (await asked.ask("GetChargingProfiles", **wanted)).status == "Accepted"
    await eventually(lambda: len(asked.stood.central.of("ReportChargingProfiles")) == 2)
    told = asked.stood.central.of("ReportChargingProfiles")
    assert [(each["evse_id"], each["tbc"]) for each in told] == [(1, True), (2, False)]


# ---- the station


@pytest.mark.parametrize("version", OcppVersion)
async def test_an_evse_that_charges_goes_out_of_service_afterwards(asking, version):
    asked = await asking(version)
    await asked.charging()

    def order(evse: int, operative: bool) -> dict[str, object]:
        word = "Operative" if operative else "Inoperative"
        if version is OcppVersion.V16:
            return {"connector_id": evse, "type": word}
        return {"operational_status": word} | ({"evse": {"id": evse}} if evse else {})

    assert (await asked.ask("ChangeAvailability", **order(0, operative=False))).status == "Scheduled"
    assert [evse.status for evse in asked.station.evses.values()] == ["Charging", "Unavailable"]
    await asked.station.unplug(1)
    assert asked.station.evses[1].status == "Unavailable"
    assert (await asked.ask("ChangeAvailability", **order(1, operative=True))).status == "Accepted"
    assert asked.station.evses[1].status == "Available"
    assert (await asked.ask("ChangeAvailability", **order(9, operative=True))).status == "Rejected"


@pytest.mark.parametrize("version", OcppVersion)
async def test_a_reset_ends_charges_and_boots_again(asking, version, eventually):
    asked = await asking(version)
    await asked.charging()
    kind = "Hard" if version is OcppVersion.V16 else "Immediate"
    assert (await asked.ask("Reset", type=kind)).status == "Accepted"
    await eventually(lambda: asked.stood.central.counts()["BootNotification"] == 2)
    ends = [
        each
        for each in asked.stood.central.of("StopTransaction", "TransactionEvent")
        if each.get("event_type", "Ended") == "Ended"
    ]
    assert len(ends) == 1


@BOTH_OF_2
async def test_a_reset_may_wait_until_nobody_charges(asking, version, eventually):
    asked = await asking(version)
    await asked.charging()
    assert (await asked.ask("Reset", type="OnIdle")).status == "Scheduled"
    await asked.station.play(60)
    assert asked.stood.central.counts()["BootNotification"] == 1
    await asked.station.unplug(1)
    await asked.station.play(60)
    await eventually(lambda: asked.stood.central.counts()["BootNotification"] == 2)
    assert asked.stood.central.of("BootNotification")[1]["reason"] == "ScheduledReset"


@pytest.mark.parametrize("version", OcppVersion)
async def test_messages_are_triggered(asking, version, eventually):
    asked = await asking(version)
    where = {"connector_id": 1} if version is OcppVersion.V16 else {"evse": {"id": 1}}
    central = asked.stood.central
    for wanted in ("Heartbeat", "StatusNotification", "MeterValues", "BootNotification"):
        before = central.counts()[wanted]
        assert (await asked.ask("TriggerMessage", requested_message=wanted, **where)).status == "Accepted"
        await eventually(lambda wanted=wanted, before=before: central.counts()[wanted] == before + 1)
    assert (await asked.ask("TriggerMessage", requested_message="FirmwareStatusNotification")).status == "Accepted"
    await eventually(lambda: central.of("FirmwareStatusNotification") == [{"status": "Idle"}])


@pytest.mark.parametrize("version", OcppVersion)
async def test_firmware_and_logs_come_with_notices_of_progress(asking, version):
    asked = await asking(version)
    if version is OcppVersion.V16:
        await asked.ask("UpdateFirmware", location="ftp://127.0.0.1/f", retrieve_date=LATER)
        assert (await asked.ask("GetDiagnostics", location="ftp://127.0.0.1/d")).file_name == "diagnostics.log"
        firmware, logs = "FirmwareStatusNotification", "DiagnosticsStatusNotification"
    else:
        image = {"location": "ftp://127.0.0.1/f", "retrieve_date_time": LATER}
        assert (await asked.ask("UpdateFirmware", request_id=1, firmware=image)).status == "Accepted"
        log = {"remote_location": "ftp://127.0.0.1/d"}
        answer = await asked.ask("GetLog", request_id=2, log_type="DiagnosticsLog", log=log)
        assert answer.status == "Accepted"
        firmware, logs = "FirmwareStatusNotification", "LogStatusNotification"
    await asked.station.play(60)
    central = asked.stood.central
    assert [each["status"] for each in central.of(firmware)] == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert [each["status"] for each in central.of(logs)] == ["Uploading", "Uploaded"]
    events = [] if version is OcppVersion.V16 else ["FirmwareUpdated"]
    assert [each["type"] for each in central.of("SecurityEventNotification")] == events


async def test_a_16_station_tells_of_signed_firmware_with_the_number_of_the_request(asking):
    asked = await asking(OcppVersion.V16)
    image = {
        "location": "ftp://127.0.0.1/f",
        "retrieve_date_time": LATER,
        "signing_certificate": "-",
        "signature": "-",
    }
    assert (await asked.ask("SignedUpdateFirmware", request_id=8, firmware=image)).status == "Accepted"
    log = {"remote_location": "ftp://127.0.0.1/d"}
    await asked.ask("GetLog", request_id=9, log_type="SecurityLog", log=log)
    await asked.station.play(60)
    central = asked.stood.central
    assert [each["request_id"] for each in central.of("SignedFirmwareStatusNotification")] == [8] * 4
    assert central.of("LogStatusNotification")[-1] == {"status": "Uploaded", "request_id": 9}
    assert central.of("SecurityEventNotification")[0]["type"] == "FirmwareUpdated"


async def test_configuration_of_16_is_read_and_changed(asking):
    asked = await asking(OcppVersion.V16)
    everything = await asked.ask("GetConfiguration")
    assert {"HeartbeatInterval", "NumberOfConnectors"} <= {each["key"] for each in everything.configuration_key}
    some = await asked.ask("GetConfiguration", key=["NumberOfConnectors", "Nonsense"])
    assert some.configuration_key == [{"key": "NumberOfConnectors", "readonly": True, "value": "2"}]
    assert some.unknown_key == ["Nonsense"]

    async def change(key: str, value: str) -> str:
        return (await asked.ask("ChangeConfiguration", key=key, value=value)).status

    assert await change("MeterValueSampleInterval", "10") == "Accepted"
    assert await change("MeterValueSampleInterval", "soon") == "Rejected"
    assert await change("NumberOfConnectors", "9") == "Rejected"
    assert await change("Nonsense", "1") == "NotSupported"
    assert await change("AuthorizationKey", "secret") == "RebootRequired"
    await asked.charging()
    await asked.station.play(60)
    assert asked.stood.central.counts()["MeterValues"] == 6


@BOTH_OF_2
async def test_variables_of_2_are_read_and_set(asking, version):
    asked = await asking(version)

    def variable(component: str, name: str, **more: object) -> dict[str, object]:
        return {"component": {"name": component}, "variable": {"name": name}} | more

    wanted = [
        variable("SampledDataCtrlr", "SampledDataTxUpdatedInterval"),
        variable("SampledDataCtrlr", "Nonsense"),
        variable("Nonsense", "Nonsense"),
        variable("ChargingStation", "Model", attribute_type="Target"),
    ]
    got = (await asked.ask("GetVariables", get_variable_data=wanted)).get_variable_result
    assert [each["attribute_status"] for each in got] == [
        "Accepted",
        "UnknownVariable",
        "UnknownComponent",
        "NotSupportedAttributeType",
    ]
    assert got[0]["attribute_value"] == "60"
    changes = [
        variable("SampledDataCtrlr", "SampledDataTxUpdatedInterval", attribute_value="20"),
        variable("ChargingStation", "Model", attribute_value="Other"),
    ]
    done = (await asked.ask("SetVariables", set_variable_data=changes)).set_variable_result
    assert [each["attribute_status"] for each in done] == ["Accepted", "Rejected"]
    await asked.charging()
    await asked.station.play(60)
    triggers = [each["trigger_reason"] for each in asked.stood.central.of("TransactionEvent")]
    assert triggers.count("MeterValuePeriodic") == 3


@BOTH_OF_2
async def test_the_device_model_is_reported_in_pieces(asking, version, eventually):
    asked = await asking(version)
    assert (await asked.ask("GetBaseReport", request_id=9, report_base="FullInventory")).status == "Accepted"
    told = asked.stood.central.of
    await eventually(lambda: told("NotifyReport") and not told("NotifyReport")[-1]["tbc"])
    assert [each["seq_no"] for each in told("NotifyReport")] == list(range(len(told("NotifyReport"))))
    entries = [entry for each in told("NotifyReport") for entry in each["report_data"]]
    assert {entry["component"].get("evse", {}).get("id") for entry in entries} == {None, 1, 2}


@pytest.mark.parametrize("version", OcppVersion)
async def test_a_local_list_decides_while_there_is_no_connection(asking, version):
    asked = await asking(version, make=StationMake(backoff=Backoff(0.02, 0.1), offline_starts=False))
    if version is OcppVersion.V16:
        entries = [{"id_tag": "TAG-L", "id_tag_info": {"status": "Accepted"}}]
        sent = await asked.ask("SendLocalList", list_version=3, update_type="Full", local_authorization_list=entries)
        assert (await asked.ask("GetLocalListVersion")).list_version == 3
    else:
        entries = [{"id_token": {"id_token": "TAG-L", "type": "ISO14443"}, "id_token_info": {"status": "Accepted"}}]
        sent = await asked.ask("SendLocalList", version_number=3, update_type="Full", local_authorization_list=entries)
        assert (await asked.ask("GetLocalListVersion")).version_number == 3
    assert sent.status == "Accepted"
    assert (await asked.ask("ClearCache")).status == "Accepted"
    await asked.station.link.hang_up()
    await asked.station.plug_in(1)
    assert await asked.station.present_token("TAG-X") == "Invalid"
    assert await asked.station.present_token("TAG-L") == "Accepted"


@BOTH_OF_2
async def test_messages_on_the_display(asking, version, eventually):
    asked = await asking(version)
    message = {"id": 1, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Hej"}}
    assert (await asked.ask("GetDisplayMessages", request_id=1)).status == "Unknown"
    assert (await asked.ask("SetDisplayMessage", message=message)).status == "Accepted"
    assert (await asked.ask("GetDisplayMessages", request_id=2)).status == "Accepted"
    await eventually(lambda: asked.stood.central.of("NotifyDisplayMessages"))
    assert asked.stood.central.of("NotifyDisplayMessages")[0]["message_info"] == [message]
    assert (await asked.ask("ClearDisplayMessage", id=1)).status == "Accepted"
    assert (await asked.ask("ClearDisplayMessage", id=1)).status == "Unknown"


@BOTH_OF_2
async def test_the_rest_of_2_is_answered(asking, version, eventually):
    asked = await asking(version)
    await asked.charging()
    status = await asked.ask("GetTransactionStatus", transaction_id=asked.key())
    assert (status.ongoing_indicator, status.messages_in_queue) == (True, False)
    await asked.ask("CostUpdated", total_cost=12.5, transaction_id=str(asked.key()))
    monitor = {
        "value": 1.0,
        "type": "Delta",
        "severity": 3,
        "component": {"name": "EVSE"},
        "variable": {"name": "Power"},
    }
    answer = await asked.ask("SetVariableMonitoring", set_monitoring_data=[monitor])
    assert answer.set_monitoring_result[0]["status"] == "Rejected"
    answer = await asked.ask("ClearVariableMonitoring", id=[4])
    assert answer.clear_monitoring_result == [{"id": 4, "status": "NotFound"}]
    await asked.ask("CustomerInformation", request_id=1, report=True, clear=False, customer_identifier="me")
    await eventually(lambda: asked.stood.central.of("NotifyCustomerInformation"))
    assert (await asked.ask("DataTransfer", vendor_id="nobody")).status == "UnknownVendorId"
    assert (await asked.ask("SetMonitoringLevel", severity=4)).status == "Accepted"
    assert (await asked.ask("GetMonitoringReport", request_id=1)).status == "EmptyResultSet"


async def test_tariffs_of_21_are_kept_told_and_cleared(asking):
    asked = await asking(OcppVersion.V21)
    tariff = {"tariff_id": "T1", "currency": "SEK"}
    assert (await asked.ask("GetTariffs", evse_id=0)).status == "NoTariff"
    assert (await asked.ask("SetDefaultTariff", evse_id=1, tariff=tariff)).status == "Accepted"
    assert (await asked.ask("SetDefaultTariff", evse_id=7, tariff=tariff)).status == "Rejected"
    told = await asked.ask("GetTariffs", evse_id=0)
    assert told.tariff_assignments == [{"tariff_id": "T1", "tariff_kind": "DefaultTariff", "evse_ids": [1]}]
    answer = await asked.ask("ChangeTransactionTariff", transaction_id="nobody's", tariff=tariff)
    assert answer.status == "TxNotFound"
    cleared = await asked.ask("ClearTariffs", tariff_ids=["T1"])
    assert cleared.clear_tariffs_result == [{"status": "Accepted", "tariff_id": "T1"}]
    assert (await asked.ask("UsePriorityCharging", transaction_id="x", activate=True)).status == "NoProfile"


@pytest.mark.parametrize("version", OcppVersion)
async def test_every_call_a_central_system_can_make_is_known_or_refused_with_the_right_word(asking, version):
    asked = await asking(version)
    table = asked.station.link._reactions
    theirs = {name for name in vars(asked.call) if name[0].isupper()} & {
        name for name in vars(MODULES[version].call_result) if name[0].isupper()
    }
    assert set(table) <= theirs
    with pytest.raises(NotSupportedError):
        await asked.ask("Heartbeat")
    asked.stood.central.broken.clear()


async def test_a_call_nobody_knows_is_not_implemented(asking):
    class Dance(call16.ClearCache):
        pass

    asked = await asking(OcppVersion.V16)
    with pytest.raises(NotImplementedThere):
        await asked.stood.central.stations["CS1"].call(Dance(), suppress=False, skip_schema_validation=True)
    asked.stood.central.broken.clear()


@pytest.mark.parametrize("version", OcppVersion)
async def test_a_reservation_runs_out(asking, version):
    asked = await asking(version)
    if version is OcppVersion.V16:
        wanted = {"connector_id": 1, "expiry_date": LATER, "id_tag": "TAG-1", "reservation_id": 5}
    else:
        wanted = {"evse_id": 1, "expiry_date_time": LATER, "id_token": TOKEN, "id": 5}
    assert (await asked.ask("ReserveNow", **wanted)).status == "Accepted"
    assert asked.station.evses[1].status == "Reserved"
    await asked.station.play(timedelta(minutes=61).total_seconds())
    assert asked.station.evses[1].status == "Available"

"""The settings of a simulated station: configuration keys of 1.6, variables of the device model of 2.x."""

from collections.abc import Iterator

import msgspec

from ocpilot.simulator.charging import Charging
from ocpilot.simulator.signing import Signer

_ACCEPTED = "Accepted"
#: Variables that change how the station behaves, and what of its make they are.
_HABITS = {
    "HeartbeatInterval": "heartbeat",
    "SampledDataTxUpdatedInterval": "meter_interval",
    "EVConnectionTimeOut": "connection_timeout",
}


class Setting(msgspec.Struct, kw_only=True):
    """`key` is its name in 1.6, empty for one that 1.6 does not have; `kind` a DataEnumType of 2.x."""

    component: str
    variable: str
    value: str
    key: str = ""
    readonly: bool = False
    kind: str = "string"
    evse: int | None = None
    reboot: bool = False


class Device:
    """All settings; what is changed is so at once."""

    def __init__(self, charging: Charging, signer: Signer | None) -> None:
        self._charging = charging
        self.settings = [*_of_station(charging), *_of_evses(charging)]
        if signer is not None:
            self.settings += _of_signing(charging, signer)

    def by_key(self, key: str) -> Setting | None:
        """A configuration key of 1.6; they are compared without case."""
        return next((each for each in self.settings if each.key and each.key.lower() == key.lower()), None)

    def by_name(self, component: str, variable: str, evse: int | None = None) -> Setting | str:
        """A variable of 2.x, or the word for what is unknown of it."""
        mine = [each for each in self.settings if each.component.lower() == component.lower()]
        found = [each for each in mine if each.variable.lower() == variable.lower() and each.evse == evse]
        return found[0] if found else "UnknownVariable" if mine else "UnknownComponent"

    def change(self, setting: Setting, value: str) -> str:
        """The words of ChangeConfiguration; 2.x calls ReadOnly and others Rejected."""
        if setting.readonly or (setting.kind == "integer" and not value.isdecimal()):
            return "Rejected"
        setting.value = value
        habit = _HABITS.get(setting.variable)
        if habit is not None:
            self._charging.make = msgspec.structs.replace(self._charging.make, **{habit: float(value)})
        return "RebootRequired" if setting.reboot else _ACCEPTED


def _of_station(charging: Charging) -> Iterator[Setting]:
    make = charging.make

    def number(component: str, variable: str, key: str, value: float) -> Setting:
        return Setting(component=component, variable=variable, key=key, value=f"{value:.0f}", kind="integer")

    def fixed(component: str, variable: str, value: str, key: str = "", kind: str = "string") -> Setting:
        return Setting(component=component, variable=variable, value=value, key=key, readonly=True, kind=kind)

    yield number("OCPPCommCtrlr", "HeartbeatInterval", "HeartbeatInterval", make.heartbeat or 300)
    yield number("OCPPCommCtrlr", "WebSocketPingInterval", "WebSocketPingInterval", 20)
    yield number("SampledDataCtrlr", "SampledDataTxUpdatedInterval", "MeterValueSampleInterval", make.meter_interval)
    yield number("TxCtrlr", "EVConnectionTimeOut", "ConnectionTimeOut", make.connection_timeout)
    yield Setting(
        component="AuthCtrlr", variable="LocalPreAuthorize", key="LocalPreAuthorize", value="false", kind="boolean"
    )
    yield Setting(
        component="SecurityCtrlr", variable="BasicAuthPassword", key="AuthorizationKey", value="", reboot=True
    )
    yield fixed("ChargingStation", "VendorName", make.vendor)
    yield fixed("ChargingStation", "Model", make.model)
    yield fixed("ChargingStation", "FirmwareVersion", make.firmware)
    yield fixed("LocalAuthListCtrlr", "ItemsPerMessage", "100", "SendLocalListMaxLength", "integer")
    yield fixed("LocalAuthListCtrlr", "Enabled", "true", "LocalAuthListEnabled", "boolean")
    yield fixed("SmartChargingCtrlr", "ProfileStackLevel", "8", "ChargeProfileMaxStackLevel", "integer")
    yield fixed("SmartChargingCtrlr", "RateUnit", "Current,Power", "ChargingScheduleAllowedChargingRateUnit")
    yield fixed("DeviceDataCtrlr", "ItemsPerMessage", "50", "GetConfigurationMaxKeys", "integer")
    profiles = "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"
    yield fixed("", "", profiles, "SupportedFeatureProfiles")
    yield fixed("", "", str(len(charging.evses)), "NumberOfConnectors", "integer")


def _of_evses(charging: Charging) -> Iterator[Setting]:
    for evse in charging.evses.values():
        told = {"AvailabilityState": "Available", "Power": f"{evse.full_kw * 1000:.0f}", "SupplyPhases": "3"}
        for variable, value in told.items():
            yield Setting(component="EVSE", variable=variable, value=value, readonly=True, evse=evse.id)
        kind = "cCCS2" if evse.dc else "sType2"
        yield Setting(component="Connector", variable="ConnectorType", value=kind, readonly=True, evse=evse.id)


def _of_signing(charging: Charging, signer: Signer) -> Iterator[Setting]:
    """The key of each meter (OCA, "Signed Meter Values"), in hexadecimal digits."""
    for evse in charging.evses.values():
        yield Setting(
            component="FiscalMetering",
            variable="PublicKey",
            key=f"MeterPublicKey{evse.id}",
            value=signer.public_key_hex,
            readonly=True,
            evse=evse.id,
        )

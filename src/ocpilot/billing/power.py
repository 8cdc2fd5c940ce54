"""The most power a Connector can give, as its Location says, else as its kind allows."""

from decimal import Decimal

from ocpilot.wire.v230 import CdrLocation, Connector, ConnectorType, PowerType

_PHASES = {PowerType.AC_3_PHASE: 3, PowerType.AC_2_PHASE: 2, PowerType.AC_2_PHASE_SPLIT: 2}
#: kW that no Connector of a kind exceeds: 80 A of single phase, 63 A of three, liquid-cooled CCS, and MCS.
_AT_MOST = {
    PowerType.AC_1_PHASE: Decimal("19.2"),
    PowerType.AC_2_PHASE: Decimal(30),
    PowerType.AC_2_PHASE_SPLIT: Decimal(30),
    PowerType.AC_3_PHASE: Decimal(44),
    PowerType.DC: Decimal(1000),
}
_MEGAWATTS = Decimal(4500)


def phases_of(power_type: PowerType) -> int:
    """Of alternating current; 1 for direct current."""
    return _PHASES.get(power_type, 1)


def watts_of(connector: Connector) -> int:
    """What it gives at most: as stated, else from volt (between phase and neutral), ampere and phases."""
    plate = connector.max_voltage * connector.max_amperage * phases_of(connector.power_type)
    return connector.max_electric_power or plate


def most_of_kind(place: CdrLocation) -> Decimal:
    """kW that no Connector of this kind exceeds, where nothing is known of the one that was used."""
    if place.connector_standard == ConnectorType.MCS:
        return _MEGAWATTS
    return _AT_MOST[place.connector_power_type]

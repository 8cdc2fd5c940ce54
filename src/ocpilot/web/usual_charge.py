"""What a usual charge costs at a Connector now: for drivers who do not want to work it out from a Tariff."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ocpilot.app.drivers.views import Plug, StationView
from ocpilot.base.zones import zone_named
from ocpilot.pricing.estimate import Estimate, estimate
from ocpilot.pricing.faults import tariff_faults
from ocpilot.pricing.planned import PlannedCharge

#: Half of a common battery.
USUAL_KWH = Decimal(30)
#: What most cars draw on average, when the Connector gives it: the charger in the car decides for AC.
AC_KW = Decimal(11)
DC_KW = Decimal(100)
#: Less is a mistake in what the operator says of the Connector.
_LEAST_KW = 1


def usual_charge(plug: Plug, at: datetime, zone: ZoneInfo, *, explained: bool = True) -> Estimate | None:
    """30 kWh from now on, by the Tariff of a driver with a contract. None when no Tariff is known or its times are
    none, and when the power is not known.

    A VAT that the Tariff does not tell is not in the cost: its `incl` is None.
    """
    kw = min(Decimal(str(plug.kilowatts)), DC_KW if plug.is_dc else AC_KW)
    if not plug.tariffs or kw < _LEAST_KW or tariff_faults(plug.tariffs[0]):
        return None
    return estimate(PlannedCharge.steady(at, USUAL_KWH, kw), plug.tariffs[0], zone, explained=explained)


def usual_charge_at(station: StationView, at: datetime) -> Estimate | None:
    """The same at the strongest Connector of a station, without its reasons: by it the list compares stations."""
    plug = max(station.plugs, key=lambda one: one.kilowatts, default=None)
    return None if plug is None else usual_charge(plug, at, zone_named(station.location.time_zone), explained=False)


def cheapest_first(stations: Iterable[StationView], at: datetime) -> tuple[StationView, ...]:
    """By what a usual charge costs, all in all; behind them those without a known VAT, then those without a
    known price. Prices of one currency stay together."""
    return tuple(sorted(stations, key=lambda station: _rank(usual_charge_at(station, at))))


def _rank(one: Estimate | None) -> tuple[int, str, Decimal]:
    """All are of the same energy, so the price of a kWh need not be looked at."""
    if one is None:
        return 2, "", Decimal(0)
    known, cost = one.rank
    return known, one.tariff.currency, cost

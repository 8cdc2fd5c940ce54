"""Any CDR and any Tariffs that can be read get a verdict, never an exception; a credit is the CDR's opposite."""

from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given

from generated import Generator, fuzz, seeds
from ocpilot.billing.cdr import credit_of
from ocpilot.billing.check import State, Verdict, check_cdr
from ocpilot.billing.numbers import numbers_of
from ocpilot.wire.codec import read
from ocpilot.wire.protocol import CANONICAL
from ocpilot.wire.v230 import CDR, ChargingPeriod, Tariff

ZONE = ZoneInfo("Europe/Stockholm")


def cdr_and_tariffs(seed: int) -> tuple[CDR, tuple[Tariff, ...]]:
    """Half of the CDRs name the Tariffs they are priced by, in their own currency: others would all be unpriced."""
    make = Generator(seed)
    cdr = read(CDR, CANONICAL, make.body(CDR)).value
    tariffs = tuple(read(Tariff, CANONICAL, make.body(Tariff)).value for _ in range(make.random.randint(0, 2)))
    if make.random.random() < 0.5:
        return cdr, tariffs
    tariffs = tuple(msgspec.structs.replace(one, currency=cdr.currency) for one in tariffs)
    periods = tuple(_named(period, tariffs, make) for period in cdr.charging_periods)
    return msgspec.structs.replace(cdr, charging_periods=periods, tariffs=tariffs), tariffs


def _named(period: ChargingPeriod, tariffs: tuple[Tariff, ...], make: Generator) -> ChargingPeriod:
    name = make.random.choice(tariffs).id if tariffs else None
    return msgspec.structs.replace(period, tariff_id=name)


@fuzz(150)
@given(seeds)
def test_every_cdr_gets_a_verdict_that_can_be_kept(seed: int) -> None:
    cdr, tariffs = cdr_and_tariffs(seed)
    for given_tariffs in (tariffs, None):
        verdict = check_cdr(cdr, given_tariffs, ZONE)
        assert verdict.agrees is (verdict.state is State.AGREES)
        assert verdict.state is not State.DIFFERS or verdict.differences or verdict.findings
        assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict


@fuzz(100)
@given(seeds)
def test_a_cdr_with_the_numbers_of_our_price_agrees_but_for_what_is_odd(seed: int) -> None:
    cdr, tariffs = cdr_and_tariffs(seed)
    ours = check_cdr(cdr, tariffs, ZONE).ours
    if ours.total is None or ours.total.amount.excl is None:
        return
    right = numbers_of(ours)
    same = msgspec.structs.replace(
        cdr,
        credit=None,
        **{name: right[name] for name in ("total_energy", "total_time", "total_parking_time")},
        **{name: getattr(ours, name) for name in ("total_cost", "total_fixed_cost", "total_energy_cost")},
        **{name: getattr(ours, name) for name in ("total_time_cost", "total_parking_cost", "total_reservation_cost")},
    )
    assert check_cdr(same, tariffs, ZONE).differences == ()
    credit = credit_of(same, cdr.last_updated)
    assert check_cdr(credit, tariffs, ZONE).differences == ()
    assert credit.total_cost.before_taxes == -same.total_cost.before_taxes

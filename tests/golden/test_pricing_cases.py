"""Every priced example of the standard comes out as the standard says (PRICING_CASES names the folder of cases)."""

import json
import os
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ocpilot.base.ids import PartyId
from ocpilot.base.money import RoundingPolicy
from ocpilot.billing.check import State, check_cdr
from ocpilot.billing.tolerance import Tolerance
from ocpilot.main import run
from ocpilot.pricing import PricedCharge, Sum, price
from ocpilot.wire.codec import Context, loads, read
from ocpilot.wire.protocol import Version
from ocpilot.wire.v230 import CDR, Price, Tariff

FOLDER = os.environ.get("PRICING_CASES")
CASES = sorted(path.parent for path in Path(FOLDER).glob("*/expected.json")) if FOLDER else []
#: Amounts are compared with the decimals the standard prints, so ours must keep more than any of them.
EXACT = RoundingPolicy(decimals=9)
#: 2.1.1 does not say who owns an object.
OWNER = Context(party=PartyId.of("BE", "BEC"))
#: The two that the README marks `spec_erratum`.
NOT_YET = {
    "spec_tariff4_saturday_min43A": "the standard prints 2.28 for 114 minutes at 1.25 per hour",
    "spec_tariff4_saturday_min_max_43A": "the standard prints 2.28 for 114 minutes at 1.25 per hour",
}
PARTS = ("fixed", "energy", "time", "parking", "reservation")

pytestmark = pytest.mark.skipif(not CASES, reason="PRICING_CASES is not set to the folder of priced examples")


def marked(folder: Path) -> object:
    reason = NOT_YET.get(folder.name)
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(folder, id=folder.name, marks=marks)


def body(path: Path) -> object:
    return loads(path.read_bytes())


def tariffs_of(folder: Path, version: Version) -> list[Tariff]:
    newest = folder / "tariff.2.3.0.json"
    found = body(newest if newest.exists() else folder / "tariff.json")
    bodies = found if isinstance(found, list) else [found]
    if newest.exists() or version is Version.V2_3_0:
        return [read(Tariff, Version.V2_3_0, one).value for one in bodies]
    return [read(Tariff, version, one, OWNER).value for one in bodies]


def cdr_of(folder: Path, version: Version) -> CDR:
    found = body(folder / "cdr.json")
    found.pop("tariffs", None)  # they are read from their own file
    if version is Version.V2_3_0:
        found["total_cost"] = {"before_taxes": 0}
    return read(CDR, version, found, OWNER).value


def priced(folder: Path, expected: dict) -> PricedCharge:
    version = Version(expected["ocpi_version"])
    cdr = cdr_of(folder, version)
    return price(
        cdr.charging_periods,
        tariffs_of(folder, version),
        start=cdr.start_date_time,
        end=cdr.end_date_time,
        zone=ZoneInfo(expected["time_zone"]),
        currency=cdr.currency,
        rounding=EXACT,
        expired=expected.get("flags", {}).get("reservation_expired", False),
    )


def ours(total: Sum | None, side: str) -> Decimal | None:
    assert total is not None
    sides = {"excl_vat": total.amount.excl, "before_taxes": total.amount.excl}
    return (sides | {"incl_vat": total.amount.incl, "after_taxes": total.amount.incl})[side]


def same(found: Decimal | None, printed: str) -> bool:
    return found is not None and found.quantize(Decimal(printed), ROUND_HALF_UP) == Decimal(printed)


def assert_sum(total: Sum | None, expected: dict) -> None:
    for side, printed in expected.items():
        if side == "taxes":
            assert [str(tax.amount.quantize(Decimal("0.01"))) for tax in total.taxes] == [t["amount"] for t in printed]
        else:
            assert same(ours(total, side), printed), f"{side}: {ours(total, side)}, expected {printed}"


def billed(found: PricedCharge, part: str) -> Decimal:
    return sum((line.billed for line in found.lines if line.part == part), Decimal(0))


@pytest.mark.parametrize("folder", [marked(folder) for folder in CASES])
def test_the_example_costs_what_the_standard_says(folder: Path) -> None:
    case = body(folder / "expected.json")
    expected = case["expected"]
    found = priced(folder, case)
    if isinstance(expected.get("total_cost"), str):
        expected["total_cost"] = {"excl_vat": expected["total_cost"]}
    if "total_cost" in expected:
        assert_sum(found.total, expected["total_cost"])
    for part in PARTS:
        if f"total_{part}_cost" in expected:
            assert_sum(getattr(found, part), expected[f"total_{part}_cost"])
    if "billed_energy" in expected:
        assert billed(found, "ENERGY") == Decimal(expected["billed_energy"])
    if "billed_time_minutes" in expected:
        assert billed(found, "TIME") == Decimal(expected["billed_time_minutes"]) * 60
    if "billed_parking_minutes" in expected:
        assert billed(found, "PARKING") == Decimal(expected["billed_parking_minutes"]) * 60


@pytest.mark.parametrize(
    "folder", [folder for folder in CASES if folder.name not in NOT_YET], ids=lambda path: path.name
)
def test_every_line_says_why(folder: Path) -> None:
    found = priced(folder, body(folder / "expected.json"))
    assert found.lines
    assert all(line.why for line in found.lines)


def command_words(folder: Path, case: dict, tariffs: str | None) -> list[str]:
    words = ["price", "--cdr", str(folder / "cdr.json"), "--time-zone", case["time_zone"], "--json"]
    words += ["--tariff", str(folder / tariffs)] if tariffs else []
    return words + (["--reservation-expired"] if case.get("flags", {}).get("reservation_expired") else [])


def tariff_files(folder: Path) -> list[str | None]:
    """The ways in which the command can be told the tariffs of a case; None: they are in the CDR."""
    names = [name for name in ("tariff.json", "tariff.2.3.0.json") if (folder / name).exists()]
    return [*names, None] if "tariffs" in json.loads((folder / "cdr.json").read_text()) else names


WAYS = [(folder, name) for folder in CASES for name in tariff_files(folder)]


def by_command(way: tuple[Path, str | None]) -> object:
    folder, name = way
    reason = NOT_YET.get(folder.name)
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(folder, name, id=f"{folder.name}-{name}", marks=marks)


def assert_money(found: dict | None, expected: dict | str) -> None:
    sides = {"excl_vat": "before_taxes", "incl_vat": "after_taxes"}
    assert found is not None
    for side, printed in ({"excl_vat": expected} if isinstance(expected, str) else expected).items():
        if side == "taxes":
            assert [Decimal(tax["amount"]) for tax in found["taxes"]] == [Decimal(tax["amount"]) for tax in printed]
        else:
            assert same(Decimal(found[sides.get(side, side)]), printed), (side, found)


@pytest.mark.parametrize(("folder", "tariffs"), [by_command(way) for way in WAYS])
def test_the_command_prints_what_the_standard_says(
    folder: Path, tariffs: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    case = json.loads((folder / "expected.json").read_text())
    assert run(command_words(folder, case, tariffs)) == 0
    found = json.loads(capsys.readouterr().out)
    minutes = {"billed_time_minutes": "time", "billed_parking_minutes": "parking_time"}
    for name, expected in case["expected"].items():
        if name == "billed_energy":
            assert Decimal(found["billed"]["energy"]) == Decimal(expected)
        elif name in minutes:
            assert same(Decimal(found["billed"][minutes[name]]) * 60, expected)
        elif name.endswith("_cost"):
            assert_money(found[name], expected)
        else:
            assert same(Decimal(found[name]), expected)


@pytest.mark.parametrize(
    "folder", [folder for folder in CASES if folder.name not in NOT_YET], ids=lambda path: path.name
)
def test_a_cdr_with_the_total_that_the_standard_prints_agrees(folder: Path) -> None:
    case = json.loads((folder / "expected.json").read_text())
    version = Version(case["ocpi_version"])
    printed = case["expected"].get("total_cost", {})
    net = printed if isinstance(printed, str) else printed.get("excl_vat", printed.get("before_taxes"))
    if net is None:
        pytest.skip("the standard prints no total without taxes")
    found = priced(folder, case)
    cdr = msgspec.structs.replace(
        cdr_of(folder, version),
        total_cost=Price(before_taxes=Decimal(net)),
        total_energy=found.kwh,
        total_parking_time=Decimal(round(found.parked.total_seconds())) / 3600,
        tariffs=tuple(tariffs_of(folder, version)),
    )
    expired = case.get("flags", {}).get("reservation_expired", False)
    verdict = check_cdr(cdr, None, ZoneInfo(case["time_zone"]), Tolerance(), expired=expired)
    assert verdict.differences == ()
    assert verdict.state is State.AGREES

"""`ocpilot price --json` answers with one object whatever CDR and Tariffs it is given, right or nearly so."""

import json
from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import given

from generated import Generator, fuzz, seeds
from ocpilot.main import run
from ocpilot.wire.codec import dumps
from ocpilot.wire.kinds import class_for, kind_of
from ocpilot.wire.protocol import SUPPORTED
from ocpilot.wire.v230 import CDR, Tariff

COSTS = [f"total_{part}cost" for part in ("", "fixed_", "energy_", "time_", "parking_", "reservation_")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("anything")


def body(make: Generator, cls: type) -> dict:
    """A right object of some version."""
    return make.body(class_for(kind_of(cls), make.random.choice(SUPPORTED)))


def damaged(found: dict, random: Random) -> dict:
    """Without one of its fields, or with nonsense in it."""
    name = random.choice(sorted(found))
    rest = {key: value for key, value in found.items() if key != name}
    return rest if random.random() < 0.5 else rest | {name: random.choice([None, 7, "x", [], {}])}


def answer(folder: Path, *words: str) -> tuple[int, dict]:
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        status = run(["price", "--cdr", str(folder / "cdr.json"), "--json", *words])
    return status, json.loads(out.getvalue())


@fuzz(150)
@given(seeds)
def test_there_is_a_price_or_a_reason(folder: Path, seed: int) -> None:
    make = Generator(seed)
    cdr, tariffs = body(make, CDR), [body(make, Tariff) for _ in range(make.random.randint(0, 2))]
    if make.random.random() < 0.7:
        tariffs = [one | {"currency": cdr["currency"]} for one in tariffs]
        for period in cdr["charging_periods"]:
            period.pop("tariff_id", None)
    if make.random.random() < 0.3:
        cdr = damaged(cdr, make.random)
    (folder / "cdr.json").write_bytes(dumps(cdr))
    (folder / "tariffs.json").write_bytes(dumps(tariffs))
    status, found = answer(folder, *(["--tariff", str(folder / "tariffs.json")] if tariffs else []))
    assert status == (0 if found["total_cost"] else 1)
    assert bool(found["reasons"]) is (status == 1)
    for cost in (found[name] for name in COSTS if found[name]):
        assert cost["before_taxes"] is not None or cost["after_taxes"] is not None
        if cost["before_taxes"] is not None and cost["after_taxes"] is not None:
            taxes = sum(Decimal(tax["amount"]) for tax in cost["taxes"])
            assert Decimal(cost["before_taxes"]) + taxes == Decimal(cost["after_taxes"])
    if found["total_cost"] and found["total_cost"]["before_taxes"] is not None and not cdr.get("credit"):
        lines = sum(Decimal(line["before_taxes"]) for line in found["lines"])
        assert lines == Decimal(found["total_cost"]["before_taxes"])

"""`ocpilot tariff simulate`: one price, several side by side, and over the day."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ocpilot.main.commands import run
from ocpilot.pricing.builder import Priced, energy, parking, start_fee, tariff
from ocpilot.wire.codec import body_of, dumps

PLAN = ("--kwh", "22", "--kw", "11", "--start", "2026-11-26T21:00", "--time-zone", "Europe/Stockholm")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A tariff that is cheaper at night, one that is not, and one without VAT."""
    night = energy(4).between("22:00", "06:00", 2)
    return {
        "night": written(tmp_path, "NIGHT", night, start_fee(5), parking(per_minute=1), vat=25),
        "even": written(tmp_path, "EVEN", energy(3), vat=25),
        "bare": written(tmp_path, "BARE", energy(3)),
    }


def written(folder: Path, ident: str, *prices: Priced, currency: str = "SEK", **more: object) -> str:
    path = folder / f"{ident}.json"
    path.write_bytes(dumps(body_of(tariff(ident, currency, *prices, party="SE/LAD", **more))))
    return str(path)


def simulate(*args: str) -> int:
    return run(["tariff", "simulate", *args])


def printed(capsys) -> list[str]:
    return capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ").splitlines()


def test_one_tariff_is_explained_line_by_line(files, capsys) -> None:
    assert simulate("--tariff", files["night"], *PLAN, "--park", "20") == 0
    plan, fee, day, night, parked, total, per_kwh = printed(capsys)
    assert plan == "Thu 26 Nov 21:00 – Thu 26 Nov 23:20: 22 kWh in 2 h 00 min, then parked for 20 min"
    assert "6.25 SEK" in fee
    assert day.startswith("Energy: 11 kWh × ")
    assert "= 55.00 SEK incl. VAT" in day
    assert "= 27.50 SEK incl. VAT" in night
    assert "between 22:00 and 06:00" in night
    assert "= 25.00 SEK incl. VAT" in parked
    assert "Total: 113.75 SEK incl. VAT" in total
    assert per_kwh == "Per kWh, all in all: 5.1705 SEK"


def test_several_tariffs_stand_side_by_side_the_cheapest_first(files, capsys) -> None:
    assert simulate("--tariff", files["night"], files["even"], files["bare"], *PLAN) == 0
    lines = printed(capsys)
    assert [line.split() for line in lines[1:]] == [
        ["Tariff", "Start", "fee", "Energy", "Total", "Per", "kWh"],
        ["EVEN", "–", "82.50", "82.50", "SEK", "3.75", "SEK"],
        ["NIGHT", "6.25", "82.50", "88.75", "SEK", "4.0341", "SEK"],
        ["BARE", "–", "66.00", "66.00", "SEK", "3.00", "SEK", "excl.", "VAT"],
    ]


def test_a_series_shows_bars_and_the_cheapest_start(files, capsys) -> None:
    assert simulate("--tariff", files["night"], *PLAN, "--series", "1h") == 0
    lines = printed(capsys)
    assert len(lines) == 1 + 24 + 1
    assert lines[1].startswith("Thu 26 Nov 21:00   88.75 SEK  4.0341 SEK  ███")
    assert lines[-1] == "Cheapest: Thu 26 Nov 22:00, tariff NIGHT: 61.25 SEK, 2.7841 SEK per kWh"


def test_a_series_of_several_has_a_column_each(files, capsys) -> None:
    assert simulate("--tariff", files["night"], files["even"], *PLAN, "--series", "12h", "--over", "week") == 0
    lines = printed(capsys)
    assert lines[0].split() == ["Start", "NIGHT", "EVEN"]
    assert len(lines) == 1 + 14 + 1


def test_a_series_over_the_night_the_clock_is_put_back_shows_both_hours(files, capsys) -> None:
    start = ("--start", "2026-10-25T02:00", "--time-zone", "Europe/Stockholm")
    assert simulate("--tariff", files["even"], "--kwh", "1", "--kw", "11", *start, "--series", "1h") == 0
    lines = printed(capsys)
    assert [line[:23] for line in lines[1:3]] == ["Sun 25 Oct 02:00 +02:00", "Sun 25 Oct 02:00 +01:00"]


def test_a_curve_is_followed_to_its_end(files, capsys) -> None:
    assert simulate("--tariff", files["even"], "--curve", "0:50,20:150,40:60", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["estimates"]
    assert one["kwh"] == "68.3333"


def test_json_holds_every_line_and_period_and_the_series(files, capsys) -> None:
    assert simulate("--tariff", files["night"], files["even"], *PLAN, "--series", "6h", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    night, _ = found["estimates"]
    assert (night["total"]["incl"], night["per_kwh"], len(night["lines"])) == ("88.75", "4.0341", 3)
    assert [period["start_date_time"] for period in night["periods"]] == [
        "2026-11-26T20:00:00Z",
        "2026-11-26T21:00:00Z",
    ]
    assert [len(row) for row in found["series"]] == [4, 4]


def test_it_speaks_swedish(files, capsys) -> None:
    assert simulate("--tariff", files["even"], *PLAN, "--language", "sv") == 0
    lines = printed(capsys)
    assert "22 kWh på 2 h 00 min" in lines[0]
    assert lines[-1] == "Per kWh, allt som allt: 3,75 kr"


def test_a_price_that_is_not_known_ends_with_1(tmp_path, capsys) -> None:
    old = written(tmp_path, "OLD", energy(3), valid_until=datetime(2020, 1, 1, tzinfo=UTC))
    assert simulate("--tariff", old, *PLAN) == 1
    assert "The price is not known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--kwh", "30"), "expected --kwh and --kw"),
        (("--kw", "11"), "expected --kwh and --kw"),
        (("--kwh", "30", "--kw", "11", "--curve", "0:1,2:3"), "expected --kwh and --kw"),
        (("--kwh", "30", "--kw", "0"), "one above 0"),
        (("--curve", "5:50,10:50"), "first point at 0 minutes"),
        (("--kwh", "30", "--kw", "11", "--time-zone", "Mars"), "no such time zone"),
    ],
)
def test_a_plan_that_is_none_is_refused_in_one_line(files, capsys, args, says) -> None:
    assert simulate("--tariff", files["even"], *args) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("args", [("--curve", "5"), ("--series", "0m"), ("--start", "soon"), ("--kwh", "NaN")])
def test_a_value_that_cannot_be_read_is_refused(files, args) -> None:
    with pytest.raises(SystemExit) as exit_:
        simulate("--tariff", files["even"], *args)
    assert exit_.value.code == 2


def test_a_file_without_a_tariff_is_refused(tmp_path, capsys) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"id": "T"}')
    assert simulate("--tariff", str(wrong), *PLAN) == 2
    assert str(wrong) in capsys.readouterr().err
    assert simulate("--tariff", str(tmp_path / "none.json"), *PLAN) == 2


def test_a_tariff_with_a_day_that_is_none_is_refused(tmp_path, capsys) -> None:
    odd = Path(written(tmp_path, "ODD", energy(1).from_date("2026-02-28", 2)))
    odd.write_bytes(odd.read_bytes().replace(b"02-28", b"02-30"))
    assert simulate("--tariff", str(odd), *PLAN) == 2
    assert "start_date" in capsys.readouterr().err

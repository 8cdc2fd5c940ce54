"""`ocpilot price-many`: every CDR in its order, whatever the number of processes; a stopped run goes on."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ocpilot.cli.spread import in_order
from ocpilot.main import commands

TARIFF = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "T",
    "currency": "EUR",
    "tax_included": "NO",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 25, "step_size": 1}]}],
    "last_updated": "2026-11-01T00:00:00Z",
}


def cdr(number: int, **changes: object) -> dict[str, object]:
    return {
        "country_code": "SE",
        "party_id": "LAD",
        "id": f"C{number}",
        "start_date_time": "2026-11-23T10:00:00Z",
        "end_date_time": "2026-11-23T11:00:00Z",
        "cdr_token": {
            "country_code": "DE",
            "party_id": "ABC",
            "uid": "1",
            "type": "RFID",
            "contract_id": "DE-ABC-C1",
        },
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "L1",
            "address": "Storgatan 1",
            "city": "Västerås",
            "country": "SWE",
            "coordinates": {"latitude": "59.612000", "longitude": "16.545000"},
            "evse_uid": "1",
            "evse_id": "SE*LAD*E1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "EUR",
        "tariffs": [TARIFF],
        "charging_periods": [
            {"start_date_time": "2026-11-23T10:00:00Z", "dimensions": [{"type": "ENERGY", "volume": number}]}
        ],
        "total_cost": {"before_taxes": 1},
        "total_energy": number,
        "total_time": 1,
        "last_updated": "2026-11-23T12:00:00Z",
    } | changes


def jsonl(folder: Path, *items: object) -> str:
    path = folder / "cdrs.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return str(path)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run(*words: str) -> int:
    return commands.run(["price-many", *words])


def test_one_line_for_every_cdr_with_its_totals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = jsonl(tmp_path, *(cdr(number) for number in range(1, 4))), tmp_path / "out.jsonl"
    assert run(source, "--out", str(out), "--processes", "1") == 0
    found = lines(out)
    assert [line["id"] for line in found] == ["C1", "C2", "C3"]
    assert found[1]["total_cost"] == {"before_taxes": "1.00", "taxes": "0.25", "after_taxes": "1.25"}
    assert found[1]["total_energy_cost"] == found[1]["total_cost"]
    assert (found[1]["total_energy"], found[1]["total_time"], found[1]["line"]) == ("2", "1.0000", 2)
    assert "3 CDRs" in capsys.readouterr().err


def test_two_processes_write_the_same_as_one(tmp_path: Path) -> None:
    source = jsonl(tmp_path, *(cdr(number) if number % 7 else {"id": f"B{number}"} for number in range(3000)))
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert run(source, "--out", str(one), "--processes", "1") == 1
    assert run(source, "--out", str(two), "--processes", "2") == 1
    assert one.read_bytes() == two.read_bytes()
    assert [line["line"] for line in lines(two)] == list(range(1, 3001))


def test_what_has_no_price_says_why_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cdrs.jsonl"
    bodies = [cdr(1), cdr(2, tariffs=[]), cdr(3, currency=[]), [7], cdr(4)]
    path.write_text("\n".join([*map(json.dumps, bodies), "{broken"]))
    out = tmp_path / "out.jsonl"
    assert run(str(path), "--out", str(out), "--processes", "1") == 1
    found = lines(out)
    assert [bool(line.get("total_cost")) for line in found] == [True, False, False, False, True, False]
    assert found[1]["reasons"] == ["no Tariff is given and the CDR holds none"]
    assert "$.currency" in found[2]["reasons"][0]
    assert found[3]["reasons"] == ["$[0]: found int, expected a CDR"]
    assert found[5]["line"] == 6


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    source, whole, out = jsonl(tmp_path, *map(cdr, range(9))), tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    run(source, "--out", str(whole), "--processes", "1")
    out.write_bytes(whole.read_bytes()[:1000])
    assert run(source, "--out", str(out), "--processes", "1") == 0
    assert out.read_bytes() == whole.read_bytes()
    assert run(source, "--out", str(out), "--processes", "1") == 0
    assert out.read_bytes() == whole.read_bytes()


def test_a_folder_a_list_and_standard_input_are_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "b.json").write_text(json.dumps({"data": [cdr(2), cdr(3)], "status_code": 1000}, indent=1))
    (tmp_path / "a.json").write_text(json.dumps(cdr(1), indent=1))
    jsonl(tmp_path, cdr(4), cdr(5))
    (tmp_path / "notes.txt").write_text("not read")
    assert run(str(tmp_path), "--processes", "1") == 0
    found = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [line["id"] for line in found] == ["C1", "C2", "C3", "C4", "C5"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(cdr(6)).encode())))
    assert run("-", "--processes", "1") == 0
    assert json.loads(capsysbinary.readouterr().out)["id"] == "C6"


def test_given_tariffs_are_used_instead_of_those_in_the_cdr(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    dear = json.loads(json.dumps(TARIFF).replace("0.5", "5"))
    (tmp_path / "dear.json").write_text(json.dumps(dear))
    source = jsonl(tmp_path, cdr(1), cdr(2))
    assert run(source, "--tariff", str(tmp_path / "dear.json"), "--processes", "1") == 0
    found = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [line["total_cost"]["before_taxes"] for line in found] == ["5.00", "10.00"]


def test_a_credit_has_its_total_negative_and_only_that(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    source = jsonl(tmp_path, cdr(2), cdr(2, id="C2-C", credit=True, credit_reference_id="C2"))
    assert run(source, "--processes", "1") == 0
    original, credit = (json.loads(line) for line in capsysbinary.readouterr().out.splitlines())
    assert credit["credit"] is True
    assert credit["total_cost"] == {"before_taxes": "-1.00", "taxes": "-0.25", "after_taxes": "-1.25"}
    assert credit["total_energy_cost"] == original["total_energy_cost"]


@pytest.mark.parametrize(
    "words",
    [
        ("nowhere.jsonl",),
        (".", "--time-zone", "Mars/Olympus"),
        (".", "--processes", "0"),
        (".", "--tariff", "nowhere.json"),
        (".", "--out", "nowhere/out.jsonl"),
    ],
)
def test_wrong_usage_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    jsonl(tmp_path, cdr(1))
    monkeypatch.chdir(tmp_path)
    assert run(*words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_is_no_earlier_run_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("precious notes\n")
    assert run(jsonl(tmp_path, cdr(1)), "--out", str(out)) == 2
    assert out.read_text() == "precious notes\n"
    assert "earlier run" in capsys.readouterr().err


def ends(group: int) -> bool:
    """That no process of the group is there any more, soon."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    ("send", "number"), [(os.killpg, signal.SIGINT), (os.kill, signal.SIGTERM)], ids=["Ctrl-C", "SIGTERM"]
)
def test_an_interrupt_ends_all_processes_with_whole_lines(
    tmp_path: Path, send: Callable[[int, int], None], number: int
) -> None:
    """The input never ends by itself; when the first line is out the program is interrupted.

    A test run in the background has SIGINT ignored and passes that on, so the program gets it back first.
    """
    out = tmp_path / "out.jsonl"
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "from ocpilot.main.commands import run; raise SystemExit(run())"
    command = [sys.executable, "-c", program, "price-many", "-", "--out", str(out)]
    command += ["--processes", "2", "--version", "2.3.0"]
    body = json.dumps(cdr(1)).encode() + b"\n"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        while not (out.exists() and out.stat().st_size):
            process.stdin.write(body * 100)
        send(process.pid, number)
        said = process.stderr.read().decode()
        assert process.wait(timeout=60) == 130
        process.stdin.close()
    assert ends(process.pid)
    assert "Traceback" not in said
    assert "CDRs" in said
    assert out.read_bytes().endswith(b"\n")
    assert all("total_cost" in line for line in lines(out))


def test_no_more_is_read_than_is_being_done() -> None:
    """Memory stays flat: the jobs are asked for one by one."""
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    found = in_order(abs, jobs(), 2, int)
    for wanted in range(20):
        assert next(found) == wanted
        assert len(taken) <= wanted + 7
    found.close()

"""`ocpilot station qr`: one file per EVSE, named as the EVSE."""

import argparse
import json
from collections.abc import Sequence

import pytest

from ocpilot.app.stations.qr_codes import Format, drawn
from ocpilot.base.errors import UserError
from ocpilot.cli import station
from ocpilot.cli.station_qr import PrintedCode

URL = "https://lade.example/evse/SE*LAD*E7*1"


class Codes:
    """A station with one EVSE that has an EVSE id; CP-0 has none."""

    async def codes(self, station_id: str, format_: Format) -> Sequence[PrintedCode]:
        return [] if station_id == "CP-0" else [PrintedCode("E7-1", "SE*LAD*E7*1", URL, drawn(URL, format_))]


async def run(*words: str) -> None:
    parser = argparse.ArgumentParser()
    station.add_parser(parser.add_subparsers())
    await station.run(parser.parse_args(["station", "qr", *words]), Codes())


@pytest.mark.parametrize(("format_", "begin"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
async def test_a_code_becomes_a_file_to_print(tmp_path, capsys, format_, begin):
    folder = tmp_path / "labels"
    await run("CP-7", "--format", format_, "--folder", str(folder))
    [file] = folder.iterdir()
    assert file.name == f"SE-LAD-E7-1.{format_}"
    assert file.read_bytes().startswith(begin)
    assert capsys.readouterr().out == f"{file}  {URL}\n"


async def test_a_program_reads_where_the_files_are(tmp_path, capsys):
    await run("CP-7", "--folder", str(tmp_path), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["url"], told["evse_uid"]) == (URL, "E7-1")


async def test_a_station_without_evse_ids_has_no_codes(tmp_path):
    with pytest.raises(UserError, match="no EVSE of CP-0 has an evse_id"):
        await run("CP-0", "--folder", str(tmp_path))

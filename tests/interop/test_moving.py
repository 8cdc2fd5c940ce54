"""Objects out as JSON Lines and in again: the same bytes; the good lines are taken, the others set aside."""

import hashlib

import msgspec
import pytest

from ocpilot.cli import export_objects, import_objects
from ocpilot.main.commands import parser
from ocpilot.main.office_commands import Moving
from ocpilot.wire.protocol import ModuleID, Version


async def run(command, node, *words):
    args = parser().parse_args(["export" if command is export_objects else "import", *map(str, words)])
    return await command.run(args, Moving(node.platform))


async def export(node, folder, *words):
    return await run(export_objects, node, "--out", folder, *words)


async def fill(node, bodies):
    for number in range(3):
        evses = [bodies.evse(f"E{number}-{n}", connectors=[bodies.connector(max_voltage=230)]) for n in range(3)]
        await node.keep(ModuleID.LOCATIONS, bodies.location(f"L{number}", evses=evses, erp={"åäö": [1, None]}))
    await node.keep(ModuleID.LOCATIONS, bodies.location("L0", evses=[]))
    for number in range(1200):
        await node.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, f"T{number:04}"))
    await node.keep(ModuleID.TOKENS, bodies.token(country_code="SE", party_id="LAD"))
    await node.keep(ModuleID.SESSIONS, bodies.session(kwh=1.50), audience="SERES")
    await node.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0), audience="SERES")


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
async def empty(lade, start, second_database_url, tmp_path):
    """Another platform of the same parties."""
    async with start("Empty", lade.platform.settings.parties, second_database_url, tmp_path) as running:
        yield running


async def test_what_goes_out_comes_in_again_byte_by_byte(lade, empty, bodies, tmp_path, capsys):
    await fill(lade, bodies)
    assert await export(lade, tmp_path / "first") == 0
    assert await run(import_objects, empty, *sorted((tmp_path / "first").glob("*.jsonl"))) == 0
    assert await export(empty, tmp_path / "second") == 0
    [session] = await empty.platform.store.objects.find(ModuleID.SESSIONS, "S1")
    assert session.audience == "SERES"
    first = contents(tmp_path / "first")
    assert first == contents(tmp_path / "second")
    manifest = msgspec.json.decode(first["manifest.json"])
    assert {one["module"]: one["objects"] for one in manifest["files"]} == {
        "locations": 3,
        "tariffs": 1200,
        "tokens": 1,
        "sessions": 1,
        "cdrs": 1,
    }
    for one in manifest["files"]:
        assert hashlib.sha256(first[one["file"]]).hexdigest() == one["sha256"]
    assert "1200 tariffs taken, 0 rejected" in capsys.readouterr().out


async def test_filters_choose_what_goes_out(newest, bodies, tmp_path):
    resa = newest.resa
    await resa.ask("PUT", "2.3.0/receiver/tariffs/SE/LAD/T1", newest.lades_token, bodies.tariff(Version.V2_3_0))
    await resa.keep(ModuleID.TOKENS, bodies.token())
    await export(resa, tmp_path / "ours")
    await export(resa, tmp_path / "peers", "--owner", "peers", "--module", "tariffs", "--module", "locations")
    await export(resa, tmp_path / "late", "--since", "2026-11-02")
    await export(resa, tmp_path / "party", "--owner", "Lade", "--party", "SE/XXX")
    assert [name for name, text in contents(tmp_path / "ours").items() if text and name != "manifest.json"] == [
        "tokens.jsonl"
    ]
    assert sorted(contents(tmp_path / "peers")) == ["locations.jsonl", "manifest.json", "tariffs.jsonl"]
    assert (tmp_path / "peers/tariffs.jsonl").read_bytes().count(b"\n") == 1
    assert (tmp_path / "late/tokens.jsonl").read_bytes() == b""
    assert (tmp_path / "party/tariffs.jsonl").read_bytes() == b""


async def test_an_export_speaks_another_version_in_one_stream(lade, bodies, capfdbinary):
    await lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0), audience="SERES")
    assert await export(lade, "-", "--version", "2.2.1") == 0
    [line] = capfdbinary.readouterr().out.splitlines()
    assert msgspec.json.decode(line)["total_cost"] == {"excl_vat": 5.25}


async def test_the_good_ones_are_taken_and_the_others_set_aside(lade, bodies, tmp_path, capsys):
    good, other = bodies.tariff(Version.V2_3_0), bodies.tariff(Version.V2_3_0, "T2", party_id="XXX")
    broken = bodies.tariff(Version.V2_3_0, "T3", currency=1, elements=[])
    lines = [good, broken, other, bodies.tariff(Version.V2_3_0, "T4")]
    file = tmp_path / "tariffs.jsonl"
    file.write_bytes(b"\n".join([*map(msgspec.json.encode, lines), b'{"id": ', b"", b'{"hello": 1}']) + b"\n")
    assert await run(import_objects, lade, "--dry-run", file) == 1
    assert "would be taken, 4 rejected" in capsys.readouterr().out
    assert await ids(lade) == []
    assert not (tmp_path / "tariffs.jsonl.rejected").exists()
    assert await run(import_objects, lade, "--json", file) == 1
    said = capsys.readouterr()
    [done] = msgspec.json.decode(said.out)
    assert (done["taken"], done["rejected"]) == ({"tariffs": 2}, 4)
    assert f"{file}:2: $.currency: found 1" in said.err
    assert f"{file}:2: $.elements" in said.err
    assert f"{file}:3: $.party_id: found SE/XXX, expected a party of ours: SE/LAD" in said.err
    assert f"{file}:5: $" in said.err
    assert f"{file}:7: $" in said.err
    assert await ids(lade) == ["T1", "T4"]
    aside = (tmp_path / "tariffs.jsonl.rejected").read_bytes().splitlines()
    assert aside == [msgspec.json.encode(broken), msgspec.json.encode(other), b'{"id":', b'{"hello": 1}']


async def test_the_later_of_two_states_in_a_file_counts(lade, bodies, tmp_path):
    states = [bodies.location(name=f"N{n}", last_updated=f"2026-11-01T10:00:{n:02}Z") for n in range(40)]
    (tmp_path / "l.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, states)))
    assert await run(import_objects, lade, tmp_path / "l.jsonl") == 0
    [stored] = await lade.platform.store.locations.find("L1")
    assert msgspec.json.decode(stored.body)["name"] == "N39"


@pytest.mark.parametrize("wrap", [lambda found: found, lambda found: {"status_code": 1000, "data": found}])
async def test_lists_and_answers_are_read_too(lade, bodies, tmp_path, capsys, wrap):
    found = [bodies.tariff(Version.V2_3_0), {"hello": 1}]
    (tmp_path / "answer.json").write_bytes(msgspec.json.encode(wrap(found)))
    assert await run(import_objects, lade, tmp_path / "answer.json") == 1
    assert "[1]: found" in capsys.readouterr().err
    assert (tmp_path / "answer.json.rejected").read_bytes() == b'{"hello":1}\n'
    assert await ids(lade) == ["T1"]


async def ids(node):
    found = [await node.platform.store.objects.find(ModuleID.TARIFFS, f"T{n}") for n in range(9)]
    return [one.key.id for objects in found for one in objects]

"""`ocpilot cdr list|show` says what a CDR costs, where it stands, and what it belongs to."""

import asyncio
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ocpilot.app.invoicing.bill_views import CdrDetail, CdrRow
from ocpilot.app.kept.cdr_match_records import CdrMatch, Clue, Match, Part
from ocpilot.app.kept.peer_records import Delivery, DeliveryState, Peer, PeerState
from ocpilot.app.kept.records import CdrCheck, ObjectKey, StoredObject
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.billing.check import check_cdr
from ocpilot.cli import cdr as command
from ocpilot.main.commands import parser
from ocpilot.metering.signed import SignedCharge, SignedFinding
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR as CdrObject
from priced_cdr import CDR

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BILL = codec.read(CdrObject, Version.V2_3_0, codec.loads(json.dumps(CDR).encode())).value
KEY = ObjectKey(module=ModuleID.CDRS, party=PartyId.of(BILL.country_code, BILL.party_id), id=BILL.id)
RESA = Peer(id=7, name="Resa", state=PeerState.REGISTERED, created_at=NOW, updated_at=NOW)
REFUSED = Delivery(peer_id=7, key=KEY, state=DeliveryState.DEAD, last_error="HTTP 200, status 2001", updated_at=NOW)
TAKEN = Delivery(peer_id=7, key=KEY, state=DeliveryState.ACKNOWLEDGED, updated_at=NOW)


SIGNED = SignedCharge(texts=(), findings=(SignedFinding(SignedVerdict.NO_KEY, "the public key is not known"),))


def row(*, peer=None, agrees=None, delivery=None):
    stored = StoredObject(
        key=KEY, peer_id=peer.id if peer else None, version=Version.V2_3_0, last_updated=NOW, body=json.dumps(CDR)
    )
    check = None if agrees is None else CdrCheck(key=KEY, agrees=agrees, our_total="1 EUR", body="", at=NOW)
    return CdrRow(stored=stored, cdr=BILL, peer=peer, check=check, delivery=delivery)


class FakeCdrs:
    """Two CDRs with the same id: one we sent, and one of a peer."""

    def __init__(self, *rows):
        self.rows = rows

    async def list(self, limit):
        return self.rows[:limit]

    async def show(self, cdr_id):
        belongs = CdrMatch(
            key=KEY,
            peer_id=None,
            matches=(Match(part=Part.SESSION, id="S1", clue=Clue.SESSION_ID),),
            session="S1",
            credits=None,
            credit=False,
            token_uid="T",
            location_id="L",
            evse_uid="E",
            starts=NOW,
            ends=NOW,
            currency="EUR",
            at=NOW,
        )
        return [
            CdrDetail(
                row=one,
                verdict=check_cdr(BILL, None, ZoneInfo("UTC")),
                zone="UTC",
                deliveries=((RESA, REFUSED),),
                receipt=None,
                match=belongs,
                signed=SIGNED,
            )
            for one in self.rows
        ]

    async def texts(self, cdr_id):
        return [b'{"id":"C1"}' for _ in self.rows]


def ran(fake, *words):
    return asyncio.run(command.run(parser().parse_args(["cdr", *words]), fake))


@pytest.mark.parametrize(
    ("one", "whose", "state"),
    [
        (row(), "us", "not sent"),
        (row(delivery=TAKEN), "us", "acknowledged"),
        (row(delivery=REFUSED), "us", "dead"),
        (row(peer=RESA), "Resa", "not checked"),
        (row(peer=RESA, agrees=True), "Resa", "agrees"),
        (row(peer=RESA, agrees=False), "Resa", "differs"),
    ],
)
def test_a_cdr_is_one_line_with_its_cost_and_where_it_stands(capsys, one, whose, state):
    assert ran(FakeCdrs(one), "list") == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["ended", "CDR", "of", "from", "energy", "after", "taxes", "clearing", "state"]
    assert BILL.id in line
    assert f"  {whose}  " in line
    assert line.endswith(state)
    ran(FakeCdrs(one), "list", "--json")
    [found] = json.loads(capsys.readouterr().out)
    assert (found["id"], found["peer"], found["state"]) == (BILL.id, one.peer and one.peer.name, state)


def test_without_cdrs_it_is_said_when_there_are_some(capsys):
    ran(FakeCdrs(), "list")
    assert "made when a charge has ended" in capsys.readouterr().out


def test_a_limit_that_is_none_is_explained():
    with pytest.raises(UserError, match="--limit: found 0"):
        ran(FakeCdrs(), "list", "--limit", "0")


def test_one_cdr_is_shown_with_its_cost_its_way_and_what_it_belongs_to(capsys):
    ran(FakeCdrs(row()), "show", BILL.id)
    said = capsys.readouterr().out
    assert f"{BILL.total_cost.before_taxes:f} {BILL.currency} before taxes" in said
    assert "  priced again   cannot be priced" in said
    assert "  sent to        Resa: dead 2026-11-01T00:00:00Z, HTTP 200, status 2001" in said
    assert "  session        S1 (by session_id)" in said
    assert "  signed         NO_KEY: the public key is not known" in said
    assert "  token          none found" in said
    ran(FakeCdrs(row()), "show", BILL.id, "--json")
    [found] = json.loads(capsys.readouterr().out)
    assert found["sent"][0] | {"peer": "Resa", "state": "dead"} == found["sent"][0]
    assert found["matches"] == [{"part": "session", "id": "S1", "clue": "session_id"}]


def test_the_cdr_itself_is_printed_for_other_commands(capsys):
    ran(FakeCdrs(row()), "show", "C1", "--object")
    assert capsys.readouterr().out == '{"id":"C1"}\n'

"""The four-way check, case by case: what is wrong with a charge, and with its invoice."""

from datetime import date
from decimal import Decimal

import pytest

from ocpilot.billing.four_way import (
    Billed,
    CardTaken,
    Charge,
    Fault,
    Invoiced,
    Side,
    Standing,
    Step,
    of_charge,
    of_invoice,
)
from ocpilot.billing.invoice import InvoiceKind

TODAY = date(2026, 12, 15)


def billed(invoice="F-000001", **fields):
    usual = {"side": Side.SALE, "purpose": "roaming", "as_cdr": True, "net": Decimal("5.25"), "currency": "SEK"}
    return Billed(**(usual | {"invoice": invoice} | fields))


def bought(**fields):
    return billed(**({"side": Side.PURCHASE, "purpose": "purchase", "invoice": "S-000001"} | fields))


def charge(*items, **fields):
    usual = {
        "cdr": "SELAD/C1",
        "partner": "SERES",
        "standing": Standing.COUNTS,
        "why": "",
        "currency": "SEK",
        "total": Decimal("5.25"),
        "kwh": Decimal("1.5"),
        "sides": (Side.SALE,),
        "session": "s1",
        "session_kwh": Decimal("1.5"),
    }
    return Charge(**(usual | {"items": items} | fields))


def card(due="50", taken="50", **fields):
    usual = {"about": "p1", "given_back": Decimal(0), "settled": True, "late": False, "booked": True}
    return {"receipt": "R-1", "card": CardTaken(**(usual | {"due": Decimal(due), "taken": Decimal(taken)} | fields))}


BOTH = {"sides": (Side.SALE, Side.PURCHASE)}
RIGHT = {
    "billed once": charge(billed()),
    "on a receipt": charge(receipt="R-000001"),
    "both ways": charge(billed(as_cdr=False, purpose="sale", net=Decimal(9)), bought(), **BOTH),
    "bought, and billed by its operator": charge(bought(invoice=None), receipt="R-1", named=1, **BOTH),
    "billed by the partner (reverse billing)": charge(named=1),
    "billed again after a credit note": charge(billed(credited_by="K-000001"), billed("F-000002")),
    "rounded line by line": charge(billed(net=Decimal("5.27"))),
    "a last meter value late": charge(billed(), session_kwh=Decimal("1.45")),
    "credited": charge(standing=Standing.CREDITED),
    "dropped": charge(receipt="R-000001", standing=Standing.DROPPED, **BOTH),
    "a Credit CDR of what was billed": charge(billed(), credit=True, session=None, session_kwh=None, bills=0),
    "a Credit CDR of what was not": charge(credit=True, session=None, session_kwh=None, sides=()),
    "a reservation nobody came for": charge(billed(), session=None, session_kwh=None, kwh=Decimal(0)),
    "paid by card": charge(**card()),
    "paid by card up to what was reserved": charge(**card(taken="30")),
    "paid by card, and some of it given back": charge(**card(given_back=Decimal(10))),
    "credited, and given back to the card": charge(standing=Standing.CREDITED, **card(given_back=Decimal(50))),
    "passed on through our hub": charge(sides=()),
}
WRONG = [
    (charge(**card(taken="0", settled=False)), Step.PAYMENT, Fault.WAITS, "0 of 50 SEK were taken from the card"),
    (charge(**card(taken="0", settled=False, late=True, why="gone")), Step.PAYMENT, Fault.MISSING, "card: gone"),
    (charge(**card(taken="60")), Step.PAYMENT, Fault.DIFFERS, "60 of 50 SEK"),
    (charge(**card(taken="30", settled=False, late=True)), Step.PAYMENT, Fault.DIFFERS, "30 of 50 SEK"),
    (charge(**card(booked=False)), Step.PAYMENT, Fault.MISSING, "not in the ledger"),
    (charge(standing=Standing.CREDITED, **card()), Step.PAYMENT, Fault.DIFFERS, "50 of 0 SEK"),
    (charge(billed(), session=None, session_kwh=None), Step.SESSION, Fault.MISSING, "no Session"),
    (charge(billed(), session_kwh=None), Step.SESSION, Fault.MISSING, "no Session s1"),
    (charge(billed(), session_kwh=Decimal(7)), Step.SESSION, Fault.DIFFERS, "7 kWh"),
    (charge(billed(), bills=2), Step.CDR, Fault.DOUBLED, "2 CDRs of Session s1"),
    (charge(standing=Standing.HELD, why="late"), Step.CDR, Fault.WAITS, "held: late"),
    (charge(standing=Standing.DISPUTED, why="cost"), Step.CDR, Fault.WAITS, "disputed: cost"),
    (charge(), Step.BILL, Fault.MISSING, "nobody pays for it"),
    (charge(rated=False), Step.BILL, Fault.WAITS, "not worked out yet what is billed"),
    (charge(billed(credited_by="K-000001")), Step.BILL, Fault.MISSING, "F-000001 was taken back by K-000001"),
    (charge(billed(), billed("F-000002")), Step.BILL, Fault.DOUBLED, "billed twice as roaming: F-000001, F-000002"),
    (charge(billed(), receipt="R-1"), Step.BILL, Fault.DOUBLED, "receipt R-1 and F-000001"),
    (charge(billed(), named=1), Step.BILL, Fault.DOUBLED, "on F-000001 and on a record of the partner"),
    (charge(named=2), Step.BILL, Fault.DOUBLED, "on 2 records of the partner"),
    (charge(billed(net=Decimal(6))), Step.BILL, Fault.DIFFERS, "6 SEK (roaming)"),
    (charge(billed(currency="EUR")), Step.BILL, Fault.DIFFERS, "5.25 EUR (roaming)"),
    (charge(billed(None)), Step.INVOICE, Fault.WAITS, "on no invoice (roaming)"),
    (charge(receipt="R-1", **BOTH), Step.BILL, Fault.MISSING, "nothing says what we pay for it"),
    (charge(bought(), **BOTH), Step.BILL, Fault.MISSING, "nobody pays for it"),
    (charge(named=1, **BOTH), Step.BILL, Fault.MISSING, "nobody pays for it"),
    (charge(bought(), standing=Standing.DROPPED, **BOTH), Step.BILL, Fault.DIFFERS, "dropped, and billed"),
]


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_said_of_a_charge_that_is_right(name):
    assert list(of_charge(RIGHT[name])) == []


@pytest.mark.parametrize(
    ("wrong", "step", "fault", "found"), WRONG, ids=lambda one: one if isinstance(one, str) else ""
)
def test_each_fault_is_found_once_with_where_to_look(wrong, step, fault, found):
    [finding] = of_charge(wrong)
    assert (finding.step, finding.fault) == (step, fault)
    assert found in str(finding.found)
    assert (finding.about, finding.where) == ("SELAD/C1", "/console/cdrs/SE/LAD/C1")


def invoiced(**fields):
    usual = {
        "number": "F-000001",
        "partner": "SERES",
        "kind": InvoiceKind.INVOICE,
        "currency": "SEK",
        "net": Decimal(80),
        "to_pay": Decimal(100),
        "items": Decimal("80.004"),
        "lines": 1,
        "booked": Decimal(100),
        "open": Decimal(0),
        "due_on": date(2026, 12, 1),
    }
    return Invoiced(**(usual | fields))


@pytest.mark.parametrize(
    "right",
    [
        invoiced(),
        invoiced(items=None),
        invoiced(kind=InvoiceKind.CREDIT_NOTE, booked=Decimal(-100)),
        invoiced(kind=InvoiceKind.SELF_BILLED, booked=Decimal(-100), items=Decimal(-80)),
        invoiced(kind=InvoiceKind.SELF_BILLED_CREDIT),
        invoiced(net=Decimal(0), items=Decimal(0), to_pay=Decimal(0), booked=None),
    ],
)
def test_nothing_is_said_of_an_invoice_that_is_paid(right):
    assert list(of_invoice(right, TODAY)) == []


@pytest.mark.parametrize(
    ("wrong", "step", "fault", "found"),
    [
        ({"items": Decimal(70)}, Step.INVOICE, Fault.DIFFERS, "80, and its charges come to 70"),
        ({"booked": None}, Step.PAYMENT, Fault.MISSING, "not in the ledger"),
        ({"booked": Decimal(90)}, Step.PAYMENT, Fault.DIFFERS, "90 in the ledger"),
        ({"open": Decimal(40)}, Step.PAYMENT, Fault.MISSING, "40 open, due 2026-12-01"),
        ({"open": Decimal(40), "due_on": TODAY}, Step.PAYMENT, Fault.WAITS, "40 open"),
        ({"open": Decimal(-5)}, Step.PAYMENT, Fault.DIFFERS, "5 paid too much"),
        (
            {"kind": InvoiceKind.SELF_BILLED, "booked": Decimal(-100), "open": Decimal(-100), "due_on": None},
            Step.PAYMENT,
            Fault.WAITS,
            "100 open",
        ),
    ],
)
def test_what_is_wrong_with_an_invoice_or_its_payment(wrong, step, fault, found):
    [finding] = of_invoice(invoiced(**wrong), TODAY)
    assert (finding.step, finding.fault, finding.where) == (step, fault, "/console/invoices/F-000001")
    assert found in str(finding.found)

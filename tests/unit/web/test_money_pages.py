"""Payments and accounts in the console: a file goes in, what waits is matched, and a customer's account adds up."""

import asyncio
import re

import aiohttp
import pytest

from bank_files import Paid, bgmax, camt, entry, transaction
from issued import customer, issued
from ocpilot.billing.invoice import InvoiceKind
from ocpilot.billing.payment_reference import ocr_of


async def upload(reader, data: bytes, name: str = "november.txt"):
    form = aiohttp.FormData({"csrf": await csrf(reader)})
    form.add_field("file", data, filename=name)
    return await reader.post_form("/console/payments", form)


async def csrf(reader) -> str:
    return (await reader.get("/console/payments")).text.split('name="csrf" value="')[1].split('"')[0]


async def post(reader, path: str, **form: str):
    return await reader.post(path, form, csrf=await csrf(reader))


async def test_before_anything_happened_the_pages_say_so(desk):
    _, reader = desk
    assert "No payments yet" in (await reader.get("/console/payments")).words
    assert "Nothing waits" in (await reader.get("/console/payments?which=open")).words
    assert "Nothing is booked yet" in (await reader.get("/console/accounts")).words
    assert (await reader.get("/console/payments/7")).status == 404
    assert (await reader.get("/console/payments/x")).status == 404
    assert (await reader.get("/console/accounts/7")).status == 404


async def test_a_file_is_imported_and_what_waits_is_matched_taken_off_and_paid_back(desk):
    store, reader = desk
    anna = await customer(store)
    bill, other = await issued(store, anna), await issued(store, anna, "40")
    data = bgmax(Paid("100", ocr_of(bill.number)), Paid("50", code="0", payer="BERG ANNA"))
    page = await upload(reader, data)
    assert "november.txt: 2 new payments, 1 of them settled; 0 were there already." in page.words
    assert f"It names no invoice. {other.number}" in page.words.replace(" ", " ")
    assert "november.txt bgmax" in page.words
    page = await reader.get("/console/payments/2")
    assert f"It may be for invoice {other.number} of Anna Berg" in page.words
    assert (await post(reader, "/console/payments/2/match", invoice=other.number, amount="20,50")).status == 303
    page = await reader.get("/console/payments/2")
    assert "It names no invoice." in page.words
    assert "More was paid than was open." not in page.words
    assert (await post(reader, "/console/payments/2/unmatch", why="too little")).status == 303
    assert "kontor@example.org: too little" in (await reader.get("/console/payments/2")).words
    assert (await post(reader, "/console/payments/2/refund", by="")).status == 303
    page = await reader.get("/console/payments/2")
    assert "Settled" in page.words
    assert "What it is for" not in page.words


async def test_what_another_kind_of_file_told_of_is_dropped_or_booked(desk):
    store, reader = desk
    await customer(store)
    await upload(reader, bgmax(Paid("60", "123", serial="1"), Paid("70", "456", serial="2")))
    entries = [entry("60", transaction(ocr="123"), bank_id="A"), entry("70", transaction(ocr="456"), bank_id="B")]
    await upload(reader, camt(*entries), "statement.xml")
    assert "Another kind of bank file seems to tell of it too." in (await reader.get("/console/payments")).words
    page = await reader.get("/console/payments/3")
    assert "payment 1 of a bgmax file seems to be the same" in page.words
    assert "What it is for" not in page.words
    assert (await post(reader, "/console/payments/3/drop", why="payment 1")).status == 303
    assert "Dropped" in (await reader.get("/console/payments/3")).words
    assert "Take it off its invoices" not in (await reader.get("/console/payments/3")).words
    assert (await post(reader, "/console/payments/4/book")).status == 303
    assert "What it is for" in (await reader.get("/console/payments/4")).words


async def test_a_part_is_matched_once_however_often_the_form_is_sent(desk):
    store, reader = desk
    bill = await issued(store, await customer(store))
    await upload(reader, bgmax(Paid("60", code="0")))
    page = await reader.get("/console/payments/1")
    left = re.search(r'name="left" value="([^"]+)"', page.text).group(1)
    form = {"invoice": bill.number, "amount": "20", "left": left}
    answers = await asyncio.gather(*(post(reader, "/console/payments/1/match", **form) for _ in range(3)))
    assert sorted(one.status for one in answers) == [303, 400, 400]
    assert "was moved meanwhile" in max(answers, key=lambda one: one.status).words
    assert (await store.bank_payments.get(1)).open == 40


@pytest.mark.parametrize(
    ("word", "form", "told"),
    [
        ("match", {"invoice": "F-000009"}, "no invoice F-000009"),
        ("match", {"invoice": "F-000001", "amount": "much"}, "The amount is no number"),
        ("match", {"invoice": "F-000001", "amount": "1e900"}, "The amount is no number"),
        ("match", {"invoice": "F-000001", "amount": "500"}, "expected at most"),
        ("unmatch", {"why": "no"}, "on no invoice"),
        ("refund", {"by": "x"}, "no number of a payment"),
        ("refund", {"by": "99"}, "no payment 99"),
    ],
)
async def test_what_cannot_be_done_is_told_on_the_payments_page(desk, word, form, told):
    store, reader = desk
    await issued(store, await customer(store))
    await upload(reader, bgmax(Paid("100", code="0")))
    page = await post(reader, f"/console/payments/1/{word}", **form)
    assert (page.status, told in page.words) == (400, True)


async def test_a_broken_file_is_refused_with_every_line_that_is_wrong(desk):
    _, reader = desk
    page = await upload(reader, bgmax(Paid("1"))[:-90])
    assert "november.txt is broken; nothing of it was booked. line" in page.words
    assert "<script>" not in (await upload(reader, b"<x/>", "<script>.xml")).text
    assert "Choose a file first." in (await post(reader, "/console/payments")).words
    size = {"Content-Length": str(40 * 1024 * 1024), "Content-Type": "multipart/form-data; boundary=x"}
    writer_of = await _raw(reader, size)
    assert b"400" in writer_of


async def _raw(reader, headers: dict[str, str]) -> bytes:
    """The first line of the answer to a POST of which only the head is sent."""
    host, port = reader.base.removeprefix("http://").split(":")
    incoming, outgoing = await asyncio.open_connection(host, int(port))
    cookies = "; ".join(f"{one.key}={one.value}" for one in reader.session.cookie_jar)
    lines = [f"{name}: {value}" for name, value in {"Host": host, "Cookie": cookies, **headers}.items()]
    outgoing.write("\r\n".join(["POST /console/payments HTTP/1.1", *lines, "", ""]).encode())
    async with asyncio.timeout(10):
        line = await incoming.readline()
    outgoing.close()
    return line


async def test_accounts_show_who_owes_what_and_who_is_reminded(desk):
    store, reader = desk
    anna = await customer(store)
    bill = await issued(store, anna)
    await upload(reader, bgmax(Paid("30", ocr_of(bill.number))))
    words = (await reader.get("/console/accounts?check=1")).words
    assert "The books hold" in words
    assert f"{bill.number} Anna Berg" in words
    assert "Owed to us" in words
    page = await post(reader, "/console/accounts/remind", invoice=bill.number)
    assert (page.status, page.headers["Location"]) == (303, "/console/reminders/F-000001/1")
    page = await reader.get("/console/reminders/F-000001/1")
    assert "Reminder 1 of F-000001" in page.words
    assert "A reminder fee of" in page.words
    sent = await post(reader, "/console/reminders/F-000001/1")
    assert (sent.status, "no e-mail address" in sent.words) == (400, True)
    assert (await reader.get("/console/reminders/F-000001/1.pdf")).headers["Content-Type"] == "application/pdf"
    assert [(await reader.get(f"/console/reminders/F-000001/{level}")).status for level in ("2", "0", "x")] == [404] * 3
    page = await post(reader, "/console/accounts/remind", invoice=bill.number)
    assert (page.status, "no reminder is due" in page.words) == (400, True)
    page = await reader.get(f"/console/accounts/{anna.number}")
    assert "Owes us" in page.words
    assert '<a href="/console/payments/1">' in page.text
    assert '<a href="/console/reminders/F-000001/1">reminder 1 of F-000001' in page.text


async def test_what_we_owe_is_taken_off_an_open_invoice_once(desk):
    store, reader = desk
    anna = await customer(store)
    bill, advice = (
        await issued(store, anna),
        await issued(store, anna, "40", kind=InvoiceKind.CREDIT_ADVICE, series="A"),
    )
    path = f"/console/accounts/{anna.number}"
    page = await reader.get(path)
    assert f"On {advice.number} we owe" in page.words
    assert f'<option value="{bill.number}">' in page.text
    form = {"number": advice.number, "other": bill.number}
    answers = await asyncio.gather(*(post(reader, f"{path}/set-off", **form) for _ in range(3)))
    assert sorted(one.status for one in answers) == [303, 409, 409]
    assert "expected something that is owed to us" in max(answers, key=lambda one: one.status).words
    again = await post(reader, f"{path}/set-off", number=bill.number, other=bill.number)
    assert again.status == 409
    assert [(one.number, one.amount) for one in await store.ledger.open_invoices()] == [(bill.number, 50)]
    assert "Set off" not in (await reader.get(path)).words
    assert (await post(reader, f"{path}/set-off", number="F-9", other=bill.number)).status == 404
    assert (await post(reader, "/console/accounts/7/set-off", **form)).status == 404


async def test_a_customers_credit_is_shown_as_his(desk):
    store, reader = desk
    anna = await customer(store)
    bill = await issued(store, anna)
    await upload(reader, bgmax(Paid("130", ocr_of(bill.number))))
    words = (await reader.get(f"/console/accounts/{anna.number}")).words
    assert "We owe" in words
    assert "Unused credit" in words

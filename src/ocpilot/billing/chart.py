"""Which number of a chart of accounts a line of the ledger gets: the Swedish BAS unless the settings say otherwise.

A number is found by the most that is known of the line: `vat_out/SE/12` (account, country, rate in per cent), then
`revenue/DE/AE` (category of the tax, UNTDID 5305), `revenue/*/AE`, `vat_out/DE`, for a tax of another country than the
books' own `vat_out/*`, and last `vat_out`.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from ocpilot.base.money import HALF_UP
from ocpilot.billing.ledger import Account, Entry, LedgerLine
from ocpilot.billing.taxes import Tax, TaxRow

#: Numbers of BAS; an accountant may want others (`billing.accounts`).
BAS: Mapping[str, str] = {
    "receivable": "1510",
    "cards": "1580",
    "bank": "1930",
    "payable": "2440",
    "vat_out": "2611",
    "vat_out/*": "2670",
    "vat_in": "2641",
    "unmatched": "2999",
    "revenue": "3001",
    "revenue/*": "3305",
    "revenue/*/AE": "3308",
    "revenue/*/K": "3308",
    "revenue/*/E": "3004",
    "reminder_fees": "3590",
    "rounding": "3740",
    "purchases": "4000",
    "reimbursement": "4010",
    "revenue_share": "5090",
    "bad_debts": "6351",
    "card_fees": "6570",
}
_HOME_RATES: Mapping[str, str] = {
    "vat_out/SE/12": "2621",
    "vat_out/SE/6": "2631",
    "revenue/SE/12": "3002",
    "revenue/SE/6": "3003",
}
NAMES: Mapping[str, str] = {
    "1510": "Kundfordringar",
    "1580": "Fordringar för kontokort och kuponger",
    "1930": "Företagskonto",
    "2440": "Leverantörsskulder",
    "2611": "Utgående moms på försäljning inom Sverige, 25 %",
    "2621": "Utgående moms på försäljning inom Sverige, 12 %",
    "2631": "Utgående moms på försäljning inom Sverige, 6 %",
    "2641": "Debiterad ingående moms",
    "2670": "Utgående moms på försäljning inom EU, OSS",
    "2999": "OBS-konto",
    "3001": "Försäljning inom Sverige, 25 % moms",
    "3002": "Försäljning inom Sverige, 12 % moms",
    "3003": "Försäljning inom Sverige, 6 % moms",
    "3004": "Försäljning inom Sverige, momsfri",
    "3305": "Försäljning tjänster till land utanför EU",
    "3308": "Försäljning tjänster till annat EU-land",
    "3590": "Övriga fakturerade kostnader",
    "3740": "Öres- och kronutjämning",
    "4000": "Inköp av varor från Sverige",
    "4010": "Ersättning för hemladdning",
    "5090": "Övriga lokalkostnader",
    "6351": "Konstaterade förluster på kundfordringar",
    "6570": "Bankkostnader",
}


class UnknownAccount(ValueError):
    """A key of a chart that names no Account."""


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """`home` is the country (ISO 3166-1 alpha-2) the books are kept in; `numbers` by key as above."""

    home: str
    numbers: dict[str, str]

    def number(self, account: Account, tax: Tax | None = None) -> str:
        """The number of a line."""
        found = (self.numbers[key] for key in self._keys(account, tax) if key in self.numbers)
        return next(found)

    def _keys(self, account: Account, tax: Tax | None) -> Iterator[str]:
        if tax is not None:
            yield f"{account}/{tax.country}/{_rate(tax.rate)}"
            yield f"{account}/{tax.country}/{tax.category}"
            yield f"{account}/*/{tax.category}"
            yield f"{account}/{tax.country}"
            if tax.country and tax.country != self.home:
                yield f"{account}/*"
        yield str(account)


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One line as bookkeeping sees it: `amount` above zero is a debit. `tax` is that of the line, where it has one."""

    number: str
    account: Account
    amount: Decimal
    currency: str
    tax: Tax | None = None
    customer_id: int | None = None
    invoice: str | None = None


def chart_of(home: str, numbers: Mapping[str, str]) -> Chart:
    """BAS with `numbers` laid over. UnknownAccount when a key begins with no Account."""
    wrong = sorted(key for key in numbers if key.split("/")[0] not in set(Account))
    if wrong:
        raise UnknownAccount(f"billing.accounts: found {', '.join(wrong)}, expected keys that begin with an account")
    return Chart(home=home, numbers={**BAS, **_HOME_RATES, **numbers})


def postings(entry: Entry, taxes: Mapping[str, Sequence[TaxRow]], chart: Chart) -> tuple[Posting, ...]:
    """The lines of an entry with their numbers; net and tax of an invoice or receipt (`taxes` are the rows of each by
    number) stand apart per tax. What they do not come to exactly, such as a part that was given back, is divided in
    their proportion."""
    return tuple(one for line in entry.lines for one in _of_line(line, taxes.get(line.invoice or "", ()), chart))


def _of_line(line: LedgerLine, taxes: Sequence[TaxRow], chart: Chart) -> Iterator[Posting]:
    parts = _parts(line, taxes)
    if parts:
        for tax, amount in parts:
            yield _posting(line, amount, chart, tax)
    else:
        yield _posting(line, line.amount, chart, None)


def _parts(line: LedgerLine, taxes: Sequence[TaxRow]) -> list[tuple[Tax, Decimal]]:
    if line.account in {Account.VAT_OUT, Account.VAT_IN}:
        amounts = [(row.tax, row.amount) for row in taxes if row.amount]
    elif line.account in {Account.REVENUE, Account.PURCHASES, Account.REVENUE_SHARE, Account.REIMBURSEMENT}:
        amounts = [(row.tax, row.base) for row in taxes if row.base]
    else:
        return []
    total = sum((amount for _, amount in amounts), Decimal(0))
    if not total:
        return []
    shared = [(tax, HALF_UP.round(amount * line.amount / total, line.currency)) for tax, amount in amounts[:-1]]
    return [*shared, (amounts[-1][0], line.amount - sum((amount for _, amount in shared), Decimal(0)))]


def _posting(line: LedgerLine, amount: Decimal, chart: Chart, tax: Tax | None) -> Posting:
    return Posting(
        number=chart.number(line.account, tax),
        account=line.account,
        amount=amount,
        currency=line.currency,
        tax=tax,
        customer_id=line.customer_id,
        invoice=line.invoice,
    )


def _rate(rate: Decimal) -> str:
    """`25`, `5.5`."""
    return f"{rate.normalize():f}"

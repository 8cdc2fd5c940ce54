"""Bank files for tests, made from the formats' descriptions: BgMax by its positions, camt.053 by its elements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Paid:
    """A payment to a bankgiro number. `below` are records that follow it, as they are."""

    amount: str
    reference: str = ""
    serial: str = ""
    code: str = "2"
    payer: str = ""
    record: str = "20"
    below: Sequence[str] = field(default_factory=list)

    @property
    def minor(self) -> int:
        return int(Decimal(self.amount) * 100)

    def lines(self) -> list[str]:
        head = f"{self.record}{'':0>10}{self.reference:<25}{self.minor:018}{self.code}4{self.serial:0>12}0"
        return [head, *self.below, *([f"26{self.payer}"] if self.payer else [])]


def extra(reference: str, amount: str = "0", record: str = "22") -> str:
    """One more reference of a payment."""
    return f"{record}{'':0>10}{reference:<25}{int(Decimal(amount) * 100):018}24{'':0>12}0"


def bgmax(*paid: Paid, day: str = "20261126", deposit: int = 1, mark: str = "P", currency: str = "SEK") -> bytes:
    """A file with one deposit."""
    lines = [line for one in paid for line in one.lines()]
    whole = sum(-one.minor if one.record == "21" else one.minor for one in paid)
    counts = [sum(line[:2] in codes for line in lines) for codes in (("20",), ("21",), ("22", "23"))]
    every = [
        f"01BGMAX               01{day}120000000000{mark}",
        f"050009912346          {currency}",
        *lines,
        f"15{'':0>35}{day}{deposit:05}{whole:018}{currency}{len(paid):08}K",
        "70" + "".join(f"{count:08}" for count in (*counts, 1)),
    ]
    return "".join(f"{line:<80}\r\n" for line in every).encode("iso-8859-1")


def entry(
    amount: str,
    details: str = "",
    *,
    bank_id: str = "",
    side: str = "CRDT",
    day: str = "2026-11-26",
    status: str = "<Cd>BOOK</Cd>",
    currency: str = "SEK",
    more: str = "",
) -> str:
    """An entry of a statement."""
    reference = f"<AcctSvcrRef>{bank_id}</AcctSvcrRef>" if bank_id else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}<Sts>{status}</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt>{reference}<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def transaction(
    amount: str = "",
    *,
    ocr: str = "",
    text: str = "",
    name: str = "",
    bank_id: str = "",
    more: str = "",
    currency="SEK",
) -> str:
    """One transaction of an entry."""
    given = f'<Amt Ccy="{currency}">{amount}</Amt>' if amount else ""
    refs = f"<Refs><AcctSvcrRef>{bank_id}</AcctSvcrRef></Refs>" if bank_id else ""
    payer = f"<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>" if name else ""
    strd = f"<Strd><CdtrRefInf><Ref>{ocr}</Ref></CdtrRefInf></Strd>" if ocr else ""
    ustrd = f"<Ustrd>{text}</Ustrd>" if text else ""
    return f"<TxDtls>{refs}{given}{payer}<RmtInf>{ustrd}{strd}</RmtInf>{more}</TxDtls>"


def camt(*entries: str, version: str = "08", balances: str = "", account: str = "SE3550000000054910000003") -> bytes:
    """A statement."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct>"
        f"{balances}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def balance(kind: str, amount: str) -> str:
    """Of a statement, at its beginning (OPBD) or end (CLBD)."""
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="SEK">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
    )

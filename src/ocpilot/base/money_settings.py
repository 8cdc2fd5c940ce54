"""Settings of whoever sends invoices and takes payments: the seller, the books, card payments, the mail server."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from ocpilot.base.section import Section

#: Per cent a year: more is a slip of the pen.
_MOST_INTEREST = 100


class SellerSettings(Section, frozen=True, kw_only=True):
    """Who issues receipts and invoices: legal name, address, numbers, and where invoices are paid to. `address` are its
    lines before `postal_code` and `city`; `country` is ISO 3166-1 alpha-2. `electronic_address` is where e-invoices
    come from, `0007:5567321707` (scheme of the EAS list, number). `receipt_series` leads every receipt number."""

    name: str = ""
    address: tuple[str, ...] = ()
    postal_code: str = ""
    city: str = ""
    country: str = ""
    electronic_address: str = ""
    f_tax: bool = False
    bankgiro: str = ""
    plusgiro: str = ""
    iban: str = ""
    bic: str = ""
    swish: str = ""
    organisation_number: str = ""
    vat_number: str = ""
    email: str = ""
    phone: str = ""
    receipt_series: str = "R"


class ReminderSettings(Section, frozen=True, kw_only=True):
    """A reminder: `days` after an invoice was due, or after the reminder before it as many as the two are apart. `fee`
    is taken for invoices in `currency` (Sweden: 60 SEK where it was agreed, act 1981:739). `text` is what it says, in
    place of our own words; `{number}`, `{due}` and `{open}` are filled in."""

    days: Annotated[int, msgspec.Meta(ge=1, le=365)]
    fee: Decimal = Decimal(0)
    currency: str = "SEK"
    text: str = ""

    def __post_init__(self) -> None:
        if not self.fee >= 0:
            raise ValueError(f"fee: found {self.fee}, expected 0 or more")


class Supply(StrEnum):
    """What is sold: what was charged, or a fee."""

    ELECTRICITY = "electricity"
    SERVICE = "service"


class VatRateSettings(Section, frozen=True, kw_only=True):
    """The VAT `rate` in per cent of a country (ISO 3166-1 alpha-2) from a day on; without `supply`, of both."""

    country: str
    since: date
    rate: Decimal
    supply: Supply | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 100:
            raise ValueError(f"rate: found {self.rate}, expected 0 to 100 per cent")


class ExchangeRateSettings(Section, frozen=True, kw_only=True):
    """What one of `currency` is worth in `charging.currency` from a day on."""

    currency: str
    since: date
    rate: Decimal

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"rate: found {self.rate}, expected more than 0")


#: Numbers stand in addresses, file names and Message-IDs.
Series = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,12}$")]


class BillingSettings(Section, frozen=True, kw_only=True):
    """Invoices. What leads their numbers: those we send, credit notes, those we write in a seller's name and their
    credit notes, and what we tell people who get money. `automatic`: what is due is written by itself, not only when
    somebody runs `ocpilot invoice run`; `automatic_sending`: what was issued is sent by itself. `peppol_outbox` is the
    folder where e-invoices are put for an access point to fetch. `days` until an invoice is to be paid, where the
    customer has no others; `time_zone` (IANA) is that of the books: which day and month something belongs to.
    `vat_rates` go before those we know; `domestic_reverse_charge` are the countries in which a reseller of electricity
    owes the VAT of one who sells to him there (docs/decisions/20261126-vat.md says by which law).
    For bookkeeping: `accounts` are numbers of its chart where they are others than those of BAS (`{revenue = "3011",
    "vat_out/DE" = "2671"}`), `voucher_series` leads its vouchers; those in another currency than `charging.currency`
    have a series of their own (`voucher_series_of`, else both in one word: `OEUR`), and are written with what they are
    worth in it where `exchange_rates` say so. `year_begins` is the first month of
    the financial year. `reminders` are sent one after the other, none unless set; `late_interest` is per cent a year of
    what is late, booked with a reminder."""

    invoice_series: Series = "F"
    credit_series: Series = "K"
    self_billed_series: Series = "S"
    self_billed_credit_series: Series = "SK"
    advice_series: Series = "A"
    automatic: bool = False
    automatic_sending: bool = False
    peppol_outbox: str = ""
    days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 30
    time_zone: str = "UTC"
    vat_rates: tuple[VatRateSettings, ...] = ()
    domestic_reverse_charge: tuple[str, ...] = ("AT", "CZ", "DE", "IT", "RO")
    accounts: dict[str, str] = msgspec.field(default_factory=dict)
    voucher_series: str = "O"
    voucher_series_of: dict[str, str] = msgspec.field(default_factory=dict)
    exchange_rates: tuple[ExchangeRateSettings, ...] = ()
    year_begins: Annotated[int, msgspec.Meta(ge=1, le=12)] = 1
    reminders: tuple[ReminderSettings, ...] = ()
    late_interest: Decimal = Decimal(0)

    @property
    def document_series(self) -> tuple[str, ...]:
        """All that lead the number of a document that goes to, or comes from, a customer."""
        return (
            self.invoice_series,
            self.credit_series,
            self.self_billed_series,
            self.self_billed_credit_series,
            self.advice_series,
        )

    def __post_init__(self) -> None:
        if not 0 <= self.late_interest <= _MOST_INTEREST:
            raise ValueError(
                f"late_interest: found {self.late_interest}, expected 0 to {_MOST_INTEREST} per cent a year"
            )
        series = [self.voucher_series, *self.voucher_series_of.values()]
        if len(set(series)) < len(series):
            raise ValueError(f"voucher_series_of: found {', '.join(series)}, expected another one for each currency")
        days = [one.days for one in self.reminders]
        if days != sorted(set(days)):
            raise ValueError(f"reminders: found days {days}, expected each later than the one before")


class CardProviderName(StrEnum):
    """Who takes card payments: nobody, a provider that is built in and moves no money, or Stripe."""

    NONE = "none"
    TEST = "test"
    STRIPE = "stripe"


_PREAUTHORISED = {"EUR": Decimal(60), "GBP": Decimal(50), "USD": Decimal(60)} | {
    name: Decimal(600) for name in ("SEK", "NOK", "DKK")
}
_LEAST = {"EUR": Decimal("0.50"), "GBP": Decimal("0.30"), "USD": Decimal("0.50")} | {
    name: Decimal(3) for name in ("SEK", "NOK", "DKK")
}


class CardSettings(Section, frozen=True, kw_only=True):
    """Card payments. `secret_key` and `webhook_secret` are those of our account at the provider, `api_base` is where it
    is reached (empty: where it always is), `timeout` seconds an answer of it may take. By currency: what is reserved
    before a charge where its Tariff names no amount (`preauthorise`), and the least that is taken (`minimum`): less is
    not worth a provider's fee, and some refuse it. `pay_within` seconds a driver has at the provider's page,
    `start_within` seconds until the charge must have begun. `confirmed_within`: hours after a CDR in which a terminal
    provider is to say what it captured."""

    provider: CardProviderName = CardProviderName.NONE
    secret_key: str = ""
    webhook_secret: str = ""
    api_base: str = ""
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    preauthorise: dict[str, Decimal] = msgspec.field(default_factory=lambda: dict(_PREAUTHORISED))
    minimum: dict[str, Decimal] = msgspec.field(default_factory=lambda: dict(_LEAST))
    pay_within: float = 1800.0
    start_within: float = 900.0
    confirmed_within: float = 24.0


class MailTls(StrEnum):
    """How the connection to the mail server is made safe: by STARTTLS, by TLS from the first byte, or not at all."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(Section, frozen=True, kw_only=True):
    """The mail server that invoices go out by (SMTP); without `host` none does. `user` and `password` where it wants
    them; `sender` is who writes, such as `Resa AB <invoices@resa.example>`. `timeout` in seconds."""

    host: str = ""
    port: int = 587
    user: str = ""
    password: str = ""
    sender: str = ""
    tls: MailTls = MailTls.STARTTLS
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 30.0

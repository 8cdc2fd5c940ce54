"""Who stands on an invoice: seller, buyer, and where the money goes."""

import msgspec


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """`lines` are street and number, or a box; `country` is ISO 3166-1 alpha-2, `region` a state or province."""

    lines: tuple[str, ...] = ()
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str


class BusinessParty(msgspec.Struct, frozen=True, kw_only=True):
    """A seller or a buyer. Numbers are as their registers write them; `electronic_address` is where an e-invoice goes,
    as `0007:5567321707` (scheme of the EAS list, number). `f_tax`: approved for Swedish F-tax."""

    name: str
    address: Address
    organisation_number: str = ""
    vat_number: str = ""
    email: str = ""
    phone: str = ""
    electronic_address: str = ""
    f_tax: bool = False

    @property
    def country(self) -> str:
        """Where it is established."""
        return self.address.country


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """Where an invoice is paid to; every part may be empty."""

    bankgiro: str = ""
    plusgiro: str = ""
    iban: str = ""
    bic: str = ""
    swish: str = ""

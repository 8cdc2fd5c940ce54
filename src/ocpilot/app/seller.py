"""Us, as invoices name us."""

from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError
from ocpilot.billing.parties import Address, BusinessParty, Payee


def seller_of(platform: Platform) -> BusinessParty:
    """Who we are on invoices. UserError when the settings do not say where we are: that decides which tax is ours."""
    said = platform.settings.seller
    if len(said.country) != 2:
        found = said.country or "nothing"
        raise UserError(f"seller.country: found {found}, expected the country we are established in, such as SE")
    return BusinessParty(
        name=said.name or platform.settings.name,
        address=Address(lines=said.address, postal_code=said.postal_code, city=said.city, country=said.country.upper()),
        organisation_number=said.organisation_number,
        vat_number=said.vat_number,
        email=said.email,
        phone=said.phone,
        electronic_address=said.electronic_address,
        f_tax=said.f_tax,
    )


def payee_of(platform: Platform) -> Payee:
    """Where we are paid."""
    said = platform.settings.seller
    return Payee(bankgiro=said.bankgiro, plusgiro=said.plusgiro, iban=said.iban, bic=said.bic, swish=said.swish)

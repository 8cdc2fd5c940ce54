"""The provider that writes invoices: it is in his books that these tests look."""

from ..invoicing.conftest import provider as provider  # noqa: PLC0414 - a fixture, by its name

"""From a CDR that is right to an invoice that was sent."""

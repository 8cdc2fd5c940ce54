"""Charges of people without an account: the page of an EVSE, and the card they pay with."""

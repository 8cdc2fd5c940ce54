"""Transactions of stations: what they say of them, in whatever order, until one has ended."""

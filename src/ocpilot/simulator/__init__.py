"""Simulated charging stations: real clients over real sockets, built on the `ocpp` package; no code of the gateway."""

"""Stations: the OCPP gateway and, as its independent counterpart, a station simulator."""

"""Stations of ours: let in, looked after, told what to show."""

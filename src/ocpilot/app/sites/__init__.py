"""Limits of sites, shared among the charges there."""

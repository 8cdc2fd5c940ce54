"""OCPI over HTTP: one route table and its server, and the client."""

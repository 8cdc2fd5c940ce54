"""The JSON API of back offices under /api/v1: one table of routes, and the OpenAPI document and page made from it."""

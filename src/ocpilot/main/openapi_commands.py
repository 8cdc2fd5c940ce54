"""`ocpilot openapi`: the documents of both servers."""

import argparse

from ocpilot.api import openapi as api
from ocpilot.cli import openapi
from ocpilot.http.openapi import document_of_everything


def run_openapi(args: argparse.Namespace) -> int:
    """See `cli.openapi`."""
    return openapi.run(args, document_of_everything, api.document)

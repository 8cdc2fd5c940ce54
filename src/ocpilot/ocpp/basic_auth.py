"""HTTP Basic authentication of stations (OCPP-J 1.6, 6.2 "HTTP Basic Authentication")."""

import base64
import binascii


class WrongAuthorization(Exception):
    """The header is no Basic authentication of this station. Never leaves `ocpp/`."""


def password_of(header: str | None, station_id: str) -> str | None:
    """The password in an Authorization header; None without a header. The user name must be the station's id.

    A key is written in hexadecimal in the station's configuration and may travel as its raw bytes: bytes that are no
    text are given back in hexadecimal, lower case.
    """
    if header is None:
        return None
    scheme, _, encoded = header.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError) as error:
        raise WrongAuthorization("the Authorization header is no Basic authentication") from error
    if scheme.lower() != "basic" or not colon:
        raise WrongAuthorization("the Authorization header is no Basic authentication")
    if user != station_id.encode():
        raise WrongAuthorization("the user name is not the station's id")
    try:
        return password.decode()
    except UnicodeDecodeError:
        return password.hex()

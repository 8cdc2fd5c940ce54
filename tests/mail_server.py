"""A small mail server on a real socket: takes messages, or refuses what a test wants refused."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

SECRET = base64.b64encode(b"\0ocpilot\0let me in").decode()


@dataclass
class MailServer:
    """`taken` are the messages. `unknown` addresses are refused; `tls` makes it offer STARTTLS; `wants_login`: the user
    `ocpilot` with the password `let me in` only; `goes_away`: it closes the line when it gets a message."""

    tls: ssl.SSLContext | None = None
    wants_login: bool = False
    unknown: set[str] = field(default_factory=set)
    goes_away: bool = False
    taken: list[EmailMessage] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            self.said.append(line)
            word = line.split(":")[0].split(" ")[0].upper()
            if word == "STARTTLS" and self.tls is not None:
                writer.write(b"220 go ahead\r\n")
                await writer.drain()
                await writer.start_tls(self.tls)
                continue
            if word == "DATA":
                await self._data(reader, writer)
                continue
            if word == "MAIL" and self.goes_away:
                break
            writer.write(self._answer(word, line).encode() + b"\r\n")
            await writer.drain()
            if word == "QUIT":
                break
        writer.close()

    def _answer(self, word: str, line: str) -> str:
        match word:
            case "EHLO":
                offers = [
                    "mail.example",
                    *(["STARTTLS"] if self.tls else []),
                    *(["AUTH PLAIN"] if self.wants_login else []),
                ]
                return "\r\n".join(f"250{' ' if one is offers[-1] else '-'}{one}" for one in offers)
            case "AUTH":
                return "235 welcome" if line.endswith(SECRET) else "535 5.7.8 wrong password"
            case "RCPT":
                is_unknown = any(one in line for one in self.unknown)
                return "550 5.1.1 no such user here" if is_unknown else "250 ok"
            case "QUIT":
                return "221 bye"
            case _:
                return "250 ok"

    async def _data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"354 go on\r\n")
        lines = []
        while (line := await reader.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self.taken.append(message_from_bytes(b"".join(lines), policy=policy.default))
        writer.write(b"250 taken\r\n")


@asynccontextmanager
async def running_mail_server(server: MailServer) -> AsyncIterator[MailServer]:
    """On a free port of this machine."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server

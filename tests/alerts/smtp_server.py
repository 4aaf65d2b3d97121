"""A real SMTP server (aiosmtpd) that keeps what it is given; in plain, with STARTTLS, or with TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from servers import Certificates, free_port

LOGIN = ("quanshi", "geheim-4711")


@dataclass
class Mailbox:
    """``refusals``: what it says to a recipient instead of taking him; ``greeting``: to all of them."""

    port: int
    got: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusals.get(address):
            return self.refusals[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data:
            return self.data.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.got.append((list(envelope.rcpt_tos), mail))
        return "250 taken"


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == LOGIN
    return AuthResult(success=right, handled=False)


@contextmanager
def smtp_server(
    security: Literal["none", "starttls", "tls"] = "none",
    certificates: Certificates | None = None,
    *,
    login: bool = False,
) -> Iterator[Mailbox]:
    box = Mailbox(free_port())
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": box.port}
    if login:
        options |= {
            "authenticator": _login,
            "auth_required": True,
            "auth_require_tls": security == "starttls",
        }
    if certificates is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates.certificate, certificates.key)
        if security == "tls":
            options["ssl_context"] = context
        elif security == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
    controller = Controller(box, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()

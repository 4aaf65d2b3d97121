"""Mail over SMTP: plain text and simple HTML, with a Message-ID that is the same for the same message."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import blake2b
from html import escape
from typing import Final, Literal

import aiosmtplib

from alerts.channels.base import DeliveryError, PermanentError, TemporaryError
from alerts.channels.reached import Reached
from alerts.model import Happening, Message

Security = Literal["starttls", "tls", "none"]
PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_SHOWN: Final = 200


class Mail:
    """``to`` are addresses beside those of the channel."""

    def __init__(
        self,
        name: str,
        host: str,
        sender: str,
        *,
        to: tuple[str, ...] = (),
        port: int | None = None,
        security: Security = "starttls",
        user: str = "",
        password: str = "",
        trust: ssl.SSLContext | None = None,
        timeout: float = 20.0,
        limit: tuple[int, float] | None = None,
    ) -> None:
        """``trust``: whom to trust beside what the system trusts. ``timeout``: seconds for each answer."""
        self.name = name
        self.limit = limit
        self._host, self._port = host, port or PORTS[security]
        self._sender, self._to = sender, to
        self._security = security
        self._login = (user, password)
        self._trust = trust
        self._timeout = timeout
        self._reached = Reached()

    async def send(self, message: Message, to: tuple[str, ...]) -> str | None:
        everybody = (*self._to, *to)
        if not everybody:
            raise PermanentError("nobody's mail address is known")
        left = self._reached.left(message.key, everybody)
        if not left:
            return None
        try:
            refused = await self._hand_in(compose(message, self._sender, everybody), left)
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = {each.recipient: (each.code, each.message) for each in error.recipients}
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # ValueError: an address or a host that is none.
            raise _meaning(error) from error
        return self._judge(message.key, left, refused)

    async def close(self) -> None:
        """Nothing is open between two messages."""

    async def _hand_in(self, mail: EmailMessage, to: list[str]) -> dict[str, tuple[int, str]]:
        """Those whom the server did not take, with its code and words."""
        secure = self._security != "none"
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
            tls_context=(self._trust or ssl.create_default_context()) if secure else None,
        )
        async with client:
            if self._login[0]:
                await self._log_in(client)
            refused, _ = await client.send_message(mail, recipients=to)
        return {address: (answer.code, answer.message) for address, answer in refused.items()}

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        """Once, by one method: a server counts wrong logins. Without TLS by one that hides the password."""
        await client.ehlo()
        offered = client.supported_auth_methods
        secret = ["cram-md5"] if self._security == "none" else []
        for method in (*secret, "plain", "login", "cram-md5"):
            if method in offered:
                ways = {"plain": client.auth_plain, "login": client.auth_login}
                await ways.get(method, client.auth_crammd5)(*self._login)
                return
        raise aiosmtplib.SMTPException("the mail server offers no way to log in")

    def _judge(self, key: str, asked: list[str], refused: dict[str, tuple[int, str]]) -> str | None:
        for address in asked:
            if address not in refused:
                self._reached.note(key, address)
        text = "; ".join(f"{who}: {_said(code, words)}" for who, (code, words) in refused.items())
        if any(code < 500 for code, _ in refused.values()):
            raise TemporaryError(text, sent=len(refused) < len(asked))
        if refused and not self._reached.knows(key):
            raise PermanentError(text)
        self._reached.done(key)
        return text or None


def compose(message: Message, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The mail. What follows a start is an answer to it, so that programs show them as one thread."""
    _, address = parseaddr(sender)
    domain = address.rpartition("@")[2] or "localhost"
    mail = EmailMessage()
    mail["Subject"] = " ".join(message.title.split())
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.made_at / 1000, UTC))
    mail["Message-ID"] = message_id(message.key, domain)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    mail["X-Quanshi-Key"] = message.key
    if message.happening is not Happening.FIRED and len(message.alerts) == 1:
        start = message_id(f"{message.alerts[0].id}/{Happening.FIRED}", domain)
        mail["In-Reply-To"] = mail["References"] = start
    mail.set_content(message.text + "\n")
    mail.add_alternative(_html(message), subtype="html")
    return mail


def message_id(key: str, domain: str) -> str:
    """RFC 5322 3.6.4; the same key gives the same, so a duplicate is seen as one."""
    return f"<{blake2b(key.encode(), digest_size=12).hexdigest()}.quanshi@{domain}>"


def _html(message: Message) -> str:
    lines = []
    for line in message.text.splitlines():
        shown = escape(line)
        if message.link and message.link in line:
            target = escape(message.link)
            shown = shown.replace(target, f'<a href="{target}">{target}</a>')
        lines.append(shown)
    body = "<br>\n".join(lines)
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body><p>{body}</p></body></html>\n'


def _meaning(error: Exception) -> DeliveryError:
    match error:
        case aiosmtplib.SMTPAuthenticationError() if error.code >= 500:
            return PermanentError(f"the login is refused: {error.code}")  # its words may repeat the login
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPConnectTimeoutError():
            cause = error.__cause__
            if isinstance(cause, ssl.SSLCertVerificationError):
                return _meaning(cause)
            return TemporaryError("no connection to the mail server", sent=False)
        case aiosmtplib.SMTPResponseException():
            said = _said(error.code, error.message)
            return PermanentError(said) if error.code >= 500 else TemporaryError(said, sent=False)
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return TemporaryError("the mail server does not answer in time")
        case aiosmtplib.SMTPException():
            return TemporaryError(" ".join(str(error).split())[:_SHOWN] or type(error).__name__)
        case ssl.SSLCertVerificationError():
            return TemporaryError(f"the certificate is not trusted: {error.verify_message}", sent=False)
        case OSError():
            return TemporaryError(f"the connection broke: {error.strerror or type(error).__name__}")
        case _:
            return PermanentError(f"no mail can be made of it: {type(error).__name__}")


def _said(code: int, words: str) -> str:
    return f"{code} {' '.join(words.split())}"[:_SHOWN]

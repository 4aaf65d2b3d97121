"""The web server of the role, and the note that tells others of this machine where it listens."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web

from monitor.config import Site
from monitor.web.app import make_app, make_metrics_app
from monitor.web.context import Context

NOTE: Final = "monitor.json"
_STOP_WITHIN: Final = 1.0

log = structlog.get_logger(__name__)


class TlsError(OSError):
    """The certificate or its key cannot be used: says which file, and why."""


class Pages:
    """Pages, API and metrics of one monitor, from ``async with`` to its end."""

    def __init__(self, site: Site, context: Context) -> None:
        self._site = site
        self._context = context
        self._note = site.data / NOTE
        self._runners: list[web.AppRunner] = []

    async def __aenter__(self) -> None:
        try:
            await self._start()
        except OSError:
            await self._stop()
            raise

    async def _start(self) -> None:
        """Raises OSError when an address is taken, TLS cannot be had, or ``data`` cannot be tidied."""
        settings = self._site.web
        self._context.spool.clear()
        tls = None if settings.tls is None else tls_context(settings.tls.certificate, settings.tls.key)
        app = make_app(self._context)
        address = await self._listen(app, self._site.listen_host, self._site.listen_port, tls)
        if settings.metrics_listen is not None:
            own = make_metrics_app(self._context)
            host, port = settings.metrics_listen
            await self._listen(own, host, port, None)
        url = self._context.url = url_of(address, "http" if tls is None else "https")
        note = {"url": url, "pid": os.getpid(), "token": self._context.local_token}
        if settings.tls is not None:
            note["certificate"] = str(settings.tls.certificate)
        _write_note(self._note, note)
        log.info("pages are up", url=url)

    async def _listen(
        self, app: web.Application, host: str, port: int, tls: ssl.SSLContext | None
    ) -> tuple[Any, ...]:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_WITHIN)
        self._runners.append(runner)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, ssl_context=tls).start()
        except OSError as error:
            log.error("cannot listen", host=host, port=port, error=str(error))  # noqa: TRY400 - raised on
            raise
        return tuple(runner.addresses[0])

    async def __aexit__(self, *exc_info: object) -> None:
        self._note.unlink(missing_ok=True)
        await self._stop()

    async def _stop(self) -> None:
        for runner in self._runners:
            await runner.cleanup()


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate (PEM, its chain behind it). Raises TlsError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        log.error("TLS cannot be had", certificate=str(certificate), key=str(key), error=str(error))  # noqa: TRY400
        raise TlsError(f"web.tls: {certificate} and {key}: {error}") from error
    return context


def url_of(address: Iterable[Any], scheme: str = "http") -> str:
    """The URL for somebody on this machine; an address that means "all of them" is reached by loopback."""
    host, port = list(address)[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _write_note(path: Path, note: dict[str, Any]) -> None:
    """Whole or not at all: somebody may be reading. For nobody else: it holds a token."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(note) + "\n")
    fresh.replace(path)

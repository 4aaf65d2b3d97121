"""When a login may be sent: once a round, once more for a stale nonce, never again after a refusal.

Cameras lock an account, or our whole address, after five to seven wrong logins (domain §3.1), and
shut out the real video platform with us. So the first refusal is the last.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Final

from collectors.protocols.base import Login
from collectors.protocols.digest import authorization, choose, parse_challenges
from monitor.model.observations import Cause, Verdict

WANTED: Final = Verdict(Cause.AUTH_WANTED, "asks for a login")
UNKNOWN_SCHEME: Final = Verdict(Cause.AUTH_WANTED, "offers no way to log in that we speak; login not tried")
CLOSES: Final = Verdict(Cause.AUTH_WANTED, "closes after its challenge; login not tried")
REJECTED: Final = Verdict(Cause.AUTH_REJECTED, "login refused; not tried again until it is changed")


def _fresh_cnonce() -> str:
    return secrets.token_hex(8)


class LoginGuard:
    """The login of one asker, and what the device has said to it so far."""

    __slots__ = ("_cnonce", "_locked", "_login", "_renewed", "_sent")

    def __init__(self, login: Login | None, cnonce: Callable[[], str] = _fresh_cnonce) -> None:
        self._login = login
        self._cnonce = cnonce
        self._locked = False
        self._sent = False
        self._renewed = False

    @property
    def ready(self) -> bool:
        """A challenge would be answered with the login now."""
        return self._login is not None and not self._locked

    def begin(self) -> None:
        """A new round: nothing was sent in it yet."""
        self._sent = self._renewed = False

    def lock(self) -> None:
        self._locked = self._login is not None

    def challenged(self, offers: Iterable[str], method: str, uri: str) -> str | Verdict:
        """Answer a 401 with these challenges: the ``Authorization`` to ask again with, or a verdict."""
        if self._login is None:
            return WANTED
        challenge = choose(parse_challenges(offers))
        if self._sent:
            if self._renewed or challenge is None or not challenge.stale:
                return self.forbidden()
            self._renewed = True
        if self._locked:
            return REJECTED
        if challenge is None:
            return UNKNOWN_SCHEME
        self._sent = True
        return authorization(challenge, self._login, method, uri, self._cnonce())

    def forbidden(self) -> Verdict:
        """Answer a 403, or a 401 that is final: if the login was sent, it is never sent again."""
        if self._sent:
            self._locked = True
        return REJECTED if self._locked else WANTED

    def admitted(self, verdict: Verdict) -> Verdict:
        """``verdict`` for an answer that was given, unless the login is locked: that stays to be said."""
        return REJECTED if self._locked else verdict

    @property
    def sent(self) -> bool:
        """The login was sent in this round."""
        return self._sent

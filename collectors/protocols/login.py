"""When a login may be sent: once a round, once more for a stale nonce, never again after a refusal.

Cameras lock an account, or our whole address, after five to seven wrong logins, and
shut out the real video platform with us. So the first refusal is the last. Silence may be one, too:
after it the login rests for a while, and the second silence in a row is taken for a refusal.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Final

from collectors.protocols.base import Login
from collectors.protocols.digest import authorization, choose, parse_challenges
from monitor.model.observations import Cause, Verdict

ENOUGH: Final = 2
"""Logins in a row without an answer before no more are sent."""

RESTS: Final = 2
"""Challenges that are not answered after a login that was not: those of the quick repeats."""

WANTED: Final = Verdict(Cause.AUTH_WANTED, "asks for a login")
UNKNOWN_SCHEME: Final = Verdict(Cause.AUTH_WANTED, "offers no way to log in that we speak; login not tried")
CLOSES: Final = Verdict(Cause.AUTH_WANTED, "closes after its challenge; login not tried")
RESTING: Final = Verdict(Cause.AUTH_WANTED, "login got no proper answer a moment ago; not tried this time")
WITHHELD: Final = Verdict(Cause.AUTH_WANTED, "login not tried, others refused it")
SILENT: Final = Verdict(Cause.AUTH_WANTED, "login not tried, this device gives it no proper answer")
REJECTED: Final = Verdict(Cause.AUTH_REJECTED, "login refused; not tried again until it is changed")
UNANSWERED: Final = Verdict(
    Cause.AUTH_REJECTED, "login got no proper answer; not tried again until it is changed"
)


def _fresh_cnonce() -> str:
    return secrets.token_hex(8)


class LoginGuard:
    """The login of one asker, and what the device has said to it so far."""

    __slots__ = ("_cnonce", "_login", "_open", "_own", "_renewed", "_rests", "_sent", "_told", "_unanswered")

    def __init__(self, login: Login | None, cnonce: Callable[[], str] = _fresh_cnonce) -> None:
        self._login = login
        self._cnonce = cnonce
        self._own: Verdict | None = None
        self._told: Verdict | None = None
        self._sent = False
        self._renewed = False
        self._open = False
        self._unanswered = 0
        self._rests = 0

    @property
    def ready(self) -> bool:
        """A challenge would be answered with the login now."""
        return self._login is not None and self._instead is None

    @property
    def sent(self) -> bool:
        """The login was sent in this round."""
        return self._sent

    def begin(self) -> None:
        """A new round: nothing was sent in it yet."""
        self._sent = self._renewed = False
        if self._login is None:
            return
        trial = self._login.trial
        if self._open:
            self._open = False
            self._unanswered += 1
            trial.unanswered += 1
            self._rests = RESTS
        if self._unanswered and max(self._unanswered, trial.unanswered) >= ENOUGH:
            self._own = self._own or UNANSWERED

    def lock(self, instead: Verdict | None) -> None:
        if self._login is not None:
            self._told = instead

    def answered(self) -> None:
        """A whole answer came, whatever it says; if the login was waiting for one, then it was heard."""
        if self._open and self._login is not None:
            self._open = False
            self._unanswered = self._login.trial.unanswered = self._login.trial.sent = 0

    def challenged(self, offers: Iterable[str], method: str, uri: str) -> str | Verdict:
        """Answer a 401 with these challenges: the ``Authorization`` to ask again with, or a verdict."""
        if self._login is None:
            return WANTED
        self.answered()
        challenge = choose(parse_challenges(offers))
        if self._sent:
            if self._renewed or challenge is None or not challenge.stale:
                return self.forbidden()
            self._renewed = True
        if (instead := self._instead) is not None:
            self._rests = max(0, self._rests - 1)
            return instead
        if challenge is None:
            return UNKNOWN_SCHEME
        self._sent = self._open = True
        self._login.trial.sent += 1
        return authorization(challenge, self._login, method, uri, self._cnonce())

    def forbidden(self) -> Verdict:
        """Answer a 403, or a 401 that is final: if the login was sent, it is never sent again."""
        self.answered()
        if self._sent:
            self._own = REJECTED
            return REJECTED
        return self._told or self._own or WANTED

    def admitted(self, verdict: Verdict) -> Verdict:
        """``verdict`` for an answer that was given, unless the login was refused: that stays to be said."""
        self.answered()
        locked = self._told or self._own
        return verdict if locked is None or locked.cause is Cause.AUTH_WANTED else locked

    @property
    def _instead(self) -> Verdict | None:
        """What to say instead of logging in; None: it may be tried."""
        if (locked := self._told or self._own) is not None:
            return locked
        if self._login is not None and self._login.trial.sent >= ENOUGH:
            return SILENT
        return RESTING if self._rests else None

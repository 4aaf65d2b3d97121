"""Accounts as the pages, the API and ``quanshi user`` use them: each method one whole transaction."""

from __future__ import annotations

from monitor.access.lines import Lines
from monitor.access.logins import Logins
from monitor.access.manage import Manage, Seen
from monitor.access.own import Own
from monitor.access.store import LoggedIn, Settings, url_of

__all__ = ["Access", "LoggedIn", "Seen", "Settings", "url_of"]


class Access(Logins, Own, Manage, Lines):
    """All of it, opened by :meth:`~monitor.access.store.Store.open`."""

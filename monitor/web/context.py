"""What handlers have at hand: the live picture, the ledger once it is open, accounts, and ways to ask."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redis.asyncio import Redis

from monitor.access.access import Access
from monitor.access.trail import Trail
from monitor.bus.keys import Keys
from monitor.bus.wishes import Wishes
from monitor.config import Reloader
from monitor.desk.inventory import Uploads
from monitor.desk.jobs import Jobs
from monitor.desk.spool import Spool
from monitor.desk.turns import Turns
from monitor.ledger.ledger import Ledger
from monitor.ledger.signing import Signer
from monitor.live.health import Health
from monitor.live.lasthour import LastHour
from monitor.live.layers import Layers
from monitor.live.maintenance import Excluding
from monitor.live.picture import Boards
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.live.watchrows import Rows
from monitor.reports.nodelists import NodeLists
from monitor.web.alertbook import AlertBook
from monitor.web.coverage import Coverage
from monitor.web.decisionbook import DecisionBook
from monitor.web.hub import Hub
from monitor.web.trends import Trends

if TYPE_CHECKING:
    from monitor.config import Site


@dataclass(slots=True)
class Context:
    """One monitor as its pages see it.

    ``ledger`` and ``signer`` are None until the ledger is open; ``access`` until accounts can be read.
    ``redis`` is the client for commands. ``started_at``: milliseconds. ``local_token``: shown by commands of
    this machine, which read it in the note of the role. ``url``: where we listen, once we do.
    ``reckoning``: what takes seconds of a processor is done one after the other. So are ``checks`` of
    reports, which are no work of this process.
    """

    live: Live
    health: Health
    times: ProbeTimes
    redis: Redis
    keys: Keys
    reloader: Reloader
    started_at: int
    hub: Hub = field(default_factory=Hub)
    boards: Boards = field(default_factory=Boards)
    excluding: Excluding = field(default_factory=Excluding)
    alerts: AlertBook = field(default_factory=AlertBook)
    coverage: Coverage = field(default_factory=Coverage)
    decisions: DecisionBook = field(default_factory=DecisionBook)
    rows: Rows = field(default_factory=Rows)
    lists: NodeLists = field(default_factory=NodeLists)
    trends: Trends = field(init=False)
    ledger: Ledger | None = None
    signer: Signer | None = None
    access: Access | None = None
    url: str = ""
    spool: Spool = field(init=False)
    uploads: Uploads = field(default_factory=Uploads)
    jobs: Jobs = field(init=False)
    layers: Layers = field(init=False)
    last_hour: LastHour = field(init=False)
    wishes: Wishes = field(init=False)
    trail: Trail = field(init=False)
    reckoning: Turns = field(default_factory=Turns)
    checks: Turns = field(default_factory=Turns)
    local_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def __post_init__(self) -> None:
        self.trends = Trends(self.lists)
        self.spool = Spool(lambda: self.site.data)
        self.jobs = Jobs(lambda: self.site)
        self.layers = Layers(self.live, self.redis, self.keys)
        self.last_hour = LastHour(self.live, self.times)
        self.trail = Trail(lambda: self.ledger, lambda: self.access, self.live.clock)
        self.wishes = Wishes(self.redis, self.keys)

    @property
    def site(self) -> Site:
        """As it is now: a reload replaces it."""
        return self.live.site

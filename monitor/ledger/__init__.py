"""The SQL store of facts, chained and signed: append with exact positions, and the questions others ask.

Importing it loads SQLAlchemy (a second and 40 MB): only the roles that need a ledger do.
"""

from monitor.ledger.chain import ChainHead
from monitor.ledger.errors import LedByAnotherError, LedgerError
from monitor.ledger.judgements import Judgements, Told
from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import (
    AlertRecordRow,
    Appended,
    ChangeRow,
    GapRow,
    InventoryRow,
    JudgementMarks,
    JudgementRow,
    News,
    ObserverRow,
    OpenOutage,
    Origin,
    RefusalRow,
    ReportRow,
    SegmentRow,
    SightRow,
    SnapshotRow,
    StandingRow,
)
from monitor.ledger.signing import Checkpoint, Signer

__all__ = [
    "AlertRecordRow",
    "Appended",
    "ChainHead",
    "ChangeRow",
    "Checkpoint",
    "GapRow",
    "InventoryRow",
    "JudgementMarks",
    "JudgementRow",
    "Judgements",
    "LedByAnotherError",
    "Ledger",
    "LedgerError",
    "News",
    "ObserverRow",
    "OpenOutage",
    "Origin",
    "RefusalRow",
    "ReportRow",
    "SegmentRow",
    "SightRow",
    "Signer",
    "SnapshotRow",
    "StandingRow",
    "Told",
]

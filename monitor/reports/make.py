"""Makes a report and its proof: gathers, works out, records it, and signs what it rests on."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from monitor.config import Site
from monitor.ledger.chain import GENESIS
from monitor.ledger.ledger import Ledger
from monitor.ledger.signing import Signer
from monitor.model.times import format_time, wall_clock
from monitor.reports.build import Progress, Question, report
from monitor.reports.document import SIGNED_FORM, Proof, Report
from monitor.reports.edition import software, wording
from monitor.reports.gather import gather
from monitor.reports.jsonform import digest
from monitor.reports.windows import Window

Rehearsal = Callable[[Report, Proof], None]
"""Writes a report for a trial, with a proof that is none. Raises what writing raises."""


class NothingError(Exception):
    """In this scope and window no watch was in service: there is nothing to report on."""


async def make(
    ledger: Ledger,
    signer: Signer,
    site: Site,
    window: Window,
    question: Question,
    *,
    now: int | None = None,
    files: dict[str, Any] | None = None,
    progress: Progress | None = None,
    rehearse: Rehearsal | None = None,
) -> tuple[Report, Proof]:
    """The report that answers a question, kept in the ledger as one of the question's revisions.

    ``files``: what will be written of it, for the record. ``rehearse`` is called before the record is made:
    a report that cannot be written must not stand in the ledger as made. Raises what it raises,
    LedgerError, WindowError for a window that has not begun, and NothingError; then nothing is recorded.
    The event loop goes on meanwhile.
    """
    made_at = wall_clock() if now is None else now
    # What a report rests on is linked before it is made: so its proof vouches for all of it.
    await ledger.seal_until(window.cut(made_at).end, made_at)
    with _no_garbage():
        facts = await gather(ledger, site, window, made_at, linked=True)
        made = await asyncio.to_thread(report, facts, question, progress)
    if not made.nodes:
        raise NothingError
    name = await asyncio.to_thread(digest, made)
    proof = Proof(
        digest=name,
        revision=1,
        made_at=made_at,
        links=0,
        head=GENESIS,
        key=signer.public,
        signature="0" * 128,
        software=software(),
        wording=wording(),
        form=SIGNED_FORM,
    )
    if rehearse is not None:
        await asyncio.to_thread(rehearse, made, proof)
    revision = await ledger.record_report(question_of(made), name, made_at, files or {})
    # After the report is recorded: the chain that the proof names, and that is signed, holds the report too.
    signed = await ledger.checkpoint(signer, now)
    proof = replace(proof, revision=revision, links=signed.link, head=signed.hash)
    return made, replace(proof, signature=signer.sign(proof.text()).hex())


def question_of(made: Report) -> dict[str, Any]:
    """What was asked for, by which revisions of the same report are told from other reports."""
    return {
        "site": made.site,
        "from": format_time(made.start),
        "to": format_time(made.period_end),
        "by": made.by,
        "scope": [list(pair) for pair in made.scope],
    }


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Nearly all that is read stays until the end: looking through it for garbage takes a third more time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

"""A key, and the proof that it signs of the report in ``checked_kit``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from checked_kit import REPORT, signed
from report_kit import PROOF

from monitor.ledger.signing import Signer
from monitor.reports.document import SIGNED_FORM, Proof
from monitor.reports.edition import software, wording
from monitor.reports.jsonform import digest


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer.of(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="session")
def proof(signer: Signer) -> Proof:
    made_by = replace(PROOF, software=software(), wording=wording(), form=SIGNED_FORM)
    return signed(signer, replace(made_by, digest=digest(REPORT), key=signer.public))

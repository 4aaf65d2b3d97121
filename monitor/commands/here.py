"""Who does something at this machine, as the audit trail names it. Nobody has logged in here."""

from __future__ import annotations

import os
import pwd
from typing import Final

HERE: Final = "local"
"""What the audit trail names as the address of who sits at this machine."""

SYSTEM_USER: Final = "system_user"
"""The name of the fact that says whose process it was."""


def system_user() -> str:
    """What is known without a login: whose process this is."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # in a container a number may have no name
        return str(number)

"""``make bench``: the promises of speed, measured on this machine beside their budgets (design.md §10).

``make bench ARGS="engine ping"`` runs some of the scenarios. Exit status 1 when a figure is over its budget,
or is missing because what would have been measured was something else.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # tests/, for the tools

from measure import HEADING, Figure, NotMeasuredError
from scenarios import SCENARIOS


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}; all when none is named")
    wanted = parser.parse_args().scenario or list(SCENARIOS)
    # Ended from outside it still stops what it started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    unknown = set(wanted) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    say(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
    say("CPU figures are user and system time of the processes named; µs are per probe")
    figures: list[Figure] = []
    failed = [name for name in wanted if not measure(name, figures)]
    over = [figure for figure in figures if not figure.ok]
    promised = [figure for figure in figures if figure.budget]
    say(f"\n{len(figures)} figures, {len(promised)} with a budget, {len(over)} over it")
    if failed:
        say(f"FAILED, with figures missing: {', '.join(failed)}")
    return int(bool(over or failed))


def measure(name: str, figures: list[Figure]) -> bool:
    """Print and add the figures of one scenario, each as soon as it is known; False when it failed."""
    scenario = SCENARIOS[name]
    say(f"\n{name}: {(scenario.__doc__ or '').strip()}\n{HEADING}")
    try:
        with tempfile.TemporaryDirectory(prefix="quanshi-bench-") as folder:
            for figure in scenario(Path(folder)):
                say(figure.line())
                figures.append(figure)
    except (NotMeasuredError, subprocess.SubprocessError) as error:
        say(f"FAILED: {error}")
        return False
    return True


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

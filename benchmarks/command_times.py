"""The seconds a command takes in a terminal: medians of five runs."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from installed import AS_INSTALLED

TIMES = 5
IBIS = "python -c 'import ibis; ibis.duckdb.connect()'"
SHOW = "regulars show kpis"
HELP = "regulars --help"
IMPORT = "python -c 'import regulars'"


def measure(warehouse: Path) -> dict[str, float]:
    """Return the median seconds of each command. A failing command stops the benchmark."""
    regulars = [str(Path(sys.executable).with_name("regulars"))]
    python = [sys.executable, "-c"]
    return {
        HELP: _seconds([*regulars, "--help"]),
        IMPORT: _seconds([*python, "import regulars"]),
        IBIS: _seconds([*python, "import ibis; ibis.duckdb.connect()"]),
        SHOW: _seconds([*regulars, "show", "kpis", "-w", str(warehouse)]),
    }


def _seconds(command: list[str]) -> float:
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=AS_INSTALLED)
        times.append(time.perf_counter() - start)
    return median(times)

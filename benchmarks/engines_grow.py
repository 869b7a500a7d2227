"""Measure how builds and queries grow with the lines, in DuckDB and on a Spark cluster.

The input is a folder of Parquet files with a copy of the shop in each. Memory is the peak of any
process of a kind, as counted by the operating system.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from input_files import parts_of
from installed import AS_INSTALLED
from queries import QUERIES, analysis_call

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

MEMORY, LARGE_MEMORY, LARGE = "1GB", "4GB", 100
"""The memory limit of DuckDB: 1 GB is not enough for 100 million lines. Spark ignores it."""

PROCESS_KINDS = {
    "CoarseGrainedExecutorBackend": "worker", "pyspark/daemon": "worker's Python",
    "SparkSubmit": "driver's Java", Path(__file__).name: "program",
}  # fmt: skip
"""A part of the command line of a process -> its kind."""


def measure(engine: str, millions: int) -> dict[str, Any]:
    """Return seconds and memory of a build and one run of every query, in a new process."""
    folder = parts_of(millions, HERE / "work" / f"parts-{millions}")
    if engine == "duckdb":
        with tempfile.TemporaryDirectory(dir=HERE / "work") as work:
            return _run(folder, str(Path(work) / "shop.duckdb"))
    from support.spark import running_cluster

    with running_cluster(quick_start=False) as cluster:
        return _run(folder, cluster.address("bench"))


def _run(folder: Path, warehouse: str) -> dict[str, Any]:
    command = [sys.executable, __file__, str(folder), warehouse]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | AS_INSTALLED
    ) as child:
        monitor = _MemoryMonitor()
        monitor.start()
        output, _ = child.communicate()
        monitor.ended.set()
        monitor.join()
    if child.returncode:
        sys.exit(f"{warehouse} failed")
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures | {"memory": monitor.peaks}


class _MemoryMonitor(threading.Thread):
    """A thread that records the peak memory of our processes every half second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.peaks: dict[str, int] = {}

    def run(self) -> None:
        while not self.ended.wait(0.5):
            for process in Path("/proc").glob("[0-9]*"):
                self._record(process)

    def _record(self, process: Path) -> None:
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            status = (process / "status").read_text()
        except (OSError, UnicodeDecodeError):
            return
        kind = next((kind for part, kind in PROCESS_KINDS.items() if part in command), None)
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
        if kind and peak:
            self.peaks[kind] = max(self.peaks.get(kind, 0), int(peak.split()[1]) * 1024)


def _build_and_query(folder: str, location: str) -> dict[str, Any]:
    import regulars as rg
    from regulars.core.settings import Settings

    settings = Settings(
        memory_limit=MEMORY if len(list(Path(folder).iterdir())) < LARGE else LARGE_MEMORY
    )
    start = time.perf_counter()
    report = rg.build(folder, warehouse=location, settings=settings)
    built = time.perf_counter()
    with rg.open_warehouse(location, settings=settings) as warehouse:
        for query in QUERIES:
            name, options = analysis_call(query)
            for _ in warehouse.rows(warehouse.ask(name, **options)):
                pass
    rows = sum(source.rows for source in report.sources)
    return {"rows": rows, "build": built - start, "ask": time.perf_counter() - built}


if __name__ == "__main__":
    print(json.dumps(_build_and_query(*sys.argv[1:])))

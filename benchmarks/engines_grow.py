"""How building and asking grow with the lines, on DuckDB and on a Spark cluster.

The input is one folder of Parquet files, a copy of the shop in each. Memory is the most that any
process of a kind has held, from the system's own count.
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

from installed import AS_INSTALLED
from questions import QUESTIONS
from shop import parts_of

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

MEMORY, MEMORY_FOR_MANY, MANY = "1GB", "4GB", 100
"""What DuckDB may use; with 1 GB it gives up at 100 million lines. Spark is not told."""

KINDS = {
    "CoarseGrainedExecutorBackend": "worker", "pyspark/daemon": "worker's Python",
    "SparkSubmit": "driver's Java", Path(__file__).name: "program",
}  # fmt: skip
"""What stands in the command line of a process, and what it is to us."""


def measured(engine: str, millions: int) -> dict[str, Any]:
    """Return seconds and memory of one build and of all questions asked once, in a new process."""
    folder = parts_of(millions, HERE / "work" / f"parts-{millions}")
    if engine == "duckdb":
        with tempfile.TemporaryDirectory(dir=HERE / "work") as place:
            return _in_a_process(folder, str(Path(place) / "shop.duckdb"))
    from support.spark import running_cluster

    with running_cluster(quick_start=False) as cluster:
        return _in_a_process(folder, cluster.address("bench"))


def _in_a_process(folder: Path, place: str) -> dict[str, Any]:
    command = [sys.executable, __file__, str(folder), place]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | AS_INSTALLED
    ) as child:
        watch = _Watch()
        watch.start()
        said, _ = child.communicate()
        watch.ended.set()
        watch.join()
    if child.returncode:
        sys.exit(f"{place} failed")
    return json.loads(said.splitlines()[-1]) | {"memory": watch.most}


class _Watch(threading.Thread):
    """Looks every half second at the most memory that each process of ours has ever held."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.most: dict[str, int] = {}

    def run(self) -> None:
        """Look until it is over."""
        while not self.ended.wait(0.5):
            for process in Path("/proc").glob("[0-9]*"):
                self._look(process)

    def _look(self, process: Path) -> None:
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            status = (process / "status").read_text()
        except (OSError, UnicodeDecodeError):
            return
        kind = next((kind for part, kind in KINDS.items() if part in command), None)
        held = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
        if kind and held:
            self.most[kind] = max(self.most.get(kind, 0), int(held.split()[1]) * 1024)


def _build_and_ask(folder: str, place: str) -> dict[str, Any]:
    import regulars as rg
    from regulars.core.settings import Settings

    settings = Settings(
        memory_limit=MEMORY if len(list(Path(folder).iterdir())) < MANY else MEMORY_FOR_MANY
    )
    start = time.perf_counter()
    report = rg.build(folder, warehouse=place, settings=settings)
    built = time.perf_counter()
    with rg.open_warehouse(place, settings=settings) as warehouse:
        for question in QUESTIONS:
            name, *by = question.split()
            for _ in warehouse.rows(warehouse.ask(name, **({"by": by[0]} if by else {}))):
                pass
    rows = sum(source.rows for source in report.sources)
    return {"rows": rows, "build": built - start, "ask": time.perf_counter() - built}


if __name__ == "__main__":
    print(json.dumps(_build_and_ask(*sys.argv[1:])))

"""Compare the dashboard with a minimal page, for one user and for ten.

    python benchmarks/dashboard.py --lines 1 10              # to dashboard.md
    python benchmarks/dashboard.py --lines 1 --on postgresql
    python benchmarks/dashboard.py --quick [--lines 1]       # a trial run, to the terminal only

Each part runs on the three servers in turn and restarts each of them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from dashboard_browser import OpenPage, chromium, open_page
from dashboard_page import markdown
from dashboard_servers import CONTENDERS, OURS, Server, run_server
from dashboard_users import OPEN
from dashboard_workload import (
    FULL,
    QUICK,
    Round,
    Size,
    Workload,
    dashboard_workload,
    empty_page_workload,
    with_thinking,
)
from input_files import SHEETS, parts_of
from installed import AS_INSTALLED
from regulars import open_warehouse

HERE = Path(__file__).parent
RESULTS = HERE / "work" / "dashboard.json"
USERS_COMMAND = [sys.executable, str(HERE / "dashboard_users.py")]
MANY_TIMES = 1_000
NO_CHOICES: dict[str, Any] = {"views": [], "thinks": []}
MOST_SELLING = 12
SMALL = 5
"""The shop of a trial run has one order in five."""

sys.path.insert(0, str(HERE.parent / "tests"))


def main() -> None:
    options = _arguments()
    saved = RESULTS.exists() and not options.quick
    results = json.loads(RESULTS.read_text("utf-8")) if saved else {}
    for engine in options.on:
        for millions in options.lines or ([0] if options.quick else [1, 10]):
            size = QUICK if options.quick else FULL
            results[f"{engine} {millions}"] = _measure(engine, millions, size)
            if not options.quick:
                RESULTS.write_text(json.dumps(results, indent=1), "utf-8")
    print(markdown(results))
    if not options.quick:
        (HERE / "dashboard.md").write_text(markdown(results), "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the dashboard with a minimal page.")
    parser.add_argument("--lines", type=int, nargs="+", help="in millions; default 1 and 10")
    parser.add_argument("--on", nargs="+", choices=("duckdb", "postgresql"), default=["duckdb"])
    parser.add_argument(
        "--quick", action="store_true", help="few repeats, no file; a small shop without --lines"
    )
    return parser.parse_args()


@dataclass
class Measurements:
    """The results of one server: seconds by part and step, memory by part."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, part: str, times: dict[str, float]) -> None:
        """Add a time for each step of a part."""
        for step, seconds in times.items():
            self.seconds[f"{part}: {step}"].append(seconds)

    def add_memory(self, part: str, server: Server) -> None:
        """Add the memory of a server at the end of a part, the maximum if the part is repeated."""
        self.memory[part] = max(self.memory.get(part, (0, 0)), server.memory())


@dataclass(frozen=True)
class Contender:
    """One server with its workload and results."""

    name: str
    warehouse: str
    workload: Workload
    size: Size
    results: Measurements = field(default_factory=Measurements)

    @contextmanager
    def warm_server(self) -> Iterator[Server]:
        """Start the server and wait until its warmed-up views are cached."""
        with run_server(self.name, self.warehouse) as server:
            for path in ("", *self.workload.other_pages):
                _run_users(server, [NO_CHOICES], path=path)
            yield server


def _measure(engine: str, millions: int, size: Size) -> dict[str, Any]:
    """Return the results of all servers for a shop of one size."""
    with _warehouse(engine, millions) as (location, lines):
        ours = dashboard_workload(*_locations(location), size)
        empty = empty_page_workload(size)
        contenders = [
            Contender(name, location, ours if name == OURS else empty, size) for name in CONTENDERS
        ]
        for part in (_cold, _alone, _one_by_stream, _ten_apart, _ten_alike, _among_ten):
            for contender in contenders:
                progress = f"{engine}, {lines:,} lines: {part.__name__[1:]}, {contender.name}"
                print(progress, file=sys.stderr, flush=True)
                part(contender)
    return {
        "lines": lines, "on": str(date.today()),
        "results": {contender.name: vars(contender.results) for contender in contenders},
    }  # fmt: skip


@contextmanager
def _warehouse(engine: str, millions: int) -> Iterator[tuple[str, int]]:
    """Build a warehouse with the command; yield its location and the number of lines."""
    (HERE / "work").mkdir(exist_ok=True)
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=HERE / "work")))
        source = parts_of(millions, HERE / "work" / f"parts-{millions}") if millions else work
        if not millions:
            _write_small(work / "small.parquet")
            source = work / "small.parquet"
        location = str(work / "shop.duckdb")
        if engine == "postgresql":
            from support.postgres import running_postgres

            server = stack.enter_context(running_postgres(durable=True))
            location = server.address("bench")
        build = [sys.executable, "-m", "regulars", "build", str(source), "-w", location]
        subprocess.run(build, check=True, env=AS_INSTALLED, stdout=subprocess.DEVNULL)
        yield location, _count_lines(source)


def _write_small(path: Path) -> None:
    import duckdb

    with duckdb.connect() as con:
        lines = f"FROM read_parquet({SHEETS}) WHERE md5_number_lower(Invoice) % {SMALL} = 0"
        con.execute(f"COPY ({lines}) TO '{path}'")


def _count_lines(source: Path) -> int:
    import duckdb

    files = str(source / "*.parquet" if source.is_dir() else source)
    with duckdb.connect() as con:
        return int(con.execute("SELECT count(*) FROM read_parquet(?)", [files]).fetchall()[0][0])


def _locations(warehouse: str) -> tuple[list[str], list[str]]:
    """Return the locations of a shop, the largest first, and those with recent sales."""
    with open_warehouse(warehouse) as shop:
        recent = shop.last_order_on - timedelta(days=27)
        results = [shop.ask("sales_by", by="location", since=since) for since in (None, recent)]
        locations, selling = ([row["location"] for row in shop.rows(rows)] for rows in results)
    named = [location for location in locations if location]
    return named, [location for location in named if location in selling][:MOST_SELLING]


def _cold(contender: Contender) -> None:
    """A browser opens the page as soon as a new server responds."""
    with chromium() as browser:
        for _ in range(contender.size.cold):
            with run_server(contender.name, contender.warehouse) as server:
                contender.results.add("start", {"responds": server.start})
                with open_page(browser, server.address) as page:
                    contender.results.add("cold", page.first_paint)
                contender.results.add_memory("page opened once", server)


def _alone(contender: Contender) -> None:
    """One browser opens the page repeatedly, then makes the same choices twice."""
    with contender.warm_server() as server, chromium() as browser:
        _open_repeatedly(contender, browser, server, "warm", contender.size.paints)
        with open_page(browser, server.address) as page:
            first = _choose(contender, page, contender.workload.rounds, "new")
            second = _choose(contender, page, contender.workload.rounds, "cached")
        if first != second:
            sys.exit(f"The same views show different figures: {first} and {second}.")
        contender.results.add_memory("one browser", server)


def _among_ten(contender: Contender) -> None:
    """One browser while nine other users choose."""
    with (
        contender.warm_server() as server,
        chromium() as browser,
        _background_users(contender, server),
    ):
        _open_repeatedly(contender, browser, server, "among ten", contender.size.beside)
        with open_page(browser, server.address) as page:
            _choose(
                contender, page, contender.workload.rounds[: contender.size.beside], "among ten"
            )
        contender.results.add_memory("one browser and nine by WebSocket", server)


def _open_repeatedly(
    contender: Contender, browser: Browser, server: Server, part: str, times: int
) -> None:
    for _ in range(times):
        with open_page(browser, server.address) as page:
            contender.results.add(part, page.first_paint)


def _choose(contender: Contender, page: OpenPage, rounds: list[Round], part: str) -> list[str]:
    """Make rounds of choices; return the figures after each."""
    figures = []
    for steps in rounds:
        for step, label, option in steps:
            contender.results.add(part, {step: page.choose(label, option)})
            figures.append(page.figures)
        if contender.workload.has_reset:
            page.reset()
    return figures


def _one_by_stream(contender: Contender) -> None:
    """One user opens the page repeatedly, then goes through the views of all ten, twice."""
    with contender.warm_server() as server:
        for _ in range(contender.size.paints):
            _add(contender, "one", _run_users(server, [NO_CHOICES]))
        views = [view for user in contender.workload.views for view in user]
        users = with_thinking([views], (0, 0))
        _add(contender, "one", _run_users(server, users, kinds=["new", "cached"]))
        contender.results.add_memory("one by WebSocket", server)


def _ten_apart(contender: Contender) -> None:
    """Ten users go through different views, twice."""
    with contender.warm_server() as server:
        users = with_thinking(contender.workload.views, contender.size.think)
        _add(contender, "ten", _run_users(server, users, kinds=["new", "cached"]))
        contender.results.add_memory("ten by WebSocket, different views", server)


def _ten_alike(contender: Contender) -> None:
    """Ten users go through the same views."""
    with contender.warm_server() as server:
        users = with_thinking(
            [contender.workload.views[0]] * len(contender.workload.views), contender.size.think
        )
        _add(contender, "ten alike", _run_users(server, users))
        contender.results.add_memory("ten by WebSocket, the same views", server)


def _add(contender: Contender, part: str, times: dict[str, list[float]]) -> None:
    for step, seconds in times.items():
        contender.results.seconds[f"{part}: {step}"] += seconds


def _run_users(server: Server, users: list[dict[str, Any]], **more: Any) -> dict[str, list[float]]:
    """Run users in another process; return the seconds of each kind of step."""
    workload = json.dumps({"address": server.address, "users": users, **more})
    done = subprocess.run(
        USERS_COMMAND, input=workload, stdout=subprocess.PIPE, text=True, env=AS_INSTALLED
    )
    if done.returncode:
        sys.exit("The users by WebSocket failed: see above.")
    return dict(json.loads(done.stdout))


@contextmanager
def _background_users(contender: Contender, server: Server) -> Iterator[None]:
    """Run nine users in the background. Stop the benchmark if they stop early."""
    users = with_thinking(contender.workload.views[1:], contender.size.think)
    kinds = ["new", *["cached"] * MANY_TIMES]
    workload = json.dumps(
        {"address": server.address, "users": users, "kinds": kinds, "announce": True}
    )
    with subprocess.Popen(
        USERS_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=AS_INSTALLED
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(workload)
        process.stdin.close()
        try:
            if process.stdout.readline() != f"{OPEN}\n":
                sys.exit("The nine background users did not start.")
            yield
            if process.poll() is not None:
                sys.exit("The nine background users failed.")
        finally:
            process.kill()


if __name__ == "__main__":
    main()

"""The dashboard beside a page that does nothing, for one user and for ten.

    python benchmarks/dashboard.py --lines 1 10              # to dashboard.md
    python benchmarks/dashboard.py --lines 1 --on postgresql
    python benchmarks/dashboard.py --quick [--lines 1]       # to try it: to the terminal alone

Each part is done on the three servers in turn, each of which is started anew for it.
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

from dashboard_browser import Opened, chromium, opened
from dashboard_page import page
from dashboard_serving import CONTENDERS, OURS, Server, serving
from dashboard_users import OPEN
from dashboard_work import QUICK, WHOLE, Size, Work, on_an_empty_page, on_our_pages, told_to
from installed import AS_INSTALLED
from regulars import open_warehouse
from shop import SHEETS, parts_of

HERE = Path(__file__).parent
KEPT = HERE / "work" / "dashboard.json"
USERS_AT_WORK = [sys.executable, str(HERE / "dashboard_users.py")]
ENDLESSLY = 1_000
NOBODY_CHOOSES: dict[str, Any] = {"views": [], "thinks": []}
SELLING = 12
SMALL = 5
"""One order in so many is in the shop that it is tried with."""

sys.path.insert(0, str(HERE.parent / "tests"))


def main() -> None:
    told = _arguments()
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() and not told.quick else {}
    for engine in told.on:
        for millions in told.lines or ([0] if told.quick else [1, 10]):
            size = QUICK if told.quick else WHOLE
            kept[f"{engine} {millions}"] = _measured(engine, millions, size)
            if not told.quick:
                KEPT.write_text(json.dumps(kept, indent=1), "utf-8")
    print(page(kept))
    if not told.quick:
        (HERE / "dashboard.md").write_text(page(kept), "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The dashboard beside a page that does nothing.")
    parser.add_argument("--lines", type=int, nargs="+", help="in millions; 1 and 10 if not told")
    parser.add_argument("--on", nargs="+", choices=("duckdb", "postgresql"), default=["duckdb"])
    parser.add_argument(
        "--quick", action="store_true", help="few repeats, no page; a small shop if not told more"
    )
    return parser.parse_args()


@dataclass
class Found:
    """What was measured of one server: seconds by part and what was done, memory by part."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, part: str, times: dict[str, float]) -> None:
        """Add one time of each of these."""
        for what, seconds in times.items():
            self.seconds[f"{part}: {what}"].append(seconds)

    def remember(self, part: str, server: Server) -> None:
        """Add what the server holds at the end of a part; the most, if it is done repeatedly."""
        self.memory[part] = max(self.memory.get(part, (0, 0)), server.memory())


@dataclass(frozen=True)
class Contender:
    """One server, what is done on it, and what was found."""

    name: str
    warehouse: str
    work: Work
    size: Size
    found: Found = field(default_factory=Found)

    @contextmanager
    def known(self) -> Iterator[Server]:
        """Start the server, and wait until it knows what it works out beforehand."""
        with serving(self.name, self.warehouse) as server:
            for path in ("", *self.work.other_pages):
                _use(server, [NOBODY_CHOOSES], path=path)
            yield server


def _measured(engine: str, millions: int, size: Size) -> dict[str, Any]:
    """Return what all servers took, with a shop of so many lines."""
    with _warehouse(engine, millions) as (place, lines):
        ours = on_our_pages(*_places(place), size)
        empty = on_an_empty_page(size)
        contenders = [
            Contender(name, place, ours if name == OURS else empty, size) for name in CONTENDERS
        ]
        for part in (_cold, _alone, _one_by_stream, _ten_apart, _ten_alike, _among_ten):
            for contender in contenders:
                doing = f"{engine}, {lines:,} lines: {part.__name__[1:]}, {contender.name}"
                print(doing, file=sys.stderr, flush=True)
                part(contender)
    return {
        "lines": lines, "on": str(date.today()),
        "found": {one.name: vars(one.found) for one in contenders},
    }  # fmt: skip


@contextmanager
def _warehouse(engine: str, millions: int) -> Iterator[tuple[str, int]]:
    """Build a warehouse as a user does; give its address and the lines that were read."""
    (HERE / "work").mkdir(exist_ok=True)
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=HERE / "work")))
        source = parts_of(millions, HERE / "work" / f"parts-{millions}") if millions else work
        if not millions:
            _write_small(work / "small.parquet")
            source = work / "small.parquet"
        place = str(work / "shop.duckdb")
        if engine == "postgresql":
            from support.postgres import running_postgres

            server = stack.enter_context(running_postgres(durable=True))
            place = server.address("bench")
        build = [sys.executable, "-m", "regulars", "build", str(source), "-w", place]
        subprocess.run(build, check=True, env=AS_INSTALLED, stdout=subprocess.DEVNULL)
        yield place, _lines(source)


def _write_small(path: Path) -> None:
    import duckdb

    with duckdb.connect() as con:
        lines = f"FROM read_parquet({SHEETS}) WHERE md5_number_lower(Invoice) % {SMALL} = 0"
        con.execute(f"COPY ({lines}) TO '{path}'")


def _lines(source: Path) -> int:
    import duckdb

    files = str(source / "*.parquet" if source.is_dir() else source)
    with duckdb.connect() as con:
        return int(con.execute("SELECT count(*) FROM read_parquet(?)", [files]).fetchall()[0][0])


def _places(warehouse: str) -> tuple[list[str], list[str]]:
    """Return the places of a shop, the largest first, and those of them with sales of late."""
    with open_warehouse(warehouse) as opened:
        late = opened.last_order_on - timedelta(days=27)
        asked = [opened.ask("sales_by", by="location", since=since) for since in (None, late)]
        places, selling = ([row["location"] for row in opened.rows(one)] for one in asked)
    known = [place for place in places if place]
    return known, [place for place in known if place in selling][:SELLING]


def _cold(one: Contender) -> None:
    """A browser comes as soon as a server answers."""
    with chromium() as browser:
        for _ in range(one.size.cold):
            with serving(one.name, one.warehouse) as server:
                one.found.add("start", {"answers": server.start})
                with opened(browser, server.address) as seen:
                    one.found.add("cold", seen.first_paint)
                one.found.remember("looked at once", server)


def _alone(one: Contender) -> None:
    """One browser, again and again; then one that chooses, twice the same."""
    with one.known() as server, chromium() as browser:
        _open_again_and_again(one, browser, server, "warm", one.size.paints)
        with opened(browser, server.address) as seen:
            first = _choose(one, seen, one.work.rounds, "new")
            again = _choose(one, seen, one.work.rounds, "known")
        if first != again:
            sys.exit(f"The same views showed other figures: {first} and {again}.")
        one.found.remember("one browser", server)


def _among_ten(one: Contender) -> None:
    """One browser, while nine others choose."""
    with one.known() as server, chromium() as browser, _at_work(one, server):
        _open_again_and_again(one, browser, server, "among ten", one.size.beside)
        with opened(browser, server.address) as seen:
            _choose(one, seen, one.work.rounds[: one.size.beside], "among ten")
        one.found.remember("one browser and nine by WebSocket", server)


def _open_again_and_again(
    one: Contender, browser: Browser, server: Server, part: str, times: int
) -> None:
    for _ in range(times):
        with opened(browser, server.address) as seen:
            one.found.add(part, seen.first_paint)


def _choose(one: Contender, seen: Opened, rounds: list[Any], part: str) -> list[str]:
    """Go through rounds of choices; return the figures that each led to."""
    figures = []
    for steps in rounds:
        for what, label, option in steps:
            one.found.add(part, {what: seen.choose(label, option)})
            figures.append(seen.figures)
        if one.work.has_reset:
            seen.reset()
    return figures


def _one_by_stream(one: Contender) -> None:
    """One user, who opens the page often, then sees all the views of ten; then once more."""
    with one.known() as server:
        for _ in range(one.size.paints):
            _add(one, "one", _use(server, [NOBODY_CHOOSES]))
        views = [view for user in one.work.views for view in user]
        users = told_to([views], (0, 0))
        _add(one, "one", _use(server, users, kinds=["new", "known"]))
        one.found.remember("one by WebSocket", server)


def _ten_apart(one: Contender) -> None:
    """Ten users, each of whom sees other views; then once more."""
    with one.known() as server:
        users = told_to(one.work.views, one.size.think)
        _add(one, "ten", _use(server, users, kinds=["new", "known"]))
        one.found.remember("ten by WebSocket, views of their own", server)


def _ten_alike(one: Contender) -> None:
    """Ten users, all of whom see the same views."""
    with one.known() as server:
        users = told_to([one.work.views[0] for _ in one.work.views], one.size.think)
        _add(one, "ten alike", _use(server, users))
        one.found.remember("ten by WebSocket, the same views", server)


def _add(one: Contender, part: str, found: dict[str, list[float]]) -> None:
    for what, seconds in found.items():
        one.found.seconds[f"{part}: {what}"] += seconds


def _use(server: Server, users: list[dict[str, Any]], **told: Any) -> dict[str, list[float]]:
    """Have users do what they are told, in a process of their own; return their seconds."""
    asked = json.dumps({"address": server.address, "users": users, **told})
    done = subprocess.run(
        USERS_AT_WORK, input=asked, stdout=subprocess.PIPE, text=True, env=AS_INSTALLED
    )
    if done.returncode:
        sys.exit("The users by WebSocket gave up: see above.")
    return dict(json.loads(done.stdout))


@contextmanager
def _at_work(one: Contender, server: Server) -> Iterator[None]:
    """Have nine users at work, until it is over; stops the benchmark if they stopped before."""
    users = told_to(one.work.views[1:], one.size.think)
    kinds = ["new", *["known"] * ENDLESSLY]
    asked = json.dumps({"address": server.address, "users": users, "kinds": kinds, "says": True})
    with subprocess.Popen(
        USERS_AT_WORK, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=AS_INSTALLED
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(asked)
        process.stdin.close()
        try:
            if process.stdout.readline() != f"{OPEN}\n":
                sys.exit("The nine others did not come in.")
            yield
            if process.poll() is not None:
                sys.exit("The nine others gave up.")
        finally:
            process.kill()


if __name__ == "__main__":
    main()

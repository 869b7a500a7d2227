"""Sessions of Spark: one process of Spark for one of ours, set so that figures come out alike."""

import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from regulars.core.errors import WarehouseError

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark import SparkContext
    from pyspark.sql import SparkSession

LOOPBACK = "127.0.0.1"
JAVAS = range(17, 23)
"""Spark 4.0 needs 17; its Hadoop calls what Java 23 has locked away."""
SECONDS_TO_ANSWER = 5
SECONDS_FOR_A_WORKER = 60
PARTITIONS_PER_CORE = 4
PARTITIONS = "spark.sql.shuffle.partitions"
PATTERN = set("*?[]{}\\:%")
"""What Spark does not take as it stands in a path."""

GET_JAVA = "Install Java 17 or 21 (Debian: sudo apt install openjdk-17-jre-headless)."

ALIKE = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.jsonGenerator.ignoreNullFields": "false",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.caseSensitive": "false",
}
"""What changes figures, whatever the defaults of a site are: times have no zone, overflow is an
error, no cell and no file is left out."""


def session_at(master: str) -> "SparkSession":
    """Return a session of its own at a master, whose settings and views touch no other's.

    Raises WarehouseError where PySpark, Java, the master or its workers are missing.
    """
    context = _context(master)
    from pyspark.sql import SparkSession

    with explained(master):
        session = SparkSession(context).newSession()
        for name, value in ALIKE.items():
            session.conf.set(name, value)
        if master.startswith("local") and not context.getConf().contains(PARTITIONS):
            # Spark's own 200 are for a cluster.
            session.conf.set(PARTITIONS, str(context.defaultParallelism * PARTITIONS_PER_CORE))
    return session


@contextmanager
def explained(place: object) -> Iterator[None]:
    """Turn what Spark raises into a WarehouseError that says the fault, without its traceback."""
    from py4j.protocol import Py4JError, Py4JNetworkError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JNetworkError, ConnectionError):
        raise WarehouseError(
            f"{place}: Spark's own process has ended; it may have had too little memory. Give it "
            "more, as spark.driver.memory in spark-defaults.conf, and try again."
        ) from None
    except (PySparkException, Py4JError) as error:
        raise WarehouseError(f"{place}: Spark could not do it. {_fault(str(error))}") from None


def _fault(told: str) -> str:
    """Return what is wrong in the many lines that Spark says it in."""
    if "No module named 'regulars'" in told:
        return "Its workers lack Regulars: install the same version of it where they run."
    if "PYTHON_VERSION_MISMATCH" in told:
        return (
            f"Its workers run another Python than {sys.version_info[0]}.{sys.version_info[1]}: set "
            "PYSPARK_PYTHON to one of that version which is there on every worker."
        )
    # What a worker's Python says in the end says most; Java's own causes come after it.
    python = re.findall(r"^[\w.]*(?:Error|Exception|Interrupt): .+$", told, re.MULTILINE)
    causes = re.findall(r"^Caused by: (.+[^:])$", told, re.MULTILINE)
    said = [line for line in told.splitlines() if line.strip()]
    return (python[-1:] or causes[-1:] or said[:1] or ["It does not say why."])[0].strip()


def _context(master: str) -> "SparkContext":
    """Return the process of Spark that works for ours, started where there is none yet."""
    try:
        from pyspark import SparkContext
    except ImportError:
        raise WarehouseError(
            "A warehouse in Spark needs PySpark:  pip install 'regulars[spark]'"
        ) from None
    running = _still_running(SparkContext._active_spark_context)
    if running is None:
        _check_java()
        _check_master(master)
        return _start(master)
    if running.master != master:
        raise WarehouseError(
            f"This program works with Spark at {running.master} already, and a program has one "
            f"Spark. Stop that one, or open {master} in a program of its own."
        )
    return running


def _still_running(context: "SparkContext | None") -> "SparkContext | None":
    """Return the process of Spark that works for ours, None where it has ended."""
    if context is None:
        return None
    try:
        if not context._jsc.sc().isStopped():
            return context
    except Exception:  # of whatever kind: nobody answers any more
        _forget_gateway()
    context.stop()
    return None


def _forget_gateway() -> None:
    """Have PySpark start another Java: it would go on asking the one that has ended."""
    from pyspark import SparkContext

    SparkContext._gateway = SparkContext._jvm = None


def _start(master: str) -> "SparkContext":
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    # It prints what it raises, too.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    conf = SparkConf(loadDefaults=False).setMaster(master).setAppName("Regulars")
    conf.set("spark.ui.showConsoleProgress", "false")
    conf.set("spark.ui.enabled", "false")
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        conf.set("spark.driver.host", LOOPBACK).set("spark.driver.bindAddress", LOOPBACK)
    # What Java prints would stand among the lines of a table.
    with tempfile.TemporaryFile() as log:
        try:
            # Java that an earlier Spark of ours has left is used again.
            with _undisturbed():
                gateway = SparkContext._gateway or launch_gateway(  # type: ignore[no-untyped-call]
                    conf, {"stderr": log, "stdout": log}
                )
            with explained(master), _own_way_to_end():
                context = SparkContext(conf=conf, gateway=gateway)
        except PySparkException:
            raise WarehouseError(f"Spark does not start: {_last_words(log)}") from None
    _wait_for_workers(context, master)
    return context


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C back until Java has started: half started, nobody would know of it and end it."""
    held: list[int] = []
    ours = {}
    with suppress(ValueError):  # in a thread, which nobody interrupts
        for one in (signal.SIGINT, signal.SIGTERM):
            ours[one] = signal.signal(one, lambda number, _: held.append(number))
    try:
        yield
    finally:
        for one, handler in ours.items():
            signal.signal(one, handler)
    if held:
        signal.raise_signal(held[0])


@contextmanager
def _own_way_to_end() -> Iterator[None]:
    """Keep what this program does on Ctrl-C: PySpark would talk to Java in the midst of a talk."""
    ours = signal.getsignal(signal.SIGINT)
    yield
    if ours is not signal.default_int_handler:
        with suppress(ValueError):  # in a thread, where PySpark has changed nothing
            signal.signal(signal.SIGINT, ours)


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        where = f"under JAVA_HOME, which is {home}" if home else "on the path"
        raise WarehouseError(f"Spark needs Java, and there is none {where}. {GET_JAVA}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    if version is None or int(version[1]) not in JAVAS:
        raise WarehouseError(
            f"{java} is Java {version[1] if version else 'of an unknown version'}. {GET_JAVA}"
        )


def _check_master(master: str) -> None:
    """Knock at the door of a master: Spark itself would try for a minute and say little."""
    url = urlsplit(master)
    if url.scheme != "spark":
        return
    try:
        socket.create_connection((url.hostname, url.port), timeout=SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise WarehouseError(
            f"Nothing answers as a master of Spark at {url.hostname}, port {url.port} "
            f"({(error.strerror or str(error)).lower()}). Is it running, and is the address right?"
        ) from None


def _wait_for_workers(context: "SparkContext", master: str) -> None:
    """Wait until a worker is there: without one, a question would wait for ever."""
    if master.startswith("local"):
        return
    deadline = time.monotonic() + SECONDS_FOR_A_WORKER
    scala = context._jsc.sc()
    while scala.getExecutorMemoryStatus().size() < 2:  # the driver counts as one
        if time.monotonic() > deadline:
            context.stop()
            raise WarehouseError(
                f"{master} has given us no worker within {SECONDS_FOR_A_WORKER} seconds: see "
                "whether workers run there with a free core and 1 GB of memory."
            )
        time.sleep(0.1)


def _last_words(log: "BinaryIO") -> str:
    log.seek(0)
    lines = [line for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if "Exception" in line or "rror" in line]
    return (errors or lines or ["it does not say why."])[-1].strip()


def check_is_shared(session: "SparkSession", folder: "Path") -> None:
    """Raise WarehouseError where a worker does not see the files of a folder of ours."""
    (folder / "seen").touch()
    context, seen = session.sparkContext, str(folder / "seen")

    def looked(_: int) -> tuple[str, bool]:
        return socket.gethostname(), os.path.exists(seen)  # noqa: PTH110

    tasks = max(2, context.defaultParallelism)
    found = context.parallelize(range(tasks), tasks).map(looked).collect()
    if blind := sorted({host for host, sees in found if not sees}):
        raise WarehouseError(
            f"The worker on {', '.join(blind[:3])} does not see {folder.parent}. A warehouse in "
            "Spark is a folder that this program and all workers share under the same path."
        )

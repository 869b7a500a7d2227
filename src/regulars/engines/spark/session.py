"""Spark sessions: start Spark once per process, with the settings that our results depend on."""

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
JAVA_VERSIONS = range(17, 23)
"""Spark 4.0 needs Java 17; its Hadoop calls methods that Java 23 has disabled."""
SECONDS_TO_ANSWER = 5
SECONDS_FOR_A_WORKER = 60
PARTITIONS_PER_CORE = 4
PARTITIONS = "spark.sql.shuffle.partitions"
SPECIAL_CHARACTERS = set("*?[]{}\\:%")
"""Characters with a special meaning in a Spark path."""

GET_JAVA = "Install Java 17 or 21 (Debian: sudo apt install openjdk-17-jre-headless)."

SESSION_SETTINGS = {
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
"""Settings that results depend on, whatever the site defaults: timestamps have no time zone,
overflow is an error, no cell and no file is skipped."""


def session_at(master: str) -> "SparkSession":
    """Return a new session at a master, with its own settings and views.

    Raises WarehouseError if PySpark, Java, the master or its workers are missing.
    """
    context = _context(master)
    from pyspark.sql import SparkSession

    with explained(master):
        session = SparkSession(context).newSession()
        for name, value in SESSION_SETTINGS.items():
            session.conf.set(name, value)
        if master.startswith("local") and not context.getConf().contains(PARTITIONS):
            # Spark's default of 200 suits a cluster.
            session.conf.set(PARTITIONS, str(context.defaultParallelism * PARTITIONS_PER_CORE))
    return session


@contextmanager
def explained(location: object) -> Iterator[None]:
    """Turn Spark's exceptions into a WarehouseError with the cause in one line."""
    from py4j.protocol import Py4JError, Py4JNetworkError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JNetworkError, ConnectionError):
        raise WarehouseError(
            f"{location}: The Spark process has ended, possibly because it ran out of memory. "
            "Raise spark.driver.memory in spark-defaults.conf and try again."
        ) from None
    except (PySparkException, Py4JError) as error:
        raise WarehouseError(f"{location}: Spark failed. {_cause(str(error))}") from None


def _cause(message: str) -> str:
    """Return the line of a long Spark error message that names the cause."""
    if "No module named 'regulars'" in message:
        return "Its workers lack Regulars: install the same version on every worker."
    if "PYTHON_VERSION_MISMATCH" in message:
        return (
            f"Its workers do not run Python {sys.version_info[0]}.{sys.version_info[1]}: set "
            "PYSPARK_PYTHON to that version, installed on every worker."
        )
    # The last line of a worker's Python traceback is the most helpful, then Java's causes.
    python = re.findall(r"^[\w.]*(?:Error|Exception|Interrupt): .+$", message, re.MULTILINE)
    causes = re.findall(r"^Caused by: (.+[^:])$", message, re.MULTILINE)
    lines = [line for line in message.splitlines() if line.strip()]
    return (python[-1:] or causes[-1:] or lines[:1] or ["It gives no reason."])[0].strip()


def _context(master: str) -> "SparkContext":
    """Return this program's Spark context; start Spark if it is not running."""
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
            f"This program already uses Spark at {running.master}, and a program can use only one. "
            f"Stop that one, or open {master} in another program."
        )
    return running


def _still_running(context: "SparkContext | None") -> "SparkContext | None":
    """Return a context if its Spark process is alive, else None."""
    if context is None:
        return None
    try:
        if not context._jsc.sc().isStopped():
            return context
    except Exception:  # any error means that the process is gone
        _forget_gateway()
    context.stop()
    return None


def _forget_gateway() -> None:
    """Make PySpark start a new Java process instead of calling the one that has ended."""
    from pyspark import SparkContext

    SparkContext._gateway = SparkContext._jvm = None


def _start(master: str) -> "SparkContext":
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    # This logger would print every exception a second time.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    conf = SparkConf(loadDefaults=False).setMaster(master).setAppName("Regulars")
    conf.set("spark.ui.showConsoleProgress", "false")
    conf.set("spark.ui.enabled", "false")
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        conf.set("spark.driver.host", LOOPBACK).set("spark.driver.bindAddress", LOOPBACK)
    # Java's output would mix with the tables we print.
    with tempfile.TemporaryFile() as log:
        try:
            # Reuse the Java process of an earlier context.
            with _delay_interrupts():
                gateway = SparkContext._gateway or launch_gateway(  # type: ignore[no-untyped-call]
                    conf, {"stderr": log, "stdout": log}
                )
            with explained(master), _keep_interrupt_handler():
                context = SparkContext(conf=conf, gateway=gateway)
        except PySparkException:
            raise WarehouseError(f"Spark does not start: {_last_error(log)}") from None
    _wait_for_workers(context, master)
    return context


@contextmanager
def _delay_interrupts() -> Iterator[None]:
    """Delay Ctrl-C until Java has started; interrupted halfway, Java would be left running."""
    received: list[int] = []
    handlers = {}
    with suppress(ValueError):  # raised in a thread, which gets no signals
        for number in (signal.SIGINT, signal.SIGTERM):
            handlers[number] = signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if received:
        signal.raise_signal(received[0])


@contextmanager
def _keep_interrupt_handler() -> Iterator[None]:
    """Restore this program's Ctrl-C handler; PySpark's would call Java in the middle of a call."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    if handler is not signal.default_int_handler:
        with suppress(ValueError):  # raised in a thread, where PySpark sets no handler
            signal.signal(signal.SIGINT, handler)


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        where = f"under JAVA_HOME ({home})" if home else "on the PATH"
        raise WarehouseError(f"Spark needs Java, and there is none {where}. {GET_JAVA}")
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(?:1\.)?(\d+)', output.stderr)
    if version is None or int(version[1]) not in JAVA_VERSIONS:
        raise WarehouseError(
            f"{java} is Java {version[1] if version else 'of an unknown version'}. {GET_JAVA}"
        )


def _check_master(master: str) -> None:
    """Check that a master is reachable; Spark would retry for a minute and give no clear error."""
    url = urlsplit(master)
    if url.scheme != "spark":
        return
    try:
        socket.create_connection((url.hostname, url.port), timeout=SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise WarehouseError(
            f"There is no Spark master at {url.hostname}, port {url.port} "
            f"({(error.strerror or str(error)).lower()}). Is it running, and is the address right?"
        ) from None


def _wait_for_workers(context: "SparkContext", master: str) -> None:
    """Wait for a worker; without one, a query would wait forever."""
    if master.startswith("local"):
        return
    deadline = time.monotonic() + SECONDS_FOR_A_WORKER
    scala = context._jsc.sc()
    while scala.getExecutorMemoryStatus().size() < 2:  # the driver counts as one
        if time.monotonic() > deadline:
            context.stop()
            raise WarehouseError(
                f"{master} did not provide a worker within {SECONDS_FOR_A_WORKER} seconds. Check "
                "that workers are running there with a free core and 1 GB of memory."
            )
        time.sleep(0.1)


def _last_error(log: "BinaryIO") -> str:
    log.seek(0)
    lines = [line for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if "Exception" in line or "rror" in line]
    return (errors or lines or ["It gives no reason."])[-1].strip()


def check_is_shared(session: "SparkSession", folder: "Path") -> None:
    """Raise WarehouseError if a worker does not see the files in a folder."""
    (folder / "seen").touch()
    context, seen = session.sparkContext, str(folder / "seen")

    def check(_: int) -> tuple[str, bool]:
        return socket.gethostname(), os.path.exists(seen)  # noqa: PTH110

    tasks = max(2, context.defaultParallelism)
    checks = context.parallelize(range(tasks), tasks).map(check).collect()
    if blind := sorted({host for host, sees in checks if not sees}):
        raise WarehouseError(
            f"Workers on {', '.join(blind[:3])} cannot see {folder.parent}. A warehouse in "
            "Spark is a folder that this program and all workers share under the same path."
        )

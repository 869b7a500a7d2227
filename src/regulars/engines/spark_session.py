"""Sessions of Spark: one process of Spark for one of ours, set so that figures come out alike."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from regulars.errors import WarehouseError

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

LOOPBACK = "127.0.0.1"
OLDEST_JAVA = 17
SECONDS_TO_ANSWER = 5
SECONDS_FOR_A_WORKER = 60
PARTITIONS_PER_CORE = 4
GET_JAVA = "Install Java 17 or newer (Debian: sudo apt install openjdk-17-jre-headless)."

ALIKE = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.jsonGenerator.ignoreNullFields": "false",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
}
"""What changes figures: times without a zone, no empty cell left out, overflow is an error."""


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
        cores = context.defaultParallelism
        session.conf.set("spark.sql.files.minPartitionNum", str(cores))
        session.conf.set("spark.sql.shuffle.partitions", str(cores * PARTITIONS_PER_CORE))
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
    causes = re.findall(r"^Caused by: (.+)$", told, re.MULTILINE)
    errors = re.findall(r"^\w*(?:Error|Exception): .+$", told, re.MULTILINE)
    return (causes or errors or told.splitlines() or ["It does not say why."])[-1].strip()


def _context(master: str) -> "SparkContext":
    """Return the process of Spark that works for ours, started where there is none yet."""
    try:
        from pyspark import SparkContext
    except ImportError:
        raise WarehouseError(
            "A warehouse in Spark needs PySpark:  pip install 'regulars[spark]'"
        ) from None
    running = SparkContext._active_spark_context
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


def _start(master: str) -> "SparkContext":
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    conf = SparkConf(loadDefaults=False).setMaster(master).setAppName("Regulars")
    conf.set("spark.ui.showConsoleProgress", "false")
    if "spark.ui.enabled" not in os.environ.get("PYSPARK_SUBMIT_ARGS", ""):
        conf.set("spark.ui.enabled", "false")
    if _is_here(master):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        conf.set("spark.driver.host", LOOPBACK).set("spark.driver.bindAddress", LOOPBACK)
    # What Java prints would stand among the lines of a table.
    with tempfile.TemporaryFile() as log:
        try:
            gateway = launch_gateway(conf, {"stderr": log, "stdout": log})  # type: ignore[no-untyped-call]
            with explained(master):
                context = SparkContext(conf=conf, gateway=gateway)
        except PySparkException:
            raise WarehouseError(f"Spark does not start: {_last_words(log)}") from None
    _wait_for_workers(context, master)
    return context


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        where = f"under JAVA_HOME, which is {home}" if home else "on the path"
        raise WarehouseError(f"Spark needs Java, and there is none {where}. {GET_JAVA}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise WarehouseError(
            f"{java} is Java {version[1] if version else 'of an unknown version'}. {GET_JAVA}"
        )


def _check_master(master: str) -> None:
    """Knock at the door of a master: Spark itself would try for a minute and say little."""
    if not (found := re.fullmatch(r"spark://(.+):(\d+)", master)):
        return
    host, port = found[1].strip("[]"), int(found[2])
    try:
        socket.create_connection((host, port), timeout=SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise WarehouseError(
            f"Nothing answers as a master of Spark at {host}, port {port} "
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


def _is_here(master: str) -> bool:
    return master.startswith(("local", f"spark://{LOOPBACK}:", "spark://localhost:"))


def _last_words(log: "BinaryIO") -> str:
    log.seek(0)
    lines = [line for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if "Exception" in line or "rror" in line]
    return (errors or lines or ["it does not say why."])[-1].strip()

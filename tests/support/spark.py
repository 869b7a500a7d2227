"""A real Spark cluster on loopback for the test session: a master and two workers."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyspark

LOOPBACK = "127.0.0.1"
SECONDS_TO_START = 120
WORKERS = 2
# The processes are short-lived and do little: use the cheap compiler and garbage collector.
CHEAP = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
# A few rows are planned and run faster without compiling or re-planning each query; the whole real
# shop runs with Spark's own settings (`OWN_SETTINGS`).
# Files of half a megabyte are split, and site settings that could change results are set.
# maxResultSize fits the longest result, 100,000 rows, but not the million lines of the fact table:
# only results may reach the driver.
QUICK_START = f"""\
spark.driver.extraJavaOptions {CHEAP}
spark.executor.extraJavaOptions {CHEAP}
spark.driver.maxResultSize 32m
spark.sql.shuffle.partitions 1
spark.sql.adaptive.enabled false
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.locality.wait 0s
spark.sql.files.openCostInBytes 64k
spark.sql.legacy.timeParserPolicy LEGACY
spark.sql.files.ignoreMissingFiles true
"""
OWN_SETTINGS = {
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
}
DEFAULTS = """\
spark.executor.cores 1
spark.cores.max 2
spark.scheduler.minRegisteredResourcesRatio 1.0
"""
LOGGING = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
"""


@dataclass(frozen=True)
class Cluster:
    """A running cluster and a folder that all its workers share."""

    url: str
    folder: Path

    def address(self, name: str) -> str:
        """Return the address of the warehouse with this name."""
        return f"{self.url}?folder={self.folder / name}"


@contextmanager
def running_cluster(*, quick_start: bool = True) -> Iterator[Cluster]:
    """Start a master and workers with room for two programs; stop all of them at the end.

    With a quick start, Java compiles fast but not well: right for tests, wrong for benchmarks.
    """
    with TemporaryDirectory(prefix="regulars-spark-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        _set_up(folder, QUICK_START + DEFAULTS if quick_start else DEFAULTS)
        port, web = _free_port(), _free_port()
        url = f"spark://{LOOPBACK}:{port}"

        def start(name: str, kind: str, *arguments: str) -> "subprocess.Popen[bytes]":
            main = f"org.apache.spark.deploy.{kind}.{kind.capitalize()}"
            return stack.enter_context(_process(folder / f"{name}.log", main, *arguments))

        running = [start("master", "master", "--port", str(port), "--webui-port", str(web))]
        _wait(running, folder, lambda: _workers(web) == 0)
        for number in range(WORKERS):
            limits = ("--cores", "2", "--memory", "2g", "--webui-port", "0")
            work = ("--work-dir", str(folder / f"work-{number}"))
            running.append(start(f"worker-{number}", "worker", *limits, *work, url))
        _wait(running, folder, lambda: _workers(web) == WORKERS)
        (folder / "shops").mkdir()
        yield Cluster(url, folder / "shops")
        _stop_ours()


def _stop_ours() -> None:
    """Stop the Spark context of this process before the cluster stops."""
    if context := pyspark.SparkContext._active_spark_context:
        context.stop()


def _set_up(folder: Path, defaults: str) -> None:
    """Configure Spark for this process and for those of the cluster."""
    conf = folder / "conf"
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text(defaults)
    (conf / "log4j2.properties").write_text(LOGGING)
    os.environ |= {
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_HOSTNAME": LOOPBACK,
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        # Without this, a worker looks for the folders of a source tree.
        "SPARK_SCALA_VERSION": "2.13",
        "PYSPARK_PYTHON": sys.executable,
    }


@contextmanager
def _process(log: Path, main: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    assert java, "Spark needs Java 17 or newer: make test installs it"
    classes = f"{os.environ['SPARK_CONF_DIR']}:{os.environ['SPARK_HOME']}/jars/*"
    command = [
        java,
        "-Xmx256m",
        *CHEAP.split(),
        "-cp",
        classes,
        main,
        "--host",
        LOOPBACK,
        *arguments,
    ]
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield daemon
        finally:
            daemon.terminate()  # a worker stops its executors too
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _wait(
    running: "list[subprocess.Popen[bytes]]", folder: Path, ready: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not ready():
        if any(one.poll() is not None for one in running) or time.monotonic() > deadline:
            logs = (f"{log.name}:\n{log.read_text()[-2000:]}" for log in folder.glob("*.log"))
            raise RuntimeError("The Spark cluster did not start.\n" + "\n".join(logs))
        time.sleep(0.1)


def _workers(web: int) -> int | None:
    """Return how many workers the master has, or None while it does not respond."""
    url = f"http://{LOOPBACK}:{web}/json/"
    with suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=2) as response:
        return int(json.load(response)["aliveworkers"])
    return None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])

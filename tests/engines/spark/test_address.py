"""Addresses of warehouses in Spark, and the errors for a wrong address or missing software."""

import subprocess
import sys
from pathlib import Path

import pytest

from regulars.core.errors import WarehouseError
from regulars.engines.locate import engine_of
from regulars.engines.spark import session
from regulars.engines.spark.engine import Spark


@pytest.mark.parametrize(("address", "master", "folder"), [
    ("spark://host:7077?folder=/shared/shop", "spark://host:7077", "/shared/shop"),
    ("spark://[::1]:7077?folder=/a+shop", "spark://[::1]:7077", "/a+shop"),
    ("local[*]", "local[*]", "regulars-warehouse"),
    ("local[2]?folder=a%20shop", "local[2]", "a shop"),
])  # fmt: skip
def test_an_address_names_a_master_and_a_folder(address: str, master: str, folder: str) -> None:
    assert engine_of(address) == Spark(master, Path(folder))


def test_a_printed_address_can_be_parsed_again() -> None:
    engine = engine_of("local[2]?folder=a%20shop")
    assert str(engine) == "local[2]?folder=a%20shop"
    assert engine_of(str(engine)) == engine


@pytest.mark.parametrize("name", ["shop [1]", "shop*", "a:b"])
def test_a_folder_name_that_spark_reads_as_a_pattern_is_refused(name: str) -> None:
    with pytest.raises(WarehouseError, match="Choose a name without them"):
        engine_of(f"local[2]?folder={name}")


@pytest.mark.parametrize("address", [
    "spark://host:7077", "spark://host?folder=x", "spark://host:port?folder=x", "spark:?folder=x",
    "spark://host:7077/shop", "local?folder=shop", "yarn?folder=/x",
    "local[x]?folder=shop", "local[2]?schema=x", "local[2]?folder=",
    "spark://ann:secret@host:7077?folder=/x", "spark://host:7077?folder=shop",
])  # fmt: skip
def test_the_error_for_a_wrong_address_shows_a_right_one(address: str) -> None:
    with pytest.raises(WarehouseError, match="Write it as spark://host:7077"):
        engine_of(address)


def test_an_unreachable_master_is_reported_within_seconds(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"no Spark master at 127\.0\.0\.1, port 9"):
        session._check_master("spark://127.0.0.1:9")


def test_the_error_for_missing_java_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(WarehouseError, match=r"under JAVA_HOME.*openjdk-17-jre-headless"):
        session._check_java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WarehouseError, match="none on the PATH"):
        session._check_java()


def test_an_unsupported_java_version_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(WarehouseError, match=r"is Java 11\. Install Java 17 or 21"):
        session._check_java()
    java.write_text("#!/bin/sh\necho 'java version \"1.8.0_2\"' >&2\n")
    with pytest.raises(WarehouseError, match=r"is Java 8\."):
        session._check_java()
    java.write_text("#!/bin/sh\necho 'openjdk version \"25\" 2025-09-16' >&2\n")
    with pytest.raises(WarehouseError, match=r"is Java 25\. Install Java 17 or 21"):
        session._check_java()


WORKER_LACKS_REGULARS = """\
Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "worker.py", line 1227, in main
ModuleNotFoundError: No module named 'regulars'
"""
WORKER_FAILS = """\
Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "worker.py", line 1227, in main
_duckdb.OutOfMemoryException: Out of Memory Error: could not allocate block

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handle(PythonRunner.scala:581)
Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
"""
OTHER_PYTHON = """\
pyspark.errors.exceptions.base.PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] Python in worker has
different version: 3.11 than that in driver: 3.12
"""
JAVA_FAILS = """\
Job aborted due to stage failure
\tat org.apache.spark.Here(There.scala:1)
Caused by: java.io.IOException: No space left on device
"""


@pytest.mark.parametrize(("message", "cause"), [
    (WORKER_LACKS_REGULARS, "Its workers lack Regulars: install the same version on every worker"),
    (WORKER_FAILS, "_duckdb.OutOfMemoryException: Out of Memory Error: could not allocate block"),
    (OTHER_PYTHON, "Its workers do not run Python"),
    (JAVA_FAILS, "java.io.IOException: No space left on device"),
    ("[PATH_NOT_FOUND] Path does not exist: file:/x. SQLSTATE: 42K03\n\n", "[PATH_NOT_FOUND] Path"),
    ("", "It gives no reason."),
])  # fmt: skip
def test_a_long_spark_error_is_reduced_to_its_cause_in_one_line(message: str, cause: str) -> None:
    line = session._cause(message)
    assert line.startswith(cause)
    assert "\n" not in line
    assert "Traceback" not in line


def test_the_error_for_missing_pyspark_names_the_extra_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pyspark'] = None\n"
        "from regulars.cli.main import main\n"
        "sys.argv = ['regulars', 'show', 'kpis', '-w', 'local[1]?folder=shop']\n"
        "main()"
    )
    (tmp_path / "shop" / "version-1").mkdir(parents=True)
    (tmp_path / "shop" / "version-1" / ".held").touch()
    (tmp_path / "shop" / "current").write_text("version-1")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "pip install 'regulars[spark]'" in done.stderr
    assert "Traceback" not in done.stderr

"""Where a warehouse in Spark is, and what people are told who have it wrong or lack something."""

import subprocess
import sys
from pathlib import Path

import pytest

from regulars.engines import spark_session
from regulars.engines.places import engine_of
from regulars.engines.spark import Spark
from regulars.errors import WarehouseError


@pytest.mark.parametrize(("address", "master", "folder"), [
    ("spark://host:7077?folder=/shared/shop", "spark://host:7077", "/shared/shop"),
    ("spark://[::1]:7077?folder=shop", "spark://[::1]:7077", "shop"),
    ("local[*]", "local[*]", "regulars-warehouse"),
    ("local[2]?folder=a%20shop", "local[2]", "a shop"),
])  # fmt: skip
def test_an_address_names_a_master_and_a_folder(address, master, folder):
    assert engine_of(address) == Spark(master, Path(folder))


@pytest.mark.parametrize("address", [
    "spark://host:7077", "spark://host?folder=x", "spark://host:port?folder=x", "spark:?folder=x",
    "spark://host:7077/shop", "local[x]?folder=shop", "local[2]?schema=x", "local[2]?folder=",
    "spark://ann:secret@host:7077?folder=x",
])  # fmt: skip
def test_a_wrong_address_says_how_to_write_it(address):
    with pytest.raises(WarehouseError, match="Write it as spark://host:7077"):
        engine_of(address)


def test_a_master_that_is_not_there_is_named_within_seconds(tmp_path):
    with pytest.raises(WarehouseError, match=r"as a master of Spark at 127\.0\.0\.1, port 9"):
        spark_session._check_master("spark://127.0.0.1:9")


def test_missing_java_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(WarehouseError, match=r"under JAVA_HOME.*openjdk-17-jre-headless"):
        spark_session._check_java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WarehouseError, match="none on the path"):
        spark_session._check_java()


def test_an_old_java_is_told_apart(monkeypatch, tmp_path):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(WarehouseError, match=r"is Java 11\. Install Java 17"):
        spark_session._check_java()
    java.write_text("#!/bin/sh\necho 'java version \"1.8.0_2\"' >&2\n")
    with pytest.raises(WarehouseError, match=r"is Java 8\."):
        spark_session._check_java()


def test_without_pyspark_the_extra_is_named(tmp_path):
    code = (
        "import sys; sys.modules['pyspark'] = None\n"
        "from regulars.cli import main\n"
        "sys.argv = ['regulars', 'show', 'kpis', '-w', 'local[1]?folder=shop']\n"
        "main()"
    )
    (tmp_path / "shop" / "version-1").mkdir(parents=True)
    (tmp_path / "shop" / "version-1" / ".held").touch()
    (tmp_path / "shop" / "current").write_text("1")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "pip install 'regulars[spark]'" in done.stderr
    assert "Traceback" not in done.stderr

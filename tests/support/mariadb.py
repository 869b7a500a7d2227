"""A real MariaDB server for the test session, reachable only through its socket."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pymysql

PROGRAMS = {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}


@dataclass(frozen=True)
class MariaDB:
    socket: Path

    def connect(self, database: str | None = None) -> "pymysql.Connection[Any]":
        return pymysql.connect(unix_socket=str(self.socket), user="root", database=database)

    def new_database(self, name: str) -> str:
        """Create a database and return its address."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        return f"mysql://root@localhost/{name}?unix_socket={self.socket}"


@contextmanager
def running_mariadb() -> Iterator[MariaDB]:
    """Start a server; stop it and delete its data at the end."""
    with TemporaryDirectory(prefix="regulars-mariadb-", ignore_cleanup_errors=True) as folder:
        data, socket = Path(folder) / "data", Path(folder) / "socket"
        Path(folder).chmod(0o755)
        who = "root" if os.getuid() == 0 else os.environ.get("USER", "nobody")
        common = ["--no-defaults", f"--user={who}", f"--datadir={data}"]
        install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal",
                   "--skip-test-db"]  # fmt: skip
        _run(install)
        command = ["mariadbd", *common, f"--socket={socket}", "--skip-networking",
                   "--innodb-flush-log-at-trx-commit=0"]  # fmt: skip
        server = subprocess.Popen(
            command, env=os.environ | PROGRAMS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            started = MariaDB(socket)
            _wait_for(started, server)
            yield started
        finally:
            server.terminate()
            server.wait(60)


def _run(command: list[str]) -> None:
    subprocess.run(command, env=os.environ | PROGRAMS, check=True, capture_output=True, timeout=120)


def _wait_for(server: MariaDB, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.connect().close()
        except pymysql.err.OperationalError:
            assert process.poll() is None, "the server exited"
            assert time.monotonic() < deadline, "the server does not respond"
            time.sleep(0.1)
        else:
            return

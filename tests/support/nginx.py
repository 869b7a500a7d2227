"""A real nginx with the configuration that ships with Regulars, and a self-signed certificate."""

import datetime as dt
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
PROGRAMS = {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
MAIN_CONF = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


@contextmanager
def running_nginx(folder: Path, dashboard_port: int) -> Iterator[str]:
    """Run nginx in front of a dashboard on that port; yield its address, under /shop/."""
    secure, plain = _free_port(), _free_port()
    write_certificate(folder)
    site = _site_config(dashboard_port, secure, plain, folder)
    (folder / "nginx.conf").write_text(MAIN_CONF.format(folder=folder, site=site))
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with subprocess.Popen(command, env=os.environ | PROGRAMS) as server:
        try:
            _wait_for(secure, server)
            yield f"https://localhost:{secure}/shop/"
        finally:
            server.terminate()


def _site_config(dashboard: int, secure: int, plain: int, folder: Path) -> str:
    """Return the shipped configuration with the ports and the certificate of the test."""
    text = SHIPPED.read_text()
    for shipped, local in {
        "127.0.0.1:8501": f"127.0.0.1:{dashboard}",
        "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "server_name shop.example": "server_name localhost",
        "/etc/ssl/certs/shop.example.pem": f"{folder}/certificate.pem",
        "/etc/ssl/private/shop.example.key": f"{folder}/key.pem",
    }.items():
        assert shipped in text
        text = text.replace(shipped, local)
    return text


def write_certificate(folder: Path) -> None:
    """Write a certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                server.wait(0.05)
        else:
            return
    raise RuntimeError("nginx exited before it was listening")

"""Zone as on several machines: two of every process of the product.

Two web servers behind one address (nginx with the file that operators get), two schedulers, and two
bridges, each with a door of its own, on one PostgreSQL with fsync on.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from zone.access.areas import service as areas
from zone.access.bridges import service as bridges
from zone.access.doors import service as doors
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.demo import supervisor
from zone.demo.example import SELLER
from zone.demo.machine import postgres
from zone.demo.machine.postgres import Cluster
from zone.demo.machine.processes import Process, answers, free_port, python
from zone.demo.supervisor import Installation, Prepared, Start
from zone.places.campuses.queries import campus_by_code
from zone.places.spaces.models import Space

ROOT = Path(__file__).resolve().parents[2]
NGINX_CONF = ROOT / "docs" / "nginx.conf"
AROUND = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  log_format which '$upstream_addr';
  access_log {folder}/access.log which;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{site}
}}
"""


@dataclass(slots=True)
class Spread:
    """The running processes. `first` and `second` each have a bridge and a door."""

    first: Installation
    second: Installation
    webs: list[Process]
    schedulers: list[Process]
    cluster: Cluster
    folder: Path

    def served_by(self) -> dict[str, int]:
        """Return how many requests each web server has answered, by port."""
        lines = (self.folder / "access.log").read_text().split()
        return {port: lines.count(port) for port in set(lines)}


def site(port: int, upstreams: list[int]) -> str:
    """Return the operators' nginx.conf with our ports, without TLS (tested elsewhere)."""
    text = NGINX_CONF.read_text()
    servers = "".join(
        f"    server 127.0.0.1:{upstream} max_fails=3 fail_timeout=2s;\n" for upstream in upstreams
    )
    text = re.sub(
        r"(upstream zone_web \{\n)(    .*\n)+?(?=    keepalive)", rf"\g<1>{servers}", text
    )
    text = (
        text[: text.index("server {\n    listen 80")]
        + text[text.index("server {\n    listen 443") :]
    )
    text = re.sub(r"    (ssl_.*|server_name .*|access_log .*|error_log .*)\n", "", text)
    text = text.replace("proxy_set_header Host $host;", "proxy_set_header Host $http_host;")
    text = text.replace("X-Forwarded-Host $host", "X-Forwarded-Host $http_host")
    text = text.replace("    listen [::]:443 ssl;\n", "")
    return text.replace("listen 443 ssl", f"listen 127.0.0.1:{port}")


@contextmanager
def opened() -> Iterator[Spread]:
    """Start everything on free ports of this machine; stop everything at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zone-spread-")))
        database = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zone-pg-")))
        cluster = stack.enter_context(postgres.cluster(database, fsync=True))
        port = free_port()
        settings = Settings(
            data_dir=folder / "zone",
            database_url=postgres.alchemy_url(cluster.url, "postgres"),
            demo=True,
            base_url=f"http://localhost:{port}",
            payment_provider="development",
            **SELLER,
            trusted_proxies=1,
        )
        supervisor.migrate(settings)
        prepared = supervisor.prepare(settings)
        gym = Prepared(prepared.class_id, *gym_door(settings), None)
        start = supervisor.starter(settings, stack)
        ports = [free_port(), free_port()]
        webs = [
            start(f"web-{web_port}", python("-m", "zone", "serve", "--port", str(web_port)))
            for web_port in ports
        ]
        for web_port, web in zip(ports, webs, strict=True):
            supervisor.await_web(web, web_port)
        proxy(start, folder, port, ports)
        schedulers = [start(f"scheduler-{n}", python("-m", "zone", "scheduler")) for n in (1, 2)]
        sites = [
            a_site(settings, folder / name, port, door, start, name)
            for name, door in (("one", prepared), ("two", gym))
        ]
        yield Spread(sites[0], sites[1], webs, schedulers, cluster, folder)


def proxy(start: Start, folder: Path, port: int, upstreams: list[int]) -> None:
    """Start nginx in front of the web servers."""
    config = folder / "nginx.conf"
    config.write_text(AROUND.format(folder=folder, site=site(port, upstreams)))
    nginx = start("nginx", ["nginx", "-c", str(config), "-e", str(folder / "error.log")])
    nginx.await_ready(lambda: answers(f"http://localhost:{port}/healthz"), supervisor.READY_SECONDS)


def gym_door(settings: Settings) -> tuple[str, str]:
    """Make the door of the gym with its own bridge; return (enrolment token, door)."""
    with create_app(settings).app_context():
        now = utc_now()
        with writing() as session:
            campus = campus_by_code(session, "myllypuro")
            space = session.scalars(select(Space).where(Space.code == "gym")).one()
            box, token = bridges.create_bridge(
                session, campus_id=campus.id, name="Gym bridge", now=now
            )
            area = areas.create_area(
                session,
                campus_id=campus.id,
                name="Gym",
                kinds=["gym"],
                space_ids=[space.id],
                proves_presence=True,
                always_open=True,
            )
            door = doors.create_door(
                session, area_id=area.id, bridge_id=box.id, name="Gym door", strike_ms=1000
            )
        db.engine.dispose()
    return token, str(door.public_id)


def a_site(
    settings: Settings,
    data: Path,
    port: int,
    door: Prepared,
    start: Start,
    name: str,
) -> Installation:
    """Start a bridge with its reader and relay, which reaches the web at the common address."""
    data.mkdir()
    simulator = supervisor.simulator_of(data, start, f"simulator-{name}")
    bridge = supervisor.bridge_of(settings, data, door, start, f"bridge-{name}")
    return Installation(settings, port, door.class_id, simulator, simulator, bridge)


def check_config(text: str, folder: Path) -> None:
    """Check that nginx accepts the configuration of a site."""
    config = folder / "whole.conf"
    config.write_text(AROUND.format(folder=folder, site=text))
    command = ["nginx", "-t", "-c", str(config), "-e", str(folder / "e.log")]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()

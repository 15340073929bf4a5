"""What a benchmark found, and the file that keeps it."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil


@dataclass(frozen=True)
class Result:
    """One comparison; `ratio` is ours over theirs within one run, `met` says whether it reached the target."""

    name: str
    figures: dict[str, Any]
    ratio: float | None
    target: str
    met: bool
    notes: list[str] = field(default_factory=list)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cores": os.cpu_count(),
        "processor": models[0].partition(":")[2].strip() if models else platform.machine(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def write(path: Path, results: Iterable[Result], sizes: dict[str, int], versions: dict[str, str]) -> None:
    """Put the results into the file, in place of older ones of the same name."""
    now, known = datetime.now(UTC).isoformat(timespec="seconds"), read(path)
    for result in results:
        where = {"machine": {**machine(), **versions}, "date": now, "sizes": sizes}
        known[result.name] = {**asdict(result), **where}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(known.values()), indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, dict[str, Any]]:
    """The results in the file by name; nothing if there is no file."""
    if not path.exists():
        return {}
    return {result["name"]: result for result in json.loads(path.read_text(encoding="utf-8"))}


def summary(seconds: list[float]) -> dict[str, float | int]:
    """How long something took, in milliseconds: median, and the range of it."""
    ordered = sorted(1000 * value for value in seconds)
    return {
        "median_ms": round(median(ordered), 2),
        "least_ms": round(ordered[0], 2),
        "greatest_ms": round(ordered[-1], 2),
        "times": len(ordered),
    }

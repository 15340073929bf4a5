"""The table of figures in README.md, made from the file of results."""

from pathlib import Path
from typing import Any

from benchmarks import results

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def write(path: Path) -> None:
    """Replace what stands between the two marks."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    found = list(results.read(path).values())
    README.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{after}", encoding="utf-8")


def table(found: list[dict[str, Any]]) -> str:
    """A line for each result, and what they were measured on."""
    head = ["| what | ratio | target | met | figures |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*_places(found), "", *head, *map(_line, found)])


def _places(found: list[dict[str, Any]]) -> list[str]:
    places: dict[str, None] = {}
    for result in found:
        machine, sizes = dict(result["machine"]), result["sizes"]
        hardware = f"{machine.pop('cores')} cores ({machine.pop('processor')}), {machine.pop('memory_gb')} GB"
        programs = ", ".join(f"{name} {value}" for name, value in machine.items())
        rows = f"{sizes['tasks']:,} tasks and {sizes['outputs']:,} outputs"
        places[f"{result['date'][:10]}: {rows} on {hardware}; {programs}."] = None
    return list(places)


def _line(result: dict[str, Any]) -> str:
    ratio = "" if result["ratio"] is None else f"{result['ratio']}"
    figures = "; ".join(
        f"{name.replace('_', ' ')} {_shown(value)}" for name, value in result["figures"].items() if name != "statements"
    )
    return f"| {result['name']} | {ratio} | {result['target']} | {'yes' if result['met'] else 'no'} | {figures} |"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        if "median_ms" in value:
            return f"{value['median_ms']:g} ms"
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return f"{value:,}" if isinstance(value, int) else str(value)

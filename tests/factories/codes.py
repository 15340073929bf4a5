"""The codes that the program gives to what it says, read from its sources."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType


def codes_given(packages: Collection[ModuleType], places: dict[str, int]) -> set[str]:
    """Every text that stands at its place among the arguments of a call; `places` holds these by the called name."""
    folders = [Path(folder) for package in packages for folder in package.__path__]
    sources = (path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py"))
    return {code for source in sources for code in _codes(ast.parse(source), places)}


def _codes(tree: ast.AST, places: dict[str, int]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in places:
            at = places[node.func.id]
            given = node.args[at] if len(node.args) > at else None
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield given.value

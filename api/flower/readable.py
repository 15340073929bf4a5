"""A task as Flower shows it: its result is the verdict, with the address of our page about it."""

import ast
import re
from typing import Any

#: Flower knows only the beginning of the text of a result, so it is searched, not read.
_TEXT = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_VERDICT = re.compile(r"'verdict': " + _TEXT)
_CHECK = re.compile(r"""['"](?:check_id|run_id)['"]: ['"]([\w-]{8,64})['"]""")
_REPAIRS = "compensation."


def make_readable(task: Any, page: str) -> Any:
    """The same task with another text as its result; `page` is the address of our page, perhaps empty."""
    result = str(getattr(task, "result", None) or "")
    said, about = verdict_of(result), about_of(str(task.name), result, str(getattr(task, "kwargs", "") or ""))
    link = f"{page}{about}" if page and about else ""
    shown = " → ".join(text for text in (said or result, link) if text)
    if shown:
        task.result = shown
    return task


def verdict_of(result: str) -> str:
    """What a result says first; empty for results of others."""
    found = _VERDICT.search(result)
    return str(ast.literal_eval(found[1])) if found else ""


def about_of(name: str, *texts: str) -> str:
    """The path of our page about the check or repair that result or arguments name: `/runs/ID`, `/repairs/ID`."""
    found = next((match for match in map(_CHECK.search, texts) if match), None)
    if found is None:
        return ""
    return f"/repairs/{found[1]}" if name.startswith(_REPAIRS) else f"/runs/{found[1]}"

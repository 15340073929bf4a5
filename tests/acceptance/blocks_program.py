"""Executes code blocks one after the other in one namespace, as somebody does who types them in; stdin has them."""

import ast
import asyncio
import inspect
import json
import sys
from typing import Any


def main() -> None:
    names: dict[str, Any] = {"__name__": "typed_in"}
    for number, block in enumerate(json.load(sys.stdin)):
        code = compile(block, f"block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        answer = eval(code, names)
        if inspect.iscoroutine(answer):
            asyncio.run(answer)


if __name__ == "__main__":
    main()

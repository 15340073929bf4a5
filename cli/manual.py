"""The reference page of the command line, made from the commands themselves."""

import re
from collections.abc import Iterator

import click

from cli.main import reconcilery

HEAD = """\
# Command line

Made from the program by `scripts/docs`; a test keeps it current. The same commands are there as
`celery -A monitor_tasks reconcilery ...`.
"""


def manual() -> str:
    """The page as Markdown: each command with its usage, its words, its options and its example."""
    # Commands remember the help option they were first asked for, so it has to be the real one.
    names = reconcilery.context_settings["help_option_names"]
    root = click.Context(
        reconcilery, info_name="reconcilery", terminal_width=1000, max_content_width=1000, help_option_names=names
    )
    sections = ["\n".join(_section(context)) for context in _contexts(root)]
    return HEAD + "\n" + "\n\n".join(sections) + "\n"


def _contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None  # it was just listed
            if not child.hidden:
                yield from _contexts(click.Context(child, info_name=name, parent=context))


def _section(context: click.Context) -> Iterator[str]:
    command = context.command
    yield f"## {context.command_path}"
    yield ""
    yield f"`{command.get_usage(context).removeprefix('Usage: ')}`"
    yield ""
    yield from _paragraphs(command.help or "")
    records = (each.get_help_record(context) for each in command.params)
    options = [record for record in records if record and record[1]]
    if options:
        yield ""
        yield "| option | meaning |"
        yield "| --- | --- |"
        yield from (f"| `{_cell(names)}` | {_cell(words)} |" for names, words in options)
    if command.epilog:
        yield ""
        yield f"Example: `{command.epilog.removeprefix('Example: ')}`"


def _paragraphs(text: str) -> list[str]:
    return [re.sub(r"\s+", " ", block).strip() if block.strip() else "" for block in _blocks(text)]


def _blocks(text: str) -> Iterator[str]:
    for number, block in enumerate(re.split(r"\n\s*\n", text.strip())):
        if number:
            yield ""
        yield block


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

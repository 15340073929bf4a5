"""Jinja as the page and the reports use it: everything is escaped, and a name that is not there is an error."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.charts.svg import shown


def environment(folder: Path) -> Environment:
    """For the templates of that folder."""
    found = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # They change with the program alone, so that nobody need look at the files again for each answer.
        auto_reload=False,
    )
    # What the text of a user could steer or hide is made visible before it is escaped.
    found.finalize = lambda value: shown(value) if type(value) is str else value
    return found

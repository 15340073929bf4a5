"""The documentation says what the code does: names, links, examples and generated pages are held against it."""

import importlib
import inspect
import json
import re
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import click
import pytest

import beat_schedule
import celeryconfig
from cli.main import COMMANDS, reconcilery
from compensation.states import LIVE, REDRIVABLE, SETTLED_ITEMS, ItemState, RunState
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.mapping import DEFAULT_RULE, ChildMapping, Operator, ParentMapping, RuleMapping
from consistency.settings import Settings, load_settings
from monitor_tasks.celery import app
from notifiers.alerts.alert import AlertState
from notifiers.channels.channel import Outcome
from notifiers.deciding.decision import Reason
from notifiers.deliveries.states import DeliveryState

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = [*(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")), *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL_LINE = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
MACHINE = re.compile(r"(?<![\w.])(?:/work|/root|/home|/tmp|/Users)/|\.\./shared")
#: What the pages take from the environment.
SECRETS = {
    "SLACK_WEBHOOK": "https://hooks.slack.com/services/T/B/X",
    "SMTP_PASSWORD": "hush",
    "PAGERDUTY_KEY": "hush",
    "HOOK_SECRET": "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
}
CHANNEL = re.compile(r"^\[channels\.", re.MULTILINE)
CONNECTIVES = re.compile(r" (?:\||>|&&) ")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def examples() -> list[Any]:
    """Every line and inline code of the pages that could be typed, once, with the page where it stands."""
    found: dict[str, str] = {}
    for page in PAGES:
        prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
        for line in [*SHELL_LINE.findall(prose), *INLINE.findall(prose)]:
            found.setdefault(CONNECTIVES.split(line)[0].strip(), named(page))
    return [pytest.param(line, id=f"{page}: {line}") for line, page in found.items() if "…" not in line]


EXAMPLES = examples()
# A line that shows the form of a command cannot be typed as it is.
COMMAND_LINES = [
    each
    for each in EXAMPLES
    if str(each.values[0]).startswith("reconcilery ") and "[OPTIONS]" not in str(each.values[0])
]
CALLS = [each for each in EXAMPLES if " call " in str(each.values[0])]


def lacking(names: Any, text: str) -> list[str]:
    return [name for name in names if f"`{name}`" not in text]


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def own_tasks() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    rooms = "api|cli|compensation|consistency|monitor_tasks|monitoring|notifiers|tests|examples"
    modules = re.findall(
        rf"`((?:beat_schedule|celeryconfig|(?:{rooms})/[\w/]+)\.py)`", page.read_text(encoding="utf-8")
    )
    assert [module for module in modules if not (ROOT / module).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    assert MACHINE.findall(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=named)
def test_every_page_is_in_the_index(page: Path) -> None:
    index = DOCS / "README.md"
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text(encoding="utf-8"))}
    assert page == index or page in linked


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_configuration_in_the_pages_is_valid(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    before = ""
    for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "toml":
            # What builds on the blocks above it is read together with them.
            before = before + block if CHANNEL.search(before) else block
            (tmp_path / "reconcilery.toml").write_text(before, encoding="utf-8")
            load_settings(environ={}, cwd=tmp_path)


def test_the_default_rule_is_shown_as_it_is(tmp_path: Path) -> None:
    chapter = text_of("docs/howto/map-your-tables.md").partition("## The default rule")[2]
    block = BLOCK.search(chapter)
    assert block is not None
    (tmp_path / "reconcilery.toml").write_text(block[2], encoding="utf-8")
    assert load_settings(environ={}, cwd=tmp_path).rules == (DEFAULT_RULE,)


def test_every_key_of_a_rule_is_explained() -> None:
    page = text_of("docs/howto/map-your-tables.md")
    of_rule, _, sides = page.partition("## Keys of the parent")
    of_parent, _, of_child = sides.partition("## Keys of the child")
    assert lacking(RuleMapping.model_fields, of_rule) == []
    assert lacking(ParentMapping.model_fields, of_parent) == []
    assert lacking(ChildMapping.model_fields, of_child) == []
    assert lacking(get_args(Operator), page) == []


def test_the_pages_made_from_the_code_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    pages = importlib.import_module("pages").PAGES
    outdated = [name for name, made in pages.items() if made() != text_of(name)]
    assert outdated == [], "run scripts/docs"


def test_every_setting_is_explained() -> None:
    assert lacking(Settings.model_fields, text_of("docs/reference/settings.md")) == []


def test_every_task_is_explained_with_its_queue_and_arguments() -> None:
    page = text_of("docs/reference/tasks.md")
    for name, task in own_tasks().items():
        row = next((line for line in page.splitlines() if line.startswith(f"| `{name}` ")), "")
        queue = app.amqp.router.route({}, name)["queue"].name
        assert lacking([queue, *inspect.signature(task.run).parameters], row) == [], name


def test_every_entry_of_the_schedule_is_explained() -> None:
    assert lacking(beat_schedule.beat_schedule, text_of("docs/reference/tasks.md")) == []


def test_every_setting_of_celery_has_its_reason() -> None:
    page = text_of("docs/celery.md")
    settings = {name for name, value in vars(celeryconfig).items() if name[0] != "_" and not callable(value)}
    ours = sorted(name for name in settings if name in app.conf)
    assert "task_queues" in ours
    options = [*celeryconfig.broker_transport_options, *celeryconfig.result_backend_transport_options]
    assert lacking([*ours, *options], page) == []


def test_every_own_table_is_explained() -> None:
    own = [name for tables in (LEDGER, REPAIRS) for name in (*tables.metadata.tables, tables.version_table)]
    assert lacking(own, text_of("docs/reference/files-and-keys.md")) == []


def rows_of(chapter: str) -> dict[str, list[str]]:
    """The tables of a chapter of the outcomes page: first cell without its quotes -> the other cells."""
    text = text_of("docs/reference/outcomes.md").partition(f"## {chapter}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_every_state_of_a_run_is_explained_and_what_stays_is_named() -> None:
    assert list(rows_of("States of a run")) == list(RunState)
    said = text_of("docs/reference/outcomes.md").partition("stay as they are until a person acts")[0].splitlines()[-1]
    assert set(INLINE.findall(said)) == set(RunState) - LIVE


def test_every_state_of_a_task_is_explained_with_what_follows_from_it() -> None:
    rows = rows_of("States of a task")
    assert list(rows) == list(ItemState)
    assert {state for state, cells in rows.items() if cells[1]} == SETTLED_ITEMS
    assert {state for state, cells in rows.items() if cells[2]} == REDRIVABLE


def test_every_code_belongs_to_states_that_there_are() -> None:
    for code, (states, _) in rows_of("Codes of a task").items():
        assert set(INLINE.findall(states)) <= set(ItemState), code


@pytest.mark.parametrize("words", [AlertState, Reason, DeliveryState, Outcome], ids=lambda words: words.__name__)
def test_every_word_of_telling_has_a_row(words: type[StrEnum]) -> None:
    page = text_of("docs/discussions/how-an-alert-is-told.md")
    assert [word for word in words if f"| `{word}` |" not in page] == []


@pytest.mark.parametrize("page", ["README.md", "docs/reference/cli.md"])
def test_every_command_is_named(page: str) -> None:
    text = text_of(page)
    assert [command for command in COMMANDS if f"reconcilery {command}" not in text] == []


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_every_command_line_can_be_typed(line: str) -> None:
    _, *words = shlex.split(line)
    command: click.Command = reconcilery
    context = command.make_context("reconcilery", words)
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        command, context = found, found.make_context(name, words, parent=context)


@pytest.mark.parametrize("line", CALLS)
def test_every_call_names_a_task_and_its_arguments(line: str) -> None:
    words = shlex.split(line)
    name = words[words.index("call") + 1]
    kwargs = json.loads(words[words.index("--kwargs") + 1]) if "--kwargs" in words else {}
    inspect.signature(own_tasks()[name].run).bind(**kwargs)

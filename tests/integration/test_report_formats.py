"""The same report as a page, as Markdown and as values: complete, escaped, self-contained, in both languages."""
# ruff: noqa: RUF001 - Chinese is written with Chinese colons.

import json
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from api.report.formats import report_article, report_html, report_json, report_markdown
from api.report.lead import commands, headline
from api.report.report import report_of
from api.report.words.wording import LANGUAGES, Wording
from api.report.writing import document_of
from compensation.states import RunState
from consistency.database import connect
from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType, Health, Level, Window
from monitor_tasks.index_advice import FUTURE, STRAYS, TASKS, UNPLACED
from monitor_tasks.missing_by import COLUMNS
from notifiers.alerts.kinds import KINDS
from tests.factories.fortnight import DAY, FORTNIGHT, INCIDENT, NOW, RULE, Fortnight, empty_fortnight, fortnight

HOSTILE = "<script>alert(1)</script>|`x`*_\u202e\x1b[31m"
VOID = {"br", "meta"}
API = Path(__file__).parents[2] / "api"


class Reader(HTMLParser):
    """What a browser would make of a page: open elements, attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortnight]:
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.sqlite'}")
    yield fortnight(engine)
    engine.dispose()


@pytest.fixture
def report(made: Fortnight) -> dict[str, Any]:
    return report_of(made.resources, FORTNIGHT, RULE, NOW)


def test_what_a_check_found_since_the_hours_were_counted_is_said_first(report: dict[str, Any]) -> None:
    newer = {**report["latest"][0], "as_of": "2026-09-16T04:00:00Z", "tasks": 90, "missing": 700}
    text = report_markdown({**report, "latest": [newer]}, "en")
    assert "Newer than that: the quick check of 2026-09-16 04:00 found 700 of 90 tasks without their output." in text
    known = {**report, "counts": {**report["counts"], "missing": 700}, "latest": [newer]}
    assert "Newer than that" not in report_markdown({**known, "health": "degraded"}, "en")
    assert "Newer than that" in report_markdown({**known, "health": "healthy"}, "en")
    before = {**newer, "as_of": report["counted"]["end"]}
    assert "Newer than that" not in report_markdown({**report, "latest": [before]}, "en")


def test_a_report_in_the_middle_of_an_incident_is_not_green(report: dict[str, Any]) -> None:
    newer = {**report["latest"][0], "as_of": "2026-09-16T04:00:00Z", "tasks": 900, "missing": 120, "health": "degraded"}
    during = document_of({**report, "health": "healthy", "latest": [newer]}, "en")
    assert during.health == "degraded"
    assert during.headline.startswith("Degraded now: the quick check of 2026-09-16 04:00 found 120 of 900 tasks")
    assert during.lead[0].startswith("Whole hours until 2026-09-16 03:00: Healthy: ")
    assert "Newer than that" not in " ".join(during.lead)
    assert document_of({**report, "health": "unhealthy", "latest": [newer]}, "en").health == "unhealthy"
    over = {**newer, "as_of": report["counted"]["end"]}
    assert document_of({**report, "health": "healthy", "latest": [over]}, "en").health == "healthy"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_holds_everything_that_it_shows(report: dict[str, Any], language: str) -> None:
    page = report_html(report, language)
    found = Reader(page)
    assert len(page.encode()) < 300_000
    assert found.open == []
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(found.names)
    assert not {"style", "src", "href", "srcset"} & {name for name, _ in found.attributes}
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert re.findall(r"https?://[^\"\s]+", page.replace("http://www.w3.org/2000/svg", "")) == []
    assert "url(" not in page
    assert "@import" not in page
    assert len(found.ids) == len(set(found.ids))
    referred = {
        name for key, value in found.attributes if key.startswith("aria-") and key.endswith("by") for name in [value]
    }
    assert referred <= set(found.ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_has_as_many_cells_as_its_header(report: dict[str, Any], language: str) -> None:
    page = report_html(report, language)
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        assert {row.count("<td") for row in re.findall(r"<tr>(.*?)</tr>", table)[1:]} == {table.count("<th ")}
    blocks = re.findall(r"(?:^\|.*\|\n)+", report_markdown(report, language), re.MULTILINE)
    assert len(blocks) == page.count("<table>")
    for block in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_the_page_tells_the_story(report: dict[str, Any]) -> None:
    text = Reader(report_html(report)).text
    for told in (
        "Healthy: 97.8 % of 33,400 successful tasks have their output",
        "720 of them lack it",
        f"The rate fell in the hour from {INCIDENT.start:%Y-%m-%d %H:%M}, from 100 % to 70.0 %, until",
        "25 of the 30 missing ones are workflow <i>video</i>.",
        "Repairs brought 719 outputs back.",
        "reconcilery repair plan --start-date ",
        "missing outputs (quick): 30 of 100 tasks",
        "feishu ✓",
        "mail ✗ 535 <bad> password",
        "ada|laptop",
        "70.0 %, 720 missing",
        "(none)",
        "334 of 334",
    ):
        assert told in text


def test_what_was_broken_down_before_a_repair_is_not_told_of_what_is_missing_now(report: dict[str, Any]) -> None:
    told = "of the 30 missing ones"
    assert told in report_markdown(report)
    report["segments"]["columns"]["workflow"][0]["value"] = None
    assert f"25 {told} are workflow (none)." in report_markdown(report)
    report["counts"]["missing"] = 3
    assert told not in report_markdown(report)


def test_the_chinese_page_is_chinese(report: dict[str, Any]) -> None:
    page = report_html(report, "zh")
    assert '<html lang="zh-Hans">' in page
    text = Reader(page).text
    for told in (
        "健康：33,400 个成功任务中 97.8 % 有输出",
        "修复找回了 719 个输出。",
        "告警与通知",
        "通常范围",
        "快速检查",
    ):
        assert told in text


def test_markdown_tells_the_charts_in_words(report: dict[str, Any]) -> None:
    text = report_markdown(report)
    assert "**✔ Healthy: 97.8 % of 33,400 successful tasks have their output**" in text
    assert re.search(
        r"^Every quick check; grey is no check: From .* healthy \d+, unhealthy \d+\.$",
        text,
        re.MULTILINE,
    )
    assert "lowest 70.0 % at" in text
    assert "<svg" not in text


def test_the_part_for_other_pages_has_no_style_and_no_page(report: dict[str, Any]) -> None:
    article = report_article(report)
    assert article.startswith('<article class="report">')
    assert not {"style", "html", "body", "head", "main"} & set(Reader(article).names)
    assert str(article) in report_html(report).replace("\n</main>", "")


def test_the_values_survive_json(report: dict[str, Any]) -> None:
    assert json.loads(report_json(report)) == report


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_a_user_wrote_becomes_markup(report: dict[str, Any], language: str) -> None:
    report["service"] = report["alerts"][0]["summary"] = report["alerts"][0]["told"][0]["channel"] = HOSTILE
    report["alerts"][0]["numbers"] = {}
    report["alerts"][0]["acknowledged"][0]["by"] = report["repairs"][0]["created_by"] = HOSTILE
    report["alerts"][0]["told"][1]["why"] = report["problems"][0]["problem"] = report["findings"][0]["message"] = (
        HOSTILE
    )
    report["segments"]["columns"] = {HOSTILE: [{"value": HOSTILE, "tasks": 9, "missing": 9, "completion_rate": 0.0}]}
    report["missing_sample"] = [HOSTILE, "`` ` |"]
    page, text = report_html(report, language), report_markdown(report, language)
    assert "script" not in Reader(page).names
    assert page.count("alert(1)") >= 10
    assert not {"\u202e", "\x1b"} & set(page + text)
    assert "<script" not in re.sub(r"(`+) .*? \1", "", text.replace("\\<script", ""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_report_says_so_and_what_to_type(sqlite: Engine, language: str) -> None:
    found = report_of(empty_fortnight(sqlite).resources, FORTNIGHT, RULE, NOW)
    for text in (Reader(report_html(found, language)).text, report_markdown(found, language)):
        assert "reconcilery check range --start-date " in text
    assert headline(found, Wording("en", ZoneInfo("UTC"))) == "Unknown: no successful task was counted in this time"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_of_minutes_and_one_of_a_year_can_be_drawn(made: Fortnight, language: str) -> None:
    for window in (Window(NOW - DAY / 1440, NOW), Window(NOW - 365 * DAY, NOW)):
        page = report_html(report_of(made.resources, window, RULE, NOW), language)
        assert Reader(page).open == []
        assert len(page.encode()) < 300_000


@pytest.mark.parametrize(
    ("coverage", "missing", "repairable", "typed"),
    [
        (1, 0, True, []),
        (1, 3, True, ["missing", "repair plan"]),
        (1, 3, False, ["missing"]),
        (0.5, 3, True, ["check range"]),
    ],
)
def test_the_next_command_fits_what_was_found(
    report: dict[str, Any],
    coverage: float,
    missing: int,
    repairable: bool,  # noqa: FBT001 - a column of the table above
    typed: list[str],
) -> None:
    report |= {"coverage": coverage, "repairable": repairable}
    report["counts"]["missing"] = missing
    assert [command.removeprefix("reconcilery ").partition(" --")[0] for command in commands(report)] == typed


def test_a_rule_without_lateness_or_columns_has_a_report(sqlite: Engine) -> None:
    child = DEFAULT_RULE.child.model_copy(update={"created_at": "", "columns": {}})
    made = empty_fortnight(sqlite, DEFAULT_RULE.model_copy(update={"child": child}))
    made.count_hours(Window(FORTNIGHT.start, NOW))
    found = report_of(made.resources, FORTNIGHT, RULE, NOW)
    text = report_markdown(found)
    assert "- Late: not measurable" in text
    assert "repair plan" not in text


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    english, chinese = LANGUAGES["en"], LANGUAGES["zh"]
    assert set(chinese) <= set(english)
    assert all(name.endswith("_one") for name in set(english) - set(chinese))
    assert [name for name in chinese if fields_of(chinese[name]) != fields_of(english[name])] == []


def test_every_word_has_its_use_and_every_state_its_word() -> None:
    code = "".join(path.read_text() for path in (API / "report").rglob("*.py") if path.parent.name != "words")
    code += (API / "report" / "words" / "wording.py").read_text()
    families = ("check_", "health_", "kind_", "level_", "source_", "state_", "statement_", "unit_")
    spoken = [name for name in LANGUAGES["en"] if not name.startswith(families)]
    assert [name for name in spoken if f'"{name.removesuffix("_one")}"' not in code] == []
    ran = set(RunState) - {RunState.PLANNING, RunState.PLANNED}
    statements = {TASKS, STRAYS, FUTURE, UNPLACED, COLUMNS, "second look at missing tasks"}
    known = {"check": CheckType, "health": Health, "level": Level, "kind": KINDS, "state": ran, "statement": statements}
    for language in LANGUAGES.values():
        assert [
            f"{kind}_{word}" for kind, words in known.items() for word in words if f"{kind}_{word}" not in language
        ] == []

from zoneinfo import ZoneInfo

import pytest

from consistency.model import Level
from notifiers.messages.fitting import size
from notifiers.messages.markup import LARK, PLAIN, SLACK
from notifiers.messages.wording import Wording
from tests.factories.messages import a_message, an_alert

SHANGHAI = ZoneInfo("Asia/Shanghai")
USUAL = "High: 31 of 100 tasks have no output (reconcilery, rule task-outputs)"


def by(template: str, language: str = "en") -> Wording:
    return Wording(language, SHANGHAI, template)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ title }}", USUAL),
        ("{{ service }}/{{ rule }}: {{ level|level }}", "reconcilery/task-outputs: High"),
        ("{% for a in firing %}{{ a.id }} {{ a.since|local }}{% endfor %}", "alert-1 2026-09-16 12:00 +08:00"),
        ("{{ alerts[0].numbers.missing }} of {{ alerts[0]['numbers']['tasks'] }}", "31 of 100"),
        ("{{ resolved|length }} over, {{ notices|length }} events", "0 over, 0 events"),
        ("{{ reason }} in {{ thread[:4] }}", "first in ffff"),
    ],
)
def test_a_template_is_all_that_is_said(template: str, text: str) -> None:
    assert by(template).text(a_message(), 1000) == text
    assert by(template).parts(a_message(), 1000) == (text,)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ titel }}", "'titel' is undefined"),
        ("{{ alerts[0].nothing }}", "'dict object' has no attribute 'nothing'"),
        ("{% if %}", "line 1: Expected an expression, got 'end of statement block'"),
        ("one\n{{ title", "line 2: unexpected end of template, expected 'end of print statement'."),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ title|nofilter }}", "line 1: No filter named 'nofilter'."),
        ("{% if false %}x{% endif %}", "it came out empty"),
        ("{% include 'x' %}", "no loader for this environment specified"),
        ("{{ alerts.append(1) }}", "'tuple object' has no attribute 'append'"),
        ("{{ title.__class__ }}", "access to attribute '__class__' of 'str' object is unsafe."),
        ("{{ ''.__class__.__mro__ }}", "access to attribute '__class__' of 'str' object is unsafe."),
        ("{% for i in range(10**9) %}x{% endfor %}", "Range too big. The sandbox blocks ranges larger than"),
    ],
)
def test_a_template_that_fails_gives_way_to_the_usual_message_which_says_so(template: str, why: str) -> None:
    text = by(template).text(a_message(), 4000)
    assert text.startswith(USUAL)
    last = text.splitlines()[-1]
    assert last.startswith("(The template of this channel failed, so this is the usual message: ")
    assert why.split(" of 'tuple'", maxsplit=1)[0].split("access to attribute 'append'", maxsplit=1)[0] in last
    assert "模板出错" in by(template, "zh").text(a_message(), 4000).splitlines()[-1]


def test_that_a_template_failed_is_said_even_where_there_is_little_room() -> None:
    text = by("{{ nothing }}").text(a_message(*map(an_alert, range(1, 30))), 600)
    assert size(text) <= 600
    assert text.endswith("'nothing' is undefined)")


def test_what_comes_from_outside_is_escaped_and_what_the_user_writes_is_not() -> None:
    message = a_message(an_alert(summary="<!channel> *now*"))
    wording = by("<!here> {{ alerts[0].summary }}")
    assert wording.text(message, 1000, SLACK) == "<!here> &lt;!channel&gt; *now*"
    assert wording.text(message, 1000, LARK) == "<!here> &#60;!channel&#62; &#42;now&#42;"
    assert wording.text(message, 1000, PLAIN) == "<!here> <!channel> *now*"


def test_the_usual_text_can_be_framed_and_is_not_escaped_twice() -> None:
    message = a_message(an_alert(top=("a<b",)))
    (usual,) = Wording("en", SHANGHAI).parts(message, 1000, SLACK)
    assert by("Hello\n{{ text }}\nBye").parts(message, 1000, SLACK) == (f"Hello\n{usual}\nBye",)


def test_a_long_text_is_cut_at_a_line() -> None:
    text = by("{% for i in range(1000) %}line {{ i }}\n{% endfor %}").text(a_message(), 100)
    assert size(text) <= 100
    assert text.splitlines()[-2:] == ["line 12", "…"]


def test_a_reason_is_one_short_line_without_secrets() -> None:
    wording = by("{{ alerts[0].labels['password=hunter2' ~ '\n' ~ 'x' * 900] }}")
    last = wording.text(a_message(), 4000).splitlines()[-1]
    assert len(last) < 250
    assert "hunter2" not in last


def test_a_template_changes_nothing_of_the_title() -> None:
    assert by("{{ nothing }}").title(a_message(an_alert(level=Level.LOW))) == USUAL.replace("High", "Low")

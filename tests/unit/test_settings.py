import json
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from consistency.errors import BadRequest, ConfigurationError
from consistency.mapping import DEFAULT_RULE
from consistency.settings import SECRETS, Settings, examine_settings, load_settings

RULE = """
[[rules]]
id = "mine"
parent = {table = "jobs", id = "id", state = "state", state_in = ["done"], done_at = ["ended"]}
child = {table = "files", fk = "job"}
"""


def load(folder: Path, toml: str = "", overrides: dict[str, Any] | None = None, **environ: str) -> Settings:
    (folder / "reconcilery.toml").write_text(toml)
    return load_settings(overrides, environ, folder)


def problems(folder: Path, toml: str = "", **environ: str) -> list[str]:
    (folder / "reconcilery.toml").write_text(toml)
    examined = examine_settings({}, environ, folder)
    assert (examined.settings is None) == bool(examined.problems)
    return list(examined.problems)


def test_nothing_configured_gives_the_documented_defaults(tmp_path: Path) -> None:
    settings = load_settings({}, {}, tmp_path)
    assert settings == Settings()
    assert (settings.database_url, settings.redis_url) == ("", "redis://127.0.0.1:6379/0")
    assert (settings.log_dir, settings.timezone, settings.log_level) == (Path("logs"), "UTC", "INFO")
    assert (settings.statement_timeout, settings.lease) == (timedelta(seconds=30), timedelta(seconds=60))
    assert (settings.quick_every, settings.full_every, settings.deep_at) == (
        timedelta(minutes=15),
        timedelta(hours=1),
        time(2),
    )
    assert settings.rules == (DEFAULT_RULE,)


def test_flags_win_over_the_environment_over_the_file_over_defaults(tmp_path: Path) -> None:
    toml = 'timezone = "Asia/Tokyo"\nlog_days = 3\nledger_days = 4'
    settings = load(tmp_path, toml, {"log_days": 5, "log_level": None}, RECONCILERY_LOG_DAYS="6", LOG_LEVEL="debug")
    assert (settings.log_days, settings.log_level, settings.timezone, settings.ledger_days) == (
        5,
        "DEBUG",
        "Asia/Tokyo",
        4,
    )


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert load(tmp_path, "log_days = 3", RECONCILERY_LOG_DAYS="", RECONCILERY_CONFIG="").log_days == 3


def test_settings_are_read_anew_each_time(tmp_path: Path) -> None:
    assert load(tmp_path, "log_days = 3").log_days == 3
    assert load(tmp_path, "log_days = 4").log_days == 4


def test_the_file_may_be_named_and_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("log_days = 7", "utf-8-sig")
    assert load(tmp_path, "log_days = 3", RECONCILERY_CONFIG="other.toml").log_days == 7


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgres://shop:s3cret@db/shop\n")
    (tmp_path / "key").write_text("k1\n")
    settings = load(tmp_path, RECONCILERY_DATABASE_URL_FILE="url", RUNNINGHUB_API_KEY_FILE=str(tmp_path / "key"))
    assert settings.database_url == "postgresql+psycopg://shop:s3cret@db/shop"
    assert settings.runninghub_api_key.get_secret_value() == "k1"


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_can_come_from_a_file_and_a_missing_one_is_named(tmp_path: Path, name: str) -> None:
    variable = f"{name.upper()}_FILE" if name.startswith("runninghub") else f"RECONCILERY_{name.upper()}_FILE"
    assert problems(tmp_path, **{variable: "/nowhere/secret"}) == [
        f"{variable}: /nowhere/secret cannot be read: No such file or directory"
    ]


def test_rules_come_from_the_environment_as_json(tmp_path: Path) -> None:
    rules = json.dumps([DEFAULT_RULE.model_dump(mode="json") | {"id": "elsewhere"}])
    assert [rule.id for rule in load(tmp_path, RULE, RECONCILERY_RULES=rules).rules] == ["elsewhere"]


def test_custom_checks_come_from_the_environment_as_a_list_with_commas_or_json(tmp_path: Path) -> None:
    both = ("shop.checks:totals", "shop:x")
    assert load(tmp_path, RECONCILERY_CUSTOM_CHECKS="shop.checks:totals, shop:x").custom_checks == both
    assert load(tmp_path, RECONCILERY_CUSTOM_CHECKS=json.dumps(both)).custom_checks == both


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("log_dri = 'x'", "log_dri is not a known setting; did you mean log_dir?"),
        ("zzzzzz = 1", "zzzzzz is not a known setting"),
        ("log_days = 'many'", "log_days must be a whole number"),
        ("log_days = true", "log_days must be a whole number"),
        ("log_days = 0", "log_days must be at least 1"),
        ("log_dir = 3", "log_dir must be a path as text"),
        ("log_level = 'loud'", "log_level must be one of 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL'"),
        ("timezone = 'Asia/Shangai'", "timezone is wrong: unknown time zone 'Asia/Shangai': did you mean Asia/Shan"),
        ("timezone = 8", "timezone must be text"),
        ("quick_every = '0s'", "quick_every must be longer than 0"),
        ("quick_every = 15", 'quick_every must be a duration as text, such as "10m"'),
        ("lookback = '99w'\nlease = '30s'", "lease (30s) must be longer than statement_timeout (30s)"),
        ("deep_at = '24:00'", 'deep_at must be a time of day from 00:00 to 23:59, such as "02:00"'),
        ("deep_at = 02:00:30", 'deep_at must be a time of day from 00:00 to 23:59, such as "02:00"'),
        ("custom_checks = 'a:b'", 'custom_checks must be a list, such as ["a", "b"]'),
        ("custom_checks = ['os.system']", "custom_checks[0] must name a function as module:function, such as"),
        ("key_prefix = 'a*'", "key_prefix must be 1 to 64 letters, digits, ':', '.', '_' or '-'"),
        ("runninghub_base_url = 'ftp://x'", "runninghub_base_url is not a web address; write https://host"),
        ("rules = []", "rules must not be empty"),
        ("rules = 'x'", "rules must be a list"),
        ("rules = ['x']", 'rules[0] must be a table, such as {key = "value"}'),
        (RULE + RULE, "rules uses the id mine twice; give each rule its own"),
        (RULE + "log_dir = 'x'", "rules[0].log_dir is a setting of its own; move it above the first [[rules]]"),
        (RULE.replace("fk =", "fkey ="), "rules[0].child.fk is missing: the column that names the task"),
        (RULE.replace('job"', 'job", colums = {}'), "rules[0].child.colums is not a known key; did you mean columns?"),
        (RULE.replace("mine", "My rule"), "rules[0].id must be 1 to 64 of a-z, 0-9,"),
        (RULE + "grace = 'soon'", "rules[0].grace is wrong: 'soon' is no duration"),
        (RULE.replace('["done"]', "[]"), "rules[0].parent.state_in must not be empty"),
        (RULE.replace('job"', 'job", where = [{column = "a", op = "~"}]'), "rules[0].child.where[0].op must be one of"),
    ],
)
def test_a_wrong_file_is_told_in_one_line_that_names_the_key(tmp_path: Path, toml: str, line: str) -> None:
    assert problems(tmp_path, toml)[0].startswith(f"reconcilery.toml: {line}")


def test_a_key_cannot_send_line_breaks_or_escape_sequences_to_the_terminal(tmp_path: Path) -> None:
    told = problems(tmp_path, r'"a\u001b[31m\nb" = 1')
    assert told == ["reconcilery.toml: a?[31m?b is not a known setting"]


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        (
            {"RECONCILERY_LOG_DRI": "x"},
            "RECONCILERY_LOG_DRI is not a known variable; did you mean RECONCILERY_LOG_DIR?",
        ),
        ({"RECONCILERY_LOG_LEVEL": "x"}, "RECONCILERY_LOG_LEVEL is not a known variable; did you mean LOG_LEVEL?"),
        ({"RECONCILERY_LOG_DAYS_FILE": "x"}, "RECONCILERY_LOG_DAYS_FILE is not a known variable"),
        ({"RECONCILERY_LOG_DAYS": "x"}, "RECONCILERY_LOG_DAYS must be a whole number"),
        ({"LOG_LEVEL": "x"}, "LOG_LEVEL must be one of"),
        ({"RUNNINGHUB_BASE_URL": "x"}, "RUNNINGHUB_BASE_URL is not a web address"),
        ({"RECONCILERY_RULES": "[{"}, "RECONCILERY_RULES is not valid JSON"),
        ({"RECONCILERY_RULES": "[" * 100_000}, "RECONCILERY_RULES is not valid JSON"),
        (
            {"RECONCILERY_RULES": '[{"id": "\\ud800"}]'},
            "RECONCILERY_RULES[0].id holds characters that are not valid text",
        ),
        ({"RECONCILERY_RULES": '[{"id":"x","parent":1,"child":1}]'}, "RECONCILERY_RULES[0].parent must be a table"),
        (
            {"RECONCILERY_CONFIG": "gone.toml"},
            "RECONCILERY_CONFIG: gone.toml cannot be read: No such file or directory",
        ),
        (
            {"RECONCILERY_READ_URL": "x", "RECONCILERY_READ_URL_FILE": "y"},
            "RECONCILERY_READ_URL and RECONCILERY_READ_URL_FILE are both set; keep one of them",
        ),
    ],
)
def test_a_wrong_environment_is_told_in_one_line_that_names_the_variable(
    tmp_path: Path, environ: dict[str, str], line: str
) -> None:
    assert problems(tmp_path, **environ)[0].startswith(line)


def test_other_variables_of_tests_are_strangers(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, RECONCILERY_TEST_FOO="1")
    assert problem.startswith("RECONCILERY_TEST_FOO is not a known variable")


def test_variables_of_the_scripts_and_of_others_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, RECONCILERY_TEST_REDIS_URL="x", RECONCILERY_VENV="x", RUNNINGHUB_OTHER="x") == Settings()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"log_days = ", "reconcilery.toml is not valid TOML: Invalid value"),
        (
            b"\n[rules\n",
            "reconcilery.toml is not valid TOML: Expected ']' at the end of a table declaration (at line 2,",
        ),
        (b"x = '\xff'", "reconcilery.toml is not UTF-8 text; save it as UTF-8"),
        (b"x = " + b"[" * 100_000, "reconcilery.toml is not valid TOML"),
    ],
)
def test_a_broken_file_is_told_with_its_line(tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "reconcilery.toml").write_bytes(content)
    assert examine_settings({}, {}, tmp_path).problems[0].startswith(line)


def test_a_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "reconcilery.toml").mkdir()
    assert examine_settings({}, {}, tmp_path).problems == ("reconcilery.toml cannot be read: Is a directory",)


def test_loading_tells_the_first_problem_and_how_many_more(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, "log_days = 0\nledger_days = 0")
    assert str(caught.value) == (
        "reconcilery.toml: log_days must be at least 1 (and 1 more; `reconcilery config check` shows all)"
    )


def test_a_wrong_flag_is_named_as_a_flag(tmp_path: Path) -> None:
    assert examine_settings({"log_days": 0}, {}, tmp_path).problems == ("--log-days must be at least 1",)


def test_nothing_that_is_shown_holds_a_secret() -> None:
    settings = Settings.model_validate(
        {
            "database_url": "postgresql://u:hunter2@h/d",
            "read_url": "mysql://u:hunter2@h/d?ssl_key_password=hunter2",
            "redis_url": "redis://:hunter2@h:6379/0",
            "runninghub_api_key": "hunter2",
        }
    )
    shown = settings.masked()
    assert "hunter2" not in json.dumps(shown) + repr(settings) + str(settings)
    assert shown["database_url"] == "postgresql+psycopg://u:***@h/d"
    assert shown["redis_url"] == "redis://:***@h:6379/0"
    assert (shown["runninghub_api_key"], shown["store_url"]) == ("***", "")


def test_the_own_tables_live_with_the_application_unless_said_otherwise() -> None:
    here, there = "sqlite:///a.db", "sqlite:///b.db"
    assert Settings(database_url=here).effective_store_url == here
    assert Settings(database_url=here, store_url=there).effective_store_url == there


def test_rules_are_found_by_id_and_an_unknown_one_names_the_known(tmp_path: Path) -> None:
    settings = load(tmp_path, RULE + RULE.replace("mine", "yours"))
    assert [rule.id for rule in settings.rule_by_id(None)] == ["mine", "yours"]
    assert [rule.id for rule in settings.rule_by_id("yours")] == ["yours"]
    with pytest.raises(BadRequest, match="there is no rule 'other'; known are mine, yours"):
        settings.rule_by_id("other")


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())

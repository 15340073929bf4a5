import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.config import config
from cli.config_template import template
from consistency.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECONCILERY_CONFIG", raising=False)


def run(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(config, arguments, env=environ)


def test_show_tells_every_setting_its_value_and_where_it_was_set() -> None:
    Path("reconcilery.toml").write_text("log_days = 7\n")
    result = run("show", RECONCILERY_DATABASE_URL="postgres://u:hunter2@h/d")
    assert result.exit_code == 0
    shown = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert set(shown) == set(Settings.model_fields)
    assert re.fullmatch(r"log_days +7 +reconcilery.toml: log_days", shown["log_days"])
    assert re.fullmatch(
        r"database_url +postgresql\+psycopg://u:\*\*\*@h/d +RECONCILERY_DATABASE_URL", shown["database_url"]
    )
    assert re.fullmatch(r"rules +task-outputs: tasks -> task_outputs +default", shown["rules"])


def test_show_as_json_is_one_object_without_secrets() -> None:
    result = run("show", "--json", RUNNINGHUB_API_KEY="hunter2", LOG_LEVEL="warning")
    shown = json.loads(result.stdout)
    assert shown["schema_version"] == 1
    assert (shown["settings"]["runninghub_api_key"], shown["settings"]["log_level"]) == ("***", "WARNING")
    assert (shown["origins"]["log_level"], shown["origins"]["log_dir"]) == ("LOG_LEVEL", "default")


def test_show_tells_what_is_wrong_and_ends_with_2() -> None:
    result = run("show", RECONCILERY_LOG_DAYS="many")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: RECONCILERY_LOG_DAYS must be a whole number\n"


def test_check_tells_everything_that_is_wrong_at_once() -> None:
    Path("reconcilery.toml").write_text("log_dais = 7\ntimezone = 'x'\n")
    result = run("check", RECONCILERY_LOG_DAYS="many", RECONCILERY_LOG_DRI="x")
    assert (result.exit_code, result.stdout) == (2, "")
    told = result.stderr.splitlines()
    assert len(told) == 4
    assert all(line.startswith("Error: ") for line in told)


def test_check_as_json() -> None:
    good, bad = run("check", "--json"), run("check", "--json", LOG_LEVEL="loud")
    assert (good.exit_code, json.loads(good.stdout)) == (0, {"schema_version": 1, "ok": True, "problems": []})
    assert (bad.exit_code, json.loads(bad.stdout)["ok"], len(json.loads(bad.stdout)["problems"])) == (2, False, 1)


@pytest.mark.parametrize(
    ("url", "adds"), [("", "; database_url is not set, so there is nothing to check yet"), ("sqlite:///a", "")]
)
def test_check_says_so_when_nothing_is_wrong(url: str, adds: str) -> None:
    result = run("check", RECONCILERY_DATABASE_URL=url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"The configuration is valid (rules: task-outputs){adds}\n"


def test_init_writes_a_file_that_changes_nothing() -> None:
    result = run("init")
    assert result.exit_code == 0
    assert "Wrote reconcilery.toml" in result.stdout
    assert load_settings(environ={}) == Settings()


def test_init_never_overwrites() -> None:
    Path("reconcilery.toml").write_text("log_days = 7\n")
    result = run("init")
    assert result.exit_code == 2
    assert result.stderr == "Error: reconcilery.toml is already there; edit it, or move it away first\n"
    assert Path("reconcilery.toml").read_text() == "log_days = 7\n"


def test_init_writes_the_file_that_the_environment_names() -> None:
    assert run("init", RECONCILERY_CONFIG="other.toml").exit_code == 0
    assert Path("other.toml").exists()
    result = run("init", RECONCILERY_CONFIG="no/such/folder.toml")
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: no/such/folder.toml cannot be written: No such file or directory\n",
    )


def test_every_line_of_the_template_is_right_once_uncommented() -> None:
    uncommented = re.sub(r"^#(?! )", "", template(), flags=re.MULTILINE)
    assert set(tomllib.loads(uncommented)) == set(Settings.model_fields)
    Path("reconcilery.toml").write_text(uncommented)
    assert load_settings(environ={}) == Settings()

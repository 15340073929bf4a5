"""From the settings to a provider: what each name stands for, and what a wrong one is told."""

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from compensation.provider import Kind
from compensation.providers.choosing import provider_of
from compensation.providers.json_source import JsonEndpoint, JsonFolder
from compensation.providers.runninghub import RunningHub
from compensation.providers.runninghub_codes import KIND_OF_CODE
from consistency.errors import ConfigurationError
from consistency.settings import Settings
from tests.factories.pages import DOCS, code_blocks

OWN = """
from pathlib import Path
from compensation.providers.json_source import JsonFolder
from consistency.errors import ConfigurationError

NUMBER = 7

def good(settings):
    return JsonFolder(Path(settings.provider_timeout.__class__.__name__))

def odd(settings):
    return "a provider"

def raises(settings):
    raise RuntimeError("no luck\\nwith https://me:secret@here/")

def refuses(settings):
    raise ConfigurationError("SHOP_TOKEN is not set: set it")
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(OWN, encoding="utf-8")
    (tmp_path / f"{name}_broken.py").write_text("def (", encoding="utf-8")
    return name


def settings(**values: Any) -> Settings:
    return Settings.model_validate(values)


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("runninghub", RunningHub),
        ("answers", JsonFolder),  # a folder that is not there may come later
        ("/somewhere/answers", JsonFolder),
        ("./a:b", JsonFolder),
        ("https://a.example/{id}", JsonEndpoint),
    ],
)
def test_a_provider_is_made_by_its_name(provider: str, kind: type) -> None:
    found = settings(provider=provider, runninghub_api_key="k")
    assert isinstance(provider_of(found), kind)
    assert isinstance(provider_of(settings(runninghub_api_key="k"), provider), kind)


def test_a_missing_key_is_told_with_the_way_to_set_it() -> None:
    with pytest.raises(ConfigurationError, match="runninghub_api_key is not set: set RUNNINGHUB_API_KEY"):
        provider_of(settings())


def test_an_own_provider_is_called_with_the_settings(own: str) -> None:
    provider = provider_of(settings(provider=f"{own}:good"))
    assert isinstance(provider, JsonFolder)


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (":absent", "cannot be imported: AttributeError"),
        (":NUMBER", "cannot be used: it is no function"),
        (":odd", r"what it returned \(str\) has no name, link_field, own_hosts, fetch, check, close"),
        (":raises", r"it failed with RuntimeError: no luck with https://me:\*\*\*@here/$"),
        (":refuses", "^SHOP_TOKEN is not set: set it$"),
        ("_absent:x", "cannot be imported: ModuleNotFoundError"),
        ("_broken:x", "cannot be imported: SyntaxError"),
    ],
)
def test_an_own_provider_that_is_wrong_is_told_in_one_line(own: str, function: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as refused:
        provider_of(settings(provider=own + function))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "  "])
def test_no_name_is_no_provider(name: str) -> None:
    with pytest.raises(ConfigurationError, match="provider is empty"):
        provider_of(settings(), name)


def test_the_documented_provider_works(own: str, tmp_path: Path) -> None:
    (example,) = code_blocks("reference/providers.md", "python")
    (configuration,) = code_blocks("reference/providers.md", "toml")
    (tmp_path / "shop_provider.py").write_text(example, encoding="utf-8")
    provider = provider_of(settings(**tomllib.loads(configuration)))
    assert provider.check().kind is Kind.STOP_RUN
    (tmp_path / "pictures" / "7").mkdir(parents=True)
    (tmp_path / "pictures" / "8").mkdir()
    (tmp_path / "pictures" / "7" / "a.png").write_bytes(b"abc")
    (output,) = provider.fetch("7").outputs
    assert (output.key, output.fields["size"]) == ("a.png", 3)
    assert [provider.fetch(task).kind for task in ("8", "9", "../7")] == [Kind.NO_OUTPUT, Kind.GONE, Kind.BAD_ITEM]
    assert provider.check().kind is Kind.FOUND
    provider.close()


def test_the_documented_form_is_understood(tmp_path: Path) -> None:
    (form,) = code_blocks("reference/providers.md", "json")
    (tmp_path / "7.json").write_text(form, encoding="utf-8")
    assert [output.key for output in JsonFolder(tmp_path).fetch("7").outputs] == ["front", "back"]


def test_every_code_and_kind_is_documented_as_it_is() -> None:
    page = (DOCS / "reference" / "providers.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| `")]
    told = {code.strip("` "): kinds.strip().strip("`") for codes, kinds in rows for code in codes.split(",")}
    assert {code: told.get(code) for code in KIND_OF_CODE} == {code: kind.value for code, kind in KIND_OF_CODE.items()}
    assert [kind for kind in Kind if kind.value not in told] == []

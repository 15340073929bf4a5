"""Secrets in the configuration: written out, or better named as `env:VARIABLE` or `file:path`."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from consistency.urls import check_http_url

_ENVIRONMENT, _FILE = "env:", "file:"


def read_secret(text: str) -> str:
    """What the text names, stripped; the text itself when it names nothing. ValueError when that is not there."""
    if text.startswith(_ENVIRONMENT):
        name = text.removeprefix(_ENVIRONMENT).strip()
        if not os.environ.get(name):
            raise ValueError(f"names the variable {name}, which is not set")
        return os.environ[name].strip()
    if text.startswith(_FILE):
        return _read_file(Path(text.removeprefix(_FILE).strip()))
    return text.strip()


def _read_file(path: Path) -> str:
    try:
        content = path.read_text("utf-8").strip()
    except OSError as error:
        raise ValueError(f"names the file {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"names the file {path}, which is not UTF-8 text") from None
    if not content:
        raise ValueError(f"names the file {path}, which is empty")
    return content


def _resolved(secret: SecretStr) -> SecretStr:
    return SecretStr(read_secret(secret.get_secret_value()))


def _web_address(secret: SecretStr) -> SecretStr:
    return SecretStr(check_http_url(read_secret(secret.get_secret_value())))


def _present(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("must not be empty; write it, or name it as env:VARIABLE or file:path")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_resolved)]
NeededSecret = Annotated[Secret, AfterValidator(_present)]
SecretHttpUrl = Annotated[SecretStr, AfterValidator(_web_address)]

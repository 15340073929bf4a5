from pathlib import Path

import pytest

from consistency.errors import ConfigurationError
from consistency.settings import load_settings

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789abcdef"


def refused(ca_file: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"channels": {"ops": {"url": WECOM, "ca_file": ca_file}}}, environ={})
    return str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    assert f"names the file {missing}, which cannot be read: No such file or directory" in refused(missing)


def test_a_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    assert f"names the file {tmp_path / 'ca.pem'}, which holds no certificates in PEM" in refused(
        str(tmp_path / "ca.pem")
    )

from typing import Any

import pytest

from consistency.masking import is_secret_name, mask_text, mask_value


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://shop:hunter2@db:5432/shop", "postgresql://shop:***@db:5432/shop"),
        ("redis://:hunter2@h/0", "redis://:***@h/0"),
        ("two: a://u:hunter2@h and b://v:hunter2@i", "two: a://u:***@h and b://v:***@i"),
        ("a://u:hun@ter2@h", "a://u:***@h"),  # an unescaped @ in the password
        ("a://u:hun:/#?ter2@h/d", "a://u:***@h/d"),
        ("('a://u:hunter2@h', 'x')", "('a://u:***@h', 'x')"),
        ("https://h/hook?access_token=hunter2&x=1", "https://h/hook?access_token=***&x=1"),
        ("host=h password=hunter2 user=u", "host=h password=*** user=u"),
        ("API-KEY=hunter2", "API-KEY=***"),
        ("token=hun=ter2== x=1", "token=***=***== x=1"),
        ("password=&user=u", "password=&user=u"),
        ("Authorization: Bearer hunter2.x-y", "Authorization: Bearer ***"),
        # What is no secret stays as it is.
        ("postgresql://shop@db/shop", "postgresql://shop@db/shop"),
        ("https://h:5000/a:b", "https://h:5000/a:b"),
        ("mail a@b at 10:30", "mail a@b at 10:30"),
        ("sqlite:////var/app.db", "sqlite:////var/app.db"),
        ("", ""),
    ],
)
def test_text_is_shown_without_its_secrets(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "name", ["password", "db_passwd", "PWD", "apiKey", "api_key", "x-api-key", "access_token", "Secret"]
)
def test_a_name_of_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["task_id", "key", "rule", "passed", "output_key", "author"])
def test_a_name_of_no_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"token": "x", "rule": "a"}, {"token": "***", "rule": "a"}),
        ({"a": [{"password": 7}]}, {"a": [{"password": "***"}]}),
        ({"secret": {"deep": "x"}}, {"secret": "***"}),
        ({"token": "", "password": None}, {"token": "", "password": None}),  # that there is none may be seen
        (("a://u:p@h", 1, None), ["a://u:***@h", 1, None]),
        ({1: "a"}, {1: "a"}),
    ],
)
def test_values_are_masked_at_any_depth(value: Any, masked: Any) -> None:
    assert mask_value(value) == masked

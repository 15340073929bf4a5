import html
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from notifiers.channels.hiding import hidden, secrets_of

TOKEN = "0b5f6ad1-7a2c-4c8e-9d53-2f1d0c7a9e44"
SIGN = "tGWkA5eQOQNCNPDgphtxIoNLO+/gD8Lcb705KQoRzeY="
QUOTED = quote(SIGN, safe="")


@pytest.mark.parametrize(
    ("address", "token"),
    [
        ("https://open.feishu.cn/open-apis/bot/v2/hook/{}", TOKEN),
        ("https://oapi.dingtalk.com/robot/send?access_token={}", TOKEN),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={}", TOKEN),
        ("https://hooks.slack.com/services/T0AB1CD2E/B0FG3HI4J/{}", "aB3dE5fG7hI9jK1lM3nO5pQ7"),
        ("https://me:{}@hooks.example/in", TOKEN),
    ],
)
def test_the_token_of_an_address_is_hidden_wherever_it_is_repeated(address: str, token: str) -> None:
    url = address.format(token)
    secrets = list(secrets_of(url))
    escaped = json.dumps({"url": url}).replace("/", "\\/")
    for told in (f"no bot at {url}", f"no bot {token}", escaped, quote(url, safe="")):
        assert token not in hidden(told, secrets)


def test_the_words_of_an_address_are_not_secrets() -> None:
    secrets = list(secrets_of(f"https://open.feishu.cn/open-apis/bot/v2/hook/{TOKEN}"))
    assert hidden("the hook of this bot, see open-apis/bot", secrets) == "the hook of this bot, see open-apis/bot"


@pytest.mark.parametrize(
    "form", [SIGN, QUOTED, QUOTED.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d"), quote(QUOTED)]
)
def test_a_signature_is_hidden_however_it_is_quoted(form: str) -> None:
    assert hidden(f"bad sign {form}.", [SIGN]) == "bad sign ***."


@pytest.mark.parametrize(
    "form",
    [
        SIGN.replace("=", "\\u003d").replace("+", "\\u002B"),  # as careful writers of JSON have it
        quote(SIGN),  # with its slash as it is
        QUOTED.replace("%", "%2525"),
        SIGN.replace("/", "&#x2F;").replace("+", "&#43;").replace("=", "&#61;"),
        SIGN.replace("+", "&amp;#43;"),
    ],
)
def test_any_of_its_characters_may_be_escaped_in_any_way(form: str) -> None:
    assert hidden(f"bad sign {form}.", [SIGN]) == "bad sign ***."


@pytest.mark.parametrize("before", ["", "a", "ab", "\0me\0"])
@pytest.mark.parametrize("secret", [SIGN, TOKEN, "hunter2", "päss wörd"])
def test_a_secret_is_hidden_in_base64_wherever_it_begins(before: str, secret: str) -> None:
    for encode in (b64encode, urlsafe_b64encode):
        told = encode(f"{before}{secret} and more".encode()).decode()
        left = hidden(told, [secret]).split("***")
        assert len(left) == 2
        # Of the secret's own characters at most the two remain in which others have a share.
        assert 6 * len("".join(left).rstrip("=")) <= 8 * len(f"{before} and more") + 6 * 3


def test_a_password_of_other_characters_is_hidden_however_they_are_escaped() -> None:
    secret = "päss & wörd"
    for told in (secret, quote(secret), quote_plus(secret), json.dumps(secret), html.escape(secret)):
        assert "w" not in hidden(told, [secret])


def test_json_stays_json() -> None:
    told = json.dumps({"msg": f"sign {SIGN} and password=abc", "code": 1})
    assert json.loads(hidden(told, [SIGN])) == {"msg": "sign *** and password=***", "code": 1}


def test_what_is_too_short_to_be_a_secret_stays() -> None:
    assert hidden("the key of the bot", ["the", ""]) == "the key of the bot"

"""How each provider of chats answers: what it takes, what it refuses, and in which words."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.talking import Request, Response, json_response

HOUR = 3600
FEISHU_BYTES, DINGTALK_BYTES, PAGERDUTY_BYTES = 20 * 1024, 20_000, 512 * 1024
WECOM_BYTES = {"text": 2048, "markdown": 4096}
SLACK_HEADER, SLACK_SECTION, SLACK_BLOCKS = 150, 3000, 50
TOKEN = "0b5f6ad1-7a2c-4c8e-9d53-2f1d0c7a9e44"
SLACK_PATH = "/services/T0AB1CD2E/B0FG3HI4J/aB3dE5fG7hI9jK1lM3nO5pQ7"
PATHS = {
    "feishu": f"/open-apis/bot/v2/hook/{TOKEN}",
    "lark": f"/open-apis/bot/v2/hook/{TOKEN}",
    "dingtalk": f"/robot/send?access_token={TOKEN}",
    "wecom": f"/cgi-bin/webhook/send?key={TOKEN}",
    "slack": SLACK_PATH,
    "pagerduty": "/v2/enqueue",
}
_SLACK_HOOK = re.compile(r"/services/T\w+/B\w+/\w+")


@dataclass
class Bot:
    """What a provider's bot is set up with. `refused` is the answer to the present request, if it is refused."""

    secret: str = ""
    keyword: str = ""
    routing_key: str = "0123456789abcdef0123456789abcdef"
    #: PagerDuty's incidents that are not resolved, by their keys, and all that was ever opened.
    incidents: dict[str, str] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)


def refusal(kind: str, request: Request, bot: Bot, now: float) -> Response | None:
    """What the provider answers to a request that it does not take; None if it takes it."""
    return _REFUSALS[kind](request, bot, now)


def limited(kind: str) -> Response:
    """What the provider answers to one message too many."""
    if kind == "slack":
        return Response(429, b"rate_limited", {"Retry-After": "7"})
    if kind == "pagerduty":
        return json_response({"status": "throttle exceeded", "message": "Requests for this service are arriving"}, 429)
    if kind == "dingtalk":
        return json_response({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})
    if kind == "wecom":
        return json_response(
            {"errcode": 45009, "errmsg": "api freq out of limit, more info at https://x.example/?e=45009"}
        )
    return json_response({"code": 11232, "data": {}, "msg": "frequency limited psm[lark]appID[1500]"})


def success(kind: str, request: Request) -> Response:
    """What the provider answers to what it takes."""
    if kind == "slack":
        return Response(200, b"ok", {"Content-Type": "text/html"})
    if kind == "pagerduty":
        key = request.json().get("dedup_key", "made-up")
        return json_response({"status": "success", "message": "Event processed", "dedup_key": key}, 202)
    if kind in {"dingtalk", "wecom"}:
        return json_response({"errcode": 0, "errmsg": "ok"})
    return json_response({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})


def feishu_sign(secret: str, timestamp: str) -> str:
    return _signed(f"{timestamp}\n{secret}", "")


def dingtalk_sign(secret: str, timestamp: str) -> str:
    return _signed(secret, f"{timestamp}\n{secret}")


def _signed(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _feishu(request: Request, bot: Bot, now: float) -> Response | None:
    body = request.json()
    if request.path != PATHS["feishu"]:
        return _said(19001, "param invalid: incoming webhook access token invalid")
    if len(request.body) > FEISHU_BYTES or not body:
        return json_response({"code": 9499, "msg": "Bad Request", "data": {}}, 400)
    if bot.secret and not _feishu_signed(body, bot, now):
        return _said(19021, "sign match fail or timestamp is not within one hour from current time")
    if not _feishu_form(body):
        return _said(19002, "params error, msg_type need")
    if bot.keyword not in request.body.decode():
        return _said(19024, "Key Words Not Found")
    return None


def _feishu_signed(body: Mapping[str, Any], bot: Bot, now: float) -> bool:
    timestamp = str(body.get("timestamp"))
    return _is_fresh(timestamp, now, 1) and body.get("sign") == feishu_sign(bot.secret, timestamp)


def _feishu_form(body: Mapping[str, Any]) -> bool:
    if body.get("msg_type") == "text":
        return isinstance(body["content"]["text"], str)
    if body.get("msg_type") == "post":
        return all(isinstance(post["content"][0][0], dict) for post in body["content"]["post"].values())
    return body.get("msg_type") == "interactive" and bool(body["card"]["elements"])


def _said(code: int, message: str) -> Response:
    return json_response({"code": code, "data": {}, "msg": message})


def _dingtalk(request: Request, bot: Bot, now: float) -> Response | None:
    body, query = request.json(), _query(request)
    if query.get("access_token") != TOKEN:
        return _answered(300001, "token is not exist")
    if len(request.body) > DINGTALK_BYTES:
        return _answered(460101, "message too long, exceed 20000 bytes")
    if trouble := _dingtalk_trouble(request, query, bot, now):
        return _answered(310000, f"{trouble}, more: [https://ding.example/doc]")
    kind = body.get("msgtype")
    if kind not in {"text", "markdown"} or not body[kind].get("content" if kind == "text" else "text"):
        return _answered(40035, "缺少参数 json")
    return None


def _dingtalk_trouble(request: Request, query: Mapping[str, str], bot: Bot, now: float) -> str:
    if bot.secret and not _is_fresh(query.get("timestamp"), now, 1000):
        return "invalid timestamp"
    if bot.secret and query.get("sign") != dingtalk_sign(bot.secret, query["timestamp"]):
        return f"sign {query.get('sign')} not match"
    return "" if bot.keyword in request.body.decode() else "keywords not in content"


def _wecom(request: Request, bot: Bot, now: float) -> Response | None:
    body = request.json()
    if _query(request).get("key") != TOKEN:
        return _answered(93000, "invalid webhook url, hint: [1600], more info at https://work.example/e=93000")
    kind = body.get("msgtype")
    if kind not in WECOM_BYTES:
        return _answered(40008, "invalid message type")
    if len(body[kind]["content"].encode()) > WECOM_BYTES[kind]:
        return _answered(40058, f"{kind}.content exceed max length {WECOM_BYTES[kind]}. invalid Request Parameter")
    return None


def _answered(code: int, message: str) -> Response:
    return json_response({"errcode": code, "errmsg": message})


def _slack(request: Request, bot: Bot, now: float) -> Response | None:
    body = request.json()
    if request.path != SLACK_PATH:
        return Response(404 if _SLACK_HOOK.fullmatch(request.path) else 400, b"no_service")
    if not body.get("text") and not body.get("blocks"):
        return Response(400, b"no_text" if body else b"invalid_payload")
    return None if _slack_form(body.get("blocks", [])) else Response(400, b"invalid_blocks")


def _slack_form(blocks: list[Any]) -> bool:
    most = {"header": SLACK_HEADER, "section": SLACK_SECTION}
    lengths = [(block["type"], len(block["text"]["text"])) for block in blocks]
    return len(blocks) <= SLACK_BLOCKS and all(0 < length <= most[kind] for kind, length in lengths)


def _pagerduty(request: Request, bot: Bot, now: float) -> Response | None:
    body = request.json()
    if request.path != PATHS["pagerduty"]:
        return Response(404, b"not found")
    if len(request.body) > PAGERDUTY_BYTES:
        return Response(413, b"too large")
    if problems := list(_pagerduty_problems(body, bot)):
        said = {"status": "invalid event", "message": "Event object is invalid", "errors": problems}
        return json_response(said, 400)
    return None


def _pagerduty_problems(body: Mapping[str, Any], bot: Bot) -> list[str]:
    if len(body.get("routing_key", "")) != 32:
        return ["Length of 'routing_key' is incorrect (should be 32 characters)"]
    if body["routing_key"] != bot.routing_key:
        return ["Invalid routing key"]
    if body.get("event_action") not in {"trigger", "acknowledge", "resolve"}:
        return ["'event_action' is invalid"]
    if len(body.get("dedup_key", "")) > 255:
        return ["'dedup_key' is too long"]
    payload = body.get("payload", {})
    if body["event_action"] == "trigger" and not {"summary", "source", "severity"} <= payload.keys():
        return ["'payload.summary' is missing or blank"]
    severe = payload.get("severity", "info") in {"info", "warning", "error", "critical"}
    return [] if severe and len(payload.get("summary", "")) <= 1024 else ["'payload' is invalid"]


def keep_incident(bot: Bot, event: Mapping[str, Any]) -> None:
    """What PagerDuty does with an event that it took; acknowledging or resolving what is not open does nothing."""
    key, action = event["dedup_key"], event["event_action"]
    if action == "trigger":
        if key not in bot.incidents:
            bot.opened.append(key)
            bot.incidents[key] = "triggered"
    elif key in bot.incidents and action == "acknowledge":
        bot.incidents[key] = "acknowledged"
    elif action == "resolve":
        bot.incidents.pop(key, None)


def _query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}


def _is_fresh(timestamp: object, now: float, a_second: int) -> bool:
    text = str(timestamp)
    return text.isdecimal() and abs(int(text) / a_second - now) <= HOUR


_REFUSALS = {
    "feishu": _feishu,
    "lark": _feishu,
    "dingtalk": _dingtalk,
    "wecom": _wecom,
    "slack": _slack,
    "pagerduty": _pagerduty,
}

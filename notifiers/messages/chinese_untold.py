"""Why nobody is told of an alert, in Chinese; the reason that a person has given for a silence stands as it is."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping
from types import MappingProxyType

from consistency.model import Level
from notifiers.messages.chinese_seen import CHINESE_LEVELS
from notifiers.messages.reader import Reader
from notifiers.messages.untold import UNTOLD

CHINESE_UNTOLD: Mapping[str, str] = MappingProxyType(
    {
        "flapping": "状态反复变化",
        "maintenance": "维护 {window}",
        "silence": "{by} 设置的静默，至 {until}：{reason}",
        "graver_alert": "同一规则已有更严重的告警 {alert}（{level}）",
    }
)


def chinese_untold(text: str, reader: Reader) -> str:
    """The line that is kept with an alert; as it is where it is none of the product's own."""
    code, values = UNTOLD.read(text)
    try:
        shown = {**values, **({"until": reader.moment(values["until"])} if "until" in values else {})}
    except ValueError:
        return text
    if "level" in values:
        shown["level"] = CHINESE_LEVELS[Level(values["level"])]
    return CHINESE_UNTOLD[code].format_map(shown) if code else text

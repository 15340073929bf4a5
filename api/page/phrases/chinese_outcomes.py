"""What became of a task of a repair, in Chinese: the product's own sentences by name, and its own codes.

Behind a code stands what a database or a provider has said, in its own words.
"""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_DETAILS: Mapping[str, str] = MappingProxyType(
    {
        "no_provider_id": "任务没有提供方编号",
        "deleted": "任务已被删除",
        "in_state": "任务的状态为 {state}",
        "young": "任务仍在宽限期内",
        "outputs_there": "已有 {count} 个输出",
        "gone": "任务已不存在",
        "no_success": "任务不再是成功状态，或已被删除",
        "changed": "计划之后任务有变化",
        "no_output_key": "已有部分输出，但没有 output_key，无法分辨是哪些",
        "other_keys": "已有输出的键与提供方的不一致",
        "all_there": "提供方的输出都已存在",
        "wrote_late": "应用后来自己写入了输出",
        "workers_died": "单独处理此任务的 worker 每次都异常终止",
        "provider_raised": "提供方代码出错：{error}",
        "link_unclear": "无法确认 {keys} 的链接是否有效",
        "link_dead": "{keys} 的链接已失效",
        "asked_too_often": "询问过于频繁",
        "server_failed": "服务器出错（{http}）",
        "access_refused": "{host} 拒绝访问（{http}）",
        "sent_on": "{host} 转向 {place}，未跟随；见 {setting}",
        "answered_with": "{host} 的答复为 {http}",
        "unknown_there": "提供方无此任务",
        "id_refused": "编号被拒绝（{http}）",
        "bad_id": "这不可能是提供方的任务编号",
        "bad_runninghub_id": "这不是 RunningHub 的任务编号",
        "no_file": "没有此编号的文件",
        "file_unreadable": "无法读取文件：{why}",
        "no_output": "任务已结束，没有输出",
        "not_ended": "任务尚未结束",
        "stands": "任务状态为 {status}",
        "too_big": "答复超过 {size} MB",
        "empty": "答复为空",
        "web_page": "答复是网页",
        "no_json": "答复不是 JSON，或不完整",
        "no_object": "答复不是 JSON 对象",
        "no_form": "答复既不是列表也不是对象",
        "unknown_status": "未知的状态",
        "no_objects": "输出不是对象的列表",
        "no_outputs_list": "输出不是列表",
        "no_results_list": "结果不是列表",
        "mixed_outputs": "输出中混有其他内容",
        "no_record": "没有其 webhook 的通知记录",
        "long_key": "有输出的键超过 {most} 个字符",
        "same_key": "有两个输出的键都是 {key}",
        "code_alone": "代码 {code}",
        "no_code": "答复没有代码",
    }
)
CHINESE_ASKED = "{detail}（已询问 {times} 次）"
CHINESE_CODES: Mapping[str, str] = MappingProxyType(
    {
        "unfit": "值与列不符",
        "refused": "被拒绝",
        "database": "数据库无法使用或太慢",
        "unforeseen": "意外错误",
        "timeout": "未在时限内答复",
        "connection": "无法连接",
        "tls": "证书无效",
        "address": "地址无效",
        "header": "请求头无效",
        "redirects": "转向次数过多",
    }
)

from notifiers.channels import dingtalk, feishu
from tests.servers.chat_protocols import dingtalk_sign, feishu_sign


def test_feishu_signs_nothing_with_the_moment_and_the_secret() -> None:
    assert feishu.signature("demo", 1599360473) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_dingtalk_signs_the_moment_and_the_secret_with_the_secret() -> None:
    assert dingtalk.signature("SECdemo", 1599360473000) == "tGWkA5eQOQNCNPDgphtxIoNLO+/gD8Lcb705KQoRzeY="


def test_the_server_of_the_tests_knows_the_same_vectors() -> None:
    assert feishu_sign("demo", "1599360473") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="
    assert dingtalk_sign("SECdemo", "1599360473000") == "tGWkA5eQOQNCNPDgphtxIoNLO+/gD8Lcb705KQoRzeY="

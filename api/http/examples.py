"""A body that would do, for whoever sent none or one that could not be read."""

import json
from typing import Any

from fastapi import Request

_NOTHING: dict[str, Any] = {}


def example_body(request: Request) -> str:
    """As JSON: what the endpoint's description gives; where it gives none, nothing in the body is required."""
    route = request.scope.get("route")
    described = getattr(route, "openapi_extra", None) or _NOTHING
    content = described.get("requestBody", _NOTHING).get("content", _NOTHING).get("application/json", _NOTHING)
    return json.dumps(content.get("example") or _of_model(route))


def _of_model(route: Any) -> Any:
    field = getattr(route, "body_field", None)
    model = field.field_info.annotation if field else None
    return getattr(model, "model_config", _NOTHING).get("json_schema_extra", _NOTHING).get("examples", [{}])[0]

"""Which rule is meant."""

from consistency.errors import BadRequest
from consistency.mapping import RuleMapping
from consistency.settings import Settings


def one_rule(settings: Settings, rule_id: str | None) -> RuleMapping:
    """The rule of that id, or the only one there is; BadRequest where there are several or none of that id."""
    rules = settings.rule_by_id(rule_id)
    if len(rules) > 1:
        raise BadRequest(f"rule: there are several rules, name one of {', '.join(rule.id for rule in rules)}")
    return rules[0]

"""Puts together what a process repairs with: the rule on its tables, the provider behind its limits, a name."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from compensation.providers.choosing import provider_of
from compensation.providers.links import link_checker
from compensation.supply import Supply
from consistency.host import BoundRule
from consistency.resources import Resources


@dataclass
class Bench:
    """What a process works with: the database, the provider behind its limits, and its name."""

    resources: Resources
    supply: Supply
    rule: BoundRule
    worker: str
    on_item: Callable[[], None] = lambda: None


@contextmanager
def bench_for(resources: Resources, rule_id: str, client: redis.Redis | None) -> Iterator[Bench]:
    """A bench for one rule; without a Redis client the limits hold for this process alone."""
    settings = resources.settings
    rule = resources.rule(rule_id)
    provider = provider_of(settings)
    links = link_checker({*provider.own_hosts, *settings.link_hosts}, settings.provider_timeout)
    supply = Supply(provider, settings, client, links)
    try:
        yield Bench(resources, supply, rule, f"{socket.gethostname()}:{os.getpid()}")
    finally:
        supply.close()
        links.close()
        provider.close()

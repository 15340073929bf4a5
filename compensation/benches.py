"""Puts together what a process repairs with: the rule on its tables, the provider behind its limits, a name."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from compensation.engine import Bench
from compensation.links import link_checker
from compensation.providers import provider_of
from compensation.supply import Supply
from consistency.resources import Resources


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

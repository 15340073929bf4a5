"""The tables of listening: the events of services, and which services are to be heard from again."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table
from sqlalchemy.dialects import mysql

from consistency.ledger.tables import LongText, UtcMoment, metadata

#: Ids that differ in case alone are two ids, which the usual collations of MySQL deny.
EventId = String(64).with_variant(mysql.VARCHAR(64, collation="utf8mb4_bin"), "mysql", "mariadb")
ServiceName = String(100)

events = Table(
    "reconcilery_events",
    metadata,
    Column("id", EventId, primary_key=True),
    Column("occurred_at", UtcMoment, nullable=False),
    Column("received_at", UtcMoment, nullable=False),
    Column("event_type", String(64), nullable=False),
    Column("level", String(16), nullable=False),
    Column("service", ServiceName, nullable=False),
    # What its sender calls the work that starts and ends with such events, if it gave a name.
    Column("operation", String(128)),
    Column("seconds", Float),
    Column("records", BigInteger),
    # The seven keys, byte for byte as they came.
    Column("body", LongText, nullable=False),
    # Set while people are to be told of it and are not yet.
    Column("untold_since", UtcMoment),
    Index("reconcilery_events_occurred", "occurred_at"),
    Index("reconcilery_events_type", "event_type", "occurred_at"),
    Index("reconcilery_events_received", "received_at"),
    Index("reconcilery_events_untold", "untold_since"),
)

pulses = Table(
    "reconcilery_pulses",
    metadata,
    Column("service", ServiceName, primary_key=True),
    # Which of several processes of one service, such as its host and number.
    Column("instance", String(200), primary_key=True),
    Column("last_at", UtcMoment, nullable=False),
    # In how many seconds the next one was promised.
    Column("every", Integer, nullable=False),
    Column("status", String(64), nullable=False),
    Column("updated_at", UtcMoment, nullable=False),
)

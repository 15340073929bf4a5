"""The own tables as `reconcilery init` leaves them, made in one go; that both ways agree is tested elsewhere."""

from sqlalchemy import Column, Engine, MetaData, String, Table, insert, inspect

from consistency.ledger.own_tables import LEDGER, REPAIRS


def make_own_tables(engine: Engine) -> None:
    """Both sets, in a database that has none or both."""
    for tables in (LEDGER, REPAIRS):
        if inspect(engine).has_table(tables.version_table):
            continue
        tables.metadata.create_all(engine)
        version = Table(tables.version_table, MetaData(), Column("version_num", String(32), nullable=False))
        version.create(engine)
        with engine.begin() as connection:
            connection.execute(insert(version).values(version_num=tables.revisions[-1]))

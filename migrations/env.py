"""What Alembic runs for each change, on the connection and in the transaction that it is given."""

from alembic import context

from consistency.ledger.own_tables import OwnTables

tables: OwnTables = context.config.attributes["tables"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    version_table=tables.version_table,
    include_object=tables.is_ours,
    transactional_ddl=True,
)
context.run_migrations()

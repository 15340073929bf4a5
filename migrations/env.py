"""What Alembic runs for each change, on the connection and in the transaction that it is given."""

from alembic import context

from consistency.ledger.schema import VERSION_TABLE, is_ours
from consistency.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_object=is_ours,
    transactional_ddl=True,
)
context.run_migrations()

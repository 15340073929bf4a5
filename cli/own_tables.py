"""Both sets of own tables made or brought up to date; where the target takes no tables, checks go without repairs."""

from cli.terminal import note
from consistency.errors import NotAllowed
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.schema import create_or_upgrade, is_current
from consistency.resources import Resources


def make_own_tables(resources: Resources) -> list[str]:
    """What was done to the ledger and to the tables of repairs, a line a change.

    An application's database that refuses the latter is told on stderr and is no error, unless it keeps the ledger
    as well.
    """
    done = create_or_upgrade(resources.store, LEDGER)
    try:
        return [*done, *create_or_upgrade(resources.primary, REPAIRS)]
    except NotAllowed as error:
        if resources.store is resources.primary:
            raise
        note(
            f"Note: the repair tables could not be made ({error}); checks work without them, but nothing can be"
            " repaired until `reconcilery init` may create tables there"
        )
        return done


def up_to_date(resources: Resources) -> list[str]:
    """Where which own tables are up to date, a sentence each."""
    store, primary = (each.url.render_as_string(hide_password=True) for each in (resources.store, resources.primary))
    told = [f"The own tables in {store} are up to date"]
    if resources.store is not resources.primary and is_current(resources.primary, REPAIRS):
        told.append(f"The repair tables in {primary} are up to date")
    return told

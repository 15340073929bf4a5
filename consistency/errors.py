"""Every error that Reconcilery raises on purpose.

ReconcileryError
├── BadRequest            the caller's argument is wrong; names the argument and the fix
│   └── BadEvent              an event is wrong; a ValueError as well, because programs of others emit it
├── ConfigurationError    a setting is wrong; names the key and the fix
│   └── MappingError      a rule does not fit the tables it names
├── DatabaseError         the database did not do what was asked
│   ├── DatabaseUnavailable   it cannot be reached; trying again later can help
│   ├── StatementTimeout      it was too slow; a smaller piece can help
│   ├── NotAllowed            the account may not do that, or nobody may write there
│   └── LedgerMissing         the product's own tables are not there yet
├── BrokerUnavailable     Redis cannot be reached, or no worker answered
├── ClaimLost             somebody else has taken this piece of work over; whoever held it stops
└── CheckFailed           a check ended without a report
"""

from typing import Any


class ReconcileryError(Exception):
    """Base of all; its text is one line that a user can act on.

    What people read later, perhaps in another language, has a `code` as well, and `values` to say it anew.
    """

    exit_code = 1

    def __init__(self, text: str = "", code: str = "", **values: Any) -> None:
        super().__init__(text)
        self.code, self.values = code, values


class BadRequest(ReconcileryError):
    """The caller's argument is wrong."""

    exit_code = 2


class BadEvent(BadRequest, ValueError):
    """An event is wrong."""


class ConfigurationError(ReconcileryError):
    """A setting is wrong."""

    exit_code = 2


class MappingError(ConfigurationError):
    """A rule does not fit the tables it names."""


class DatabaseError(ReconcileryError):
    """The database did not do what was asked."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached."""


class StatementTimeout(DatabaseError):
    """A statement ran into its time limit."""


class NotAllowed(DatabaseError):
    """The account may not do that, or nobody may write there just now."""


class LedgerMissing(DatabaseError):
    """The product's own tables are not there."""


class BrokerUnavailable(ReconcileryError):
    """Redis cannot be reached, or no worker answered."""

    exit_code = 69


class ClaimLost(ReconcileryError):
    """Somebody else has taken this piece of work over."""


class CheckFailed(ReconcileryError):
    """A check ended without a report."""

"""How Flower runs. A flag, or a variable FLOWER_…, wins over what stands here; docs/howto/deploy.md says more."""

import os as _os
import sys as _sys

from tornado.options import options as _flags

from api.flower.access import address as _address
from api.flower.access import has_login as _has_login
from api.flower.access import logins as _logins
from api.flower.links import lead_back as _lead_back
from api.flower.links import page_address as _page_address
from api.flower.readable import make_readable as _make_readable
from consistency.errors import ConfigurationError as _ConfigurationError
from consistency.process import process_settings as _process_settings

_page = _page_address(_process_settings())
try:
    address = _address(_os.environ, _flags.address)
    if _logins(_os.environ):
        basic_auth = _logins(_os.environ)
except _ConfigurationError as _error:
    _sys.stderr.write(f"Error: {_error}\n")
    raise SystemExit(_error.exit_code) from None

# Who has not said who they are may look, and do nothing.
read_only = _os.environ.get("FLOWER_READ_ONLY", str(not _has_login(_os.environ))).lower() in {"1", "true", "yes", "on"}
# The verdict leads each result.
tasks_columns = _os.environ.get("FLOWER_TASKS_COLUMNS", "name,state,result,received,runtime,worker,uuid")
# Seconds: workers that were recycled or moved do not stay on the list for ever.
purge_offline_workers = int(_os.environ.get("FLOWER_PURGE_OFFLINE_WORKERS", "300"))
# All of them are kept in memory.
max_tasks = int(_os.environ.get("FLOWER_MAX_TASKS", "20000"))


def format_task(task: object) -> object:
    """What Flower asks for each task that it shows."""
    return _make_readable(task, _page)


_lead_back(_page)

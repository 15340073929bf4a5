"""One check in this process, as `reconcilery check KIND --local` does it; prints the report.

`python local_check.py deep`, with RECONCILERY_DATABASE_URL set.
"""

import json
import sys

from consistency.model import CheckType
from consistency.resources import open_resources
from consistency.settings import load_settings
from monitor_tasks import checks


def main(kind: str) -> None:
    resources = open_resources(load_settings())
    run, _ = checks.start(resources, CheckType(kind), resources.settings.rules[0].id)
    print(json.dumps(checks.work(resources, run.id).report))


if __name__ == "__main__":
    main(sys.argv[1])

"""The question as Great Expectations is asked it: rows without output in the last 14 days, as custom SQL.

`python gx_check.py URL LO HI AS_OF` prints one JSON object.
"""

import json
import sys
from typing import Any

import great_expectations as gx  # type: ignore[import-not-found, unused-ignore]  # it lives in an environment of its own

QUERY = """\
SELECT id FROM {batch}
WHERE status = 'SUCCESS' AND completed_at >= '%(lo)s' AND completed_at < '%(hi)s'
  AND completed_at < timestamptz '%(as_of)s' - interval '10 minutes'
  AND NOT EXISTS (SELECT 1 FROM task_outputs WHERE task_outputs.task_id = subselect.id)
"""


def main(url: str, lo: str, hi: str, as_of: str) -> None:
    context: Any = gx.get_context(mode="ephemeral")
    source = context.data_sources.add_postgres("application", connection_string=url)
    batches = source.add_table_asset("tasks", table_name="tasks").add_batch_definition_whole_table("all")
    query = QUERY % {"lo": lo, "hi": hi, "as_of": as_of}
    expectation = gx.expectations.UnexpectedRowsExpectation(unexpected_rows_query=query)
    result = batches.get_batch().validate(expectation)
    if "observed_value" not in result.result:
        sys.exit(f"no answer: {str(result.exception_info)[-1500:]}")
    observed = result.result["observed_value"]
    print(json.dumps({"success": result.success, "observed": observed, "version": gx.__version__}))


if __name__ == "__main__":
    main(*sys.argv[1:])

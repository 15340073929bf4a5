"""Loses outputs on purpose, so that there is something to find and to repair.

python examples/image_studio/lose.py var/demo/studio.sqlite3 1000
"""

import argparse
import sqlite3
from pathlib import Path

LATEST = """
SELECT id FROM tasks WHERE status = 'SUCCESS' AND EXISTS (SELECT 1 FROM task_outputs WHERE task_id = tasks.id)
ORDER BY completed_at DESC LIMIT ?
"""


def main() -> None:
    """Delete the outputs of the latest tasks that have some."""
    parser = argparse.ArgumentParser(description="Loses the outputs of the latest tasks.")
    parser.add_argument("database", type=Path)
    parser.add_argument("tasks", type=int)
    options = parser.parse_args()
    database = sqlite3.connect(f"file:{options.database}?mode=rw", uri=True, timeout=30, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    tasks = database.execute(LATEST, (options.tasks,)).fetchall()
    database.executemany("DELETE FROM task_outputs WHERE task_id = ?", tasks)
    database.execute("COMMIT")
    print(f"{len(tasks)} tasks have lost their outputs")


if __name__ == "__main__":
    main()

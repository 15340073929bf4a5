"""The second half of the demo's story: what was lost is planned, repaired and verified."""

import sqlite3
from contextlib import closing

from cli.up.demo import Demo
from cli.up.narrator import Narrator
from cli.up.telling_story import tell_end
from consistency.rules import rate_text


def tell_repair(narrator: Narrator, demo: Demo) -> str:
    """Bring everything back that was lost; the id of the run that did it."""
    narrator.until("version 2 has lost enough", lambda: len(demo.lost()) == demo.to_lose)
    demo.deploy()
    narrator.step("Version 3 mends the saving", "nothing more gets lost; but what is lost stays lost")
    narrator.until("all that was lost is found", lambda: _found(narrator) == demo.lost().keys())
    plan = narrator.ask("repair", "plan")
    run_id, planned = plan["run_id"], plan["counts"].get("pending")
    narrator.hold(planned == demo.to_lose, f"{planned} tasks are planned, but {demo.to_lose} outputs were lost")
    narrator.step("Planned", f"reconcilery repair plan → {planned} tasks; nothing is written yet")
    done = narrator.ask("repair", "apply", run_id)
    narrator.hold(done["state"] == "succeeded", f"the repair ended as {done['state']}: {done['problems']}")
    narrator.hold(done["after"]["missing"] == 0, "something is missing after the repair")
    _compare_with_truth(narrator, demo)
    rates = " → ".join(rate_text(each["with_outputs"], each["tasks"]) for each in (done["before"], done["after"]))
    narrator.step("Repaired", f"reconcilery repair apply {run_id[:8]}… → {done['rows_written']} rows written; {rates}")
    report = narrator.ask("check", "quick")
    narrator.hold(report["counts"]["missing"] == 0, f"after the repair a check says {report['verdict']}")
    narrator.step("Verified", f"reconcilery check quick → {report['verdict']}")
    tell_end(narrator, demo, run_id)
    narrator.step("Can be undone", f"reconcilery repair rollback {run_id}")
    return str(run_id)


def _found(narrator: Narrator) -> set[str]:
    return {str(row["id"]) for row in narrator.ask("missing", "--start-date", "now-1h")["missing"]}


def _compare_with_truth(narrator: Narrator, demo: Demo) -> None:
    """Each lost task has exactly the images that the image service made for it, each once."""
    with closing(sqlite3.connect(f"file:{demo.database}?mode=ro", uri=True, timeout=30)) as database:
        for task in demo.lost():
            (job,) = database.execute("SELECT provider_task_id FROM tasks WHERE id = ?", (task,)).fetchone()
            stored = database.execute("SELECT output_key, file_url FROM task_outputs WHERE task_id = ?", (task,))
            narrator.hold(sorted(stored) == demo.images_of(job), f"the outputs of task {task} are not what they were")

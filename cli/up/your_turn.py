"""What the demo leaves to whoever watches it: an incident that is found and told, and that nobody has repaired yet."""

from cli.up.demo import Demo
from cli.up.narrator import Narrator
from cli.up.telling_story import firing

#: So many that the page stays bad for an hour, while the studio goes on at the pace of the night.
MORE_LOST = 120
_BY_NIGHT = 0.25
WORKFLOW = "product-shot"


def leave_an_incident(narrator: Narrator, demo: Demo) -> None:
    """Lose the outputs of one workflow, and say where to look once people have been told."""
    lost, heard = len(demo.lost()), len(demo.inbox.messages())
    demo.deploy(loses=MORE_LOST, workflow=WORKFLOW)
    narrator.until("version 4 loses outputs", lambda: len(demo.lost()) == lost + MORE_LOST)
    demo.deploy(tasks_per_second=_BY_NIGHT)
    narrator.until(
        "a check finds all of them", lambda: narrator.ask("check", "quick")["counts"]["missing"] == MORE_LOST
    )
    told = narrator.until("people are told of it", lambda: firing(demo, heard))
    narrator.step("Your turn", f"inbox: {told[-1]['message']}")
    narrator.say(
        "Version 4 lost outputs once more, and version 5 mends the saving; what is lost is left to you.",
        "Open the page: it says what is wrong, since when, for whom, and who was told.",
        f"Preview the repair there, and apply it: {narrator.running.urls.get('api', 'the page is not running')}",
    )

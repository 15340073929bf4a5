"""What the product itself says of what became of a task: the one line that is kept beside its code.

All other lines are the words of a provider or of a database.
"""

from consistency.sentences import Sentences

_PLAN = {
    "no_provider_id": "the task has no id at the provider",
    "deleted": "the task was deleted",
    "in_state": "the task is in state {state}",
    "young": "the task is still within its grace period",
    "outputs_there": "{count} outputs are there",
}
_WRITING = {
    "gone": "the task is not there any more",
    "no_success": "the task is not in a success state any more, or was deleted",
    "changed": "the task has changed since the plan",
    "no_output_key": "some outputs are there, and without an output_key nothing tells which",
    "other_keys": "the outputs that are there have keys which the provider does not know",
    "all_there": "all that the provider has is there",
    "wrote_late": "the application wrote it late",
    "workers_died": "every worker that took this task alone has died",
}
_ASKING = {
    "provider_raised": "the provider raised {error}",
    "link_unclear": "it could not be seen whether the link of {keys} is alive",
    "link_dead": "the link of {keys} is dead",
    "asked_too_often": "asked too often",
    "server_failed": "the server failed with {http}",
    "access_refused": "{host} refuses access ({http})",
    "sent_on": "{host} sends us on to {place}, which is not followed; see {setting}",
    "answered_with": "{host} answered with {http}",
    "unknown_there": "the task is not known there",
    "id_refused": "the id was refused ({http})",
    "bad_id": "this cannot be the id of a task there",
    "bad_runninghub_id": "this is no id of a task at RunningHub",
    "no_file": "there is no file of that id",
    "file_unreadable": "the file cannot be read: {why}",
}
_ANSWERS = {
    "no_output": "the task ended without an output",
    "not_ended": "not ended yet",
    "stands": "the task is {status}",
    "too_big": "the answer is larger than {size} MB",
    "empty": "the answer is empty",
    "web_page": "the answer is a web page",
    "no_json": "the answer is no JSON, or only a part of it",
    "no_object": "the answer is no JSON object",
    "no_form": "the answer is neither a list nor an object",
    "unknown_status": "the status is not known",
    "no_objects": "the outputs are no list of objects",
    "no_outputs_list": "the outputs are no list",
    "no_results_list": "the results are no list",
    "mixed_outputs": "among the outputs there is something else",
    "no_record": "there is no record of what its webhook was told",
    "long_key": "the key of an output is longer than {most} characters",
    "same_key": "two outputs have the key {key}",
    "code_alone": "code {code}",
    "no_code": "an answer without a code",
}
#: More words would be a stranger's.
_FORMS = {
    "count": r"\d+",
    "host": r"(?:[\w.:-]+|the host)",
    "http": r"HTTP \d+",
    "status": "running|failed",
    "size": r"\d+",
    "most": r"\d+",
    "code": r"\S+",
}
DETAILS = Sentences({**_PLAN, **_WRITING, **_ASKING, **_ANSWERS}, _FORMS)
#: What is added to a line where the provider was asked in vain.
ASKED = Sentences({"asked": "{detail} (asked {times} times)"}, {"times": r"\d+", "detail": ".*"})


def detail_text(name: str, **values: object) -> str:
    """The line, by the name of its sentence."""
    return DETAILS.text(name, **values)

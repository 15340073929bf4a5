"""Asks what the events amount to; what takes long to import is imported at the first question."""

from collections.abc import Callable
from threading import Lock

from monitoring.answers.answers import Answer, Answers
from monitoring.transports.recent import Recent


class Asking:
    """Opened at the first question and kept; safe for threads."""

    def __init__(self, db_manager: object, recent: Recent) -> None:
        self._db_manager, self._recent = db_manager, recent
        self._opening = Lock()
        self._answers: Answers | None = None

    def ask(self, question: Callable[[Answers], Answer]) -> Answer:
        """The answer; ReconcileryError when whoever knows cannot be asked, or a setting is wrong."""
        with self._opening:
            if self._answers is None:
                self._answers = self._opened()
            answers = self._answers
        return question(answers)

    def close(self) -> None:
        with self._opening:
            if self._answers is not None:
                self._answers.close()
                self._answers = None

    def _opened(self) -> Answers:
        from consistency.settings import load_settings  # noqa: PLC0415 - as the module says
        from monitoring.answers.choosing import open_answers  # noqa: PLC0415 - the same

        return open_answers(load_settings(), self._db_manager, self._recent)

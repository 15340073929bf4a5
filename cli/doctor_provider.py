"""What `doctor` looks at before anything can be repaired: the provider of the outputs."""

from collections.abc import Iterator
from datetime import timedelta

from cli.diagnosis import Diagnosis, State, diagnosis
from compensation.provider import Answer, Kind, OutputProvider
from compensation.providers.choosing import provider_of
from consistency.errors import ConfigurationError
from consistency.http_trouble import host_of
from consistency.masking import HIDDEN
from consistency.one_line import one_line
from consistency.settings import Settings
from notifiers.channels.bounded_calls import BoundedCalls

#: A provider keeps to `provider_timeout` and says what was too slow; one of the user's own may not end at all.
PATIENCE = timedelta(seconds=2)
_PROVIDER, _PAGE = "provider", "docs/reference/providers.md"


def examine_provider(settings: Settings) -> Iterator[Diagnosis]:
    """Whether it is set up, and what it says of itself; no output is asked for, and nothing costs money."""
    if not any(rule.child.columns for rule in settings.rules):
        yield diagnosis(_PROVIDER, State.OK, "not asked: no rule has child.columns, so nothing is repaired")
        return
    try:
        provider = provider_of(settings)
    except ConfigurationError as error:
        message = f"nothing can be repaired: {error}; checks need no provider"
        yield diagnosis(_PROVIDER, State.WARN, message, f"{_PAGE}; the workers need the same settings")
        return
    yield _told(settings, _asked(provider, settings))


def _asked(provider: OutputProvider, settings: Settings) -> Answer:
    calls = BoundedCalls(_PROVIDER)
    try:
        return calls.call(lambda: _checked(provider), settings.provider_timeout + PATIENCE)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a provider of the user's own may raise anything
        said = f"its check failed with {type(error).__name__}: {error}"
        return Answer(Kind.TRANSIENT, detail=one_line(said))


def _checked(provider: OutputProvider) -> Answer:
    try:
        answer = provider.check()
        if not isinstance(answer, Answer):
            raise TypeError(f"check returned {type(answer).__name__}, not an Answer")
        return answer
    finally:
        provider.close()


def _told(settings: Settings, answer: Answer) -> Diagnosis:
    where, said = _place(settings), _words(answer, settings)
    if answer.kind is Kind.FOUND:
        return diagnosis(_PROVIDER, State.OK, f"{where} can be used" + f": {said}" * bool(said))
    if answer.kind is Kind.STOP_RUN:
        fix = f"{_PAGE} says what each code means"
        return diagnosis(_PROVIDER, State.FAIL, f"{where} cannot be used: {said}", fix)
    fix = "a repair asks again later; checks need no provider"
    return diagnosis(_PROVIDER, State.WARN, f"{where} gave no clear answer: {said}", fix)


def _words(answer: Answer, settings: Settings) -> str:
    key = settings.runninghub_api_key.get_secret_value().strip()
    is_new = answer.kind is not Kind.FOUND and answer.code not in answer.detail
    said = one_line(f"{answer.detail} ({answer.code})" if is_new else answer.detail)
    return said.replace(key, HIDDEN) if key else said


def _place(settings: Settings) -> str:
    named = settings.provider.strip()
    if named == "runninghub":
        return f"RunningHub at {host_of(settings.runninghub_base_url)}"
    return host_of(named) if named.startswith(("http://", "https://")) else named

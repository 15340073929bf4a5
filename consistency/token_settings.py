"""Who may use the HTTP API, one table `[[api_tokens]]` each; of a token itself only its hash is known."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Scope(StrEnum):
    """What a token is good for."""

    READ = "read"
    #: Reading, and everything that changes something.
    OPERATE = "operate"


class TokenSettings(BaseModel):
    """A token that the HTTP API accepts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][\w .:/@-]{0,63}$", description="who has it, as logs and alerts name them")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="its hash, from `reconcilery config token`")
    scope: Scope = Field(default=Scope.READ, description="read, or operate for everything that changes something")
    expires: AwareDatetime | None = Field(default=None, description="until when it is good, with a zone")


def check_tokens(tokens: Sequence[TokenSettings]) -> None:
    """No two have one name or one hash; ValueError otherwise."""
    for key in ("name", "sha256"):
        found = [getattr(token, key) for token in tokens]
        if twice := sorted({each for each in found if found.count(each) > 1}):
            raise ValueError(f"uses the {key} {twice[0]} twice; give each token its own")

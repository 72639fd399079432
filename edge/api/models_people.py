"""Signing in, and the accounts: their shapes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from edge.api.models import Strict, shape

Role = Literal["guard", "leader", "technician"]


class SignIn(Strict):
    """Who taps, and the PIN."""

    user: str = Field(max_length=40, examples=["leader"])
    pin: str = Field("", max_length=32, examples=["602914"])
    device: str = Field("", max_length=40, description="what this tablet is called")
    ticket: str = Field(
        "", max_length=64, description="instead of the PIN, where a staff card is enough: see GET /people"
    )
    taking_over: bool = Field(False, description="whoever was signed in here stays on duty until the hand-over (D6)")

    @model_validator(mode="after")
    def _pin_or_card(self) -> SignIn:
        if not (self.pin or self.ticket):
            raise ValueError("pin: a PIN is needed")
        return self


class SessionOut(BaseModel):
    """Who is signed in here."""

    model_config = shape(user="leader", name="班长", role="leader", since_ms=1793000000000)
    user: str
    name: str
    role: Role
    since_ms: int


class PersonOut(BaseModel):
    """Somebody who can sign in."""

    user: str
    name: str
    role: Role


class People(BaseModel):
    """The names to tap."""

    model_config = shape(gate="正门", people=[{"user": "leader", "name": "班长", "role": "leader"}])
    gate: str
    people: list[PersonOut]
    card: dict[str, str] | None = Field(None, description="whose staff card was held to the desk reader just now")


class UserIn(Strict):
    """An account as a shift leader wants it. `pin` left out: stays."""

    name: str = Field(min_length=1, max_length=20, examples=["李建国"])
    role: Role = Field(examples=["guard"])
    enabled: bool = True
    pin: str | None = Field(None, max_length=32, examples=["602914"])
    card: str | None = Field(
        None, max_length=40, description="staff card (UID or printed number); left out: stays; empty: none"
    )


class UserNew(UserIn):
    """A new account."""

    user: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="small letters, digits, hyphens", examples=["guard-1"]
    )


class UserOut(BaseModel):
    """An account, without anything of its PIN."""

    model_config = shape(user="guard-1", name="李建国", role="guard", enabled=True)
    user: str
    name: str
    role: Role
    enabled: bool
    card: str = ""


class Users(BaseModel):
    """All accounts."""

    users: list[UserOut]

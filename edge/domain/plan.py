"""The plan of the desk: config/visits.toml as frozen values, with everything that is wrong with it found at once.

Which steps a kind of visit has is data, not code (P3–P8, V3–V5): a community that registers guests in another way changes its file.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from edge.domain import rights
from edge.domain.rights import Rights

P = TypeVar("P")
MODES = ("foot", "vehicle")
DOES = ("question", "call", "document", "card", "check", "tell")
ENDS = ("admit", "refuse", "direct")
EFFECTS = ("go", "refuse", "direct")
FIELDS = ("name", "phone", "company", "purpose", "host", "unit", "plate", "vehicle")
NUMBERS = ("resident-id", "passport", "licence", "permit", "any")
EXIT_TAPS = ("ask", "collect")
MAY: Rights = {"appointment": ("guard", "leader")}


class PlanError(ValueError):
    """The file cannot be used; `problems` lists all that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def built(make: Callable[[], P], problems: Callable[[P], Iterable[str]]) -> P:
    """A plan out of its file, as `make` reads it. Raises PlanError with all that is wrong with it: for what is missing or no value at all, that alone."""
    try:
        plan = make()
    except KeyError as e:
        raise PlanError([f"缺少 missing: {e}"]) from e
    except (TypeError, ValueError) as e:
        raise PlanError([f"写法有误 not understood: {e}"]) from e
    if wrong := list(problems(plan)):
        raise PlanError(wrong)
    return plan


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the plan with its names, and the sentences that go with it."""

    id: str
    zh: str
    en: str
    say: str = ""
    say_vehicle: str = ""
    effect: str = "go"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. See config/visits.toml for what each `does` wants."""

    id: str
    does: str
    zh: str
    en: str
    say: str = ""
    mode: str = ""
    choices: tuple[Word, ...] = ()
    hold: bool = False
    card: str = ""
    days: int = 1
    place: str = ""
    expected: str = ""
    """A question whose answer an appointment already is: that answer."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Who is told of what."""

    to: str
    about: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of visit."""

    id: str
    zh: str
    en: str
    rule: Mapping[str, str]
    ends: tuple[str, ...]
    asks: Mapping[str, tuple[str, ...]]
    steps: tuple[Step, ...]
    reasons: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    stay_h: float = 0
    """Planned stay in hours; 0: none."""
    tell: Mapping[str, tuple[Tell, ...]] = field(default_factory=dict)

    def of(self, mode: str) -> tuple[Step, ...]:
        """The steps of a visitor on foot, or with a vehicle."""
        return tuple(step for step in self.steps if step.mode in ("", mode))


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of document: how its number is checked, whether it may be held, and why."""

    id: str
    zh: str
    en: str
    number: str
    hold: bool
    why_zh: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What a vehicle can be. `truck`: its load space is looked into before it leaves (G2)."""

    id: str
    zh: str
    en: str
    truck: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole file."""

    kinds: Mapping[str, Kind]
    reasons: Mapping[str, Word]
    places: Mapping[str, Word]
    notices: Mapping[str, Word]
    papers: Mapping[str, Paper]
    cards: Mapping[str, Word]
    slots: int
    full_say: str
    """What is said instead when a document should be held and every slot is taken."""
    exit_tap: str
    vehicles: Mapping[str, Vehicle] = field(default_factory=dict)
    overstay_again_min: int = 15
    may: Rights = field(default_factory=lambda: MAY)
    """Who makes, changes and cancels appointments at the gate."""

    @property
    def trucks(self) -> frozenset[str]:
        """Every way in which a visit or the registry may call a truck."""
        named = [(v.id, v.zh, v.en) for v in self.vehicles.values() if v.truck]
        return frozenset(word for words in named for word in words)

    def says(self) -> frozenset[str]:
        """All sentences that the plan names."""
        steps = {step.say for kind in self.kinds.values() for step in kind.steps}
        words = [*self.reasons.values(), *self.places.values()]
        choices = {c.say for kind in self.kinds.values() for step in kind.steps for c in step.choices}
        said = {w.say for w in words} | {w.say_vehicle for w in words}
        return frozenset(steps | choices | said | {self.full_say}) - {""}


def read(raw: Mapping[str, Any]) -> Plan:
    """The parsed TOML as a plan. Raises PlanError, also when a value is missing or has a word that nobody knows."""
    return built(lambda: _plan(raw), _problems)


def _plan(raw: Mapping[str, Any]) -> Plan:
    return Plan(
        kinds={k["id"]: _kind(k) for k in raw["kind"]},
        reasons=_words(raw["reasons"]),
        places=_words(raw["places"]),
        notices=_words(raw["notices"]),
        papers={name: Paper(id=name, **value) for name, value in raw["documents"].items()},
        cards=_words(raw["cards"]),
        slots=int(raw["rack"]["slots"]),
        full_say=raw["rack"].get("say_full", "check-document"),
        exit_tap=raw["vehicle"]["exit_tap"],
        vehicles={name: Vehicle(id=name, **value) for name, value in raw.get("vehicles", {}).items()},
        overstay_again_min=int(raw.get("overstay", {}).get("again_min", 15)),
        may=rights.read(raw.get("may", {}), MAY),
    )


def _kind(raw: Mapping[str, Any]) -> Kind:
    return Kind(
        id=raw["id"],
        zh=raw["zh"],
        en=raw["en"],
        rule=dict(raw["rule"]),
        ends=tuple(raw["ends"]),
        asks={mode: tuple(names) for mode, names in raw["asks"].items()},
        stay_h=float(raw.get("stay_h", 0)),
        steps=tuple(_step(s) for s in raw.get("step", ())),
        reasons=tuple(raw.get("reasons", ())),
        directions=tuple(raw.get("directions", ())),
        tell={end: tuple(Tell(**t) for t in told) for end, told in raw.get("tell", {}).items()},
    )


def _step(raw: Mapping[str, Any]) -> Step:
    choices = tuple(
        Word(id=c["answer"], **{k: v for k, v in c.items() if k != "answer"}) for c in raw.get("choices", ())
    )
    return Step(**{**raw, "choices": choices})


def _words(raw: Mapping[str, Mapping[str, str]]) -> dict[str, Word]:
    return {name: Word(id=name, **value) for name, value in raw.items()}


def _problems(plan: Plan) -> Iterator[str]:
    if not 1 <= plan.slots <= 1_000:
        yield f"rack.slots: 1 … 1000, 现在是 is {plan.slots}"
    if plan.exit_tap not in EXIT_TAPS:
        yield f"vehicle.exit_tap: {plan.exit_tap!r}, 可用 known: {', '.join(EXIT_TAPS)}"
    yield from rights.problems(plan.may, MAY)
    for paper in plan.papers.values():
        if paper.number not in NUMBERS:
            yield f"documents.{paper.id}.number: {paper.number!r}, 可用 known: {', '.join(NUMBERS)}"
    for kind in plan.kinds.values():
        for problem in _of_kind(plan, kind):
            yield f"kind {kind.id}: {problem}"


def _of_kind(plan: Plan, kind: Kind) -> Iterator[str]:
    known: list[tuple[str, tuple[str, ...], Container[str]]] = [
        ("ends", kind.ends, ENDS),
        ("reasons", kind.reasons, plan.reasons),
        ("directions", kind.directions, plan.places),
        ("tell", tuple(kind.tell), kind.ends),
        ("tell.about", tuple(t.about for told in kind.tell.values() for t in told), plan.notices),
        *((f"asks.{mode}", names, FIELDS) for mode, names in kind.asks.items()),
        ("rule", tuple(kind.rule), MODES),
        ("asks", tuple(kind.asks), tuple(kind.rule)),
        *((f"{s.id}.does", (s.does,), DOES) for s in kind.steps),
        *((f"{s.id}.mode", (s.mode,), ("", *MODES)) for s in kind.steps),
        *((f"{s.id}.card", (s.card,), plan.cards if s.does == "card" else ("",)) for s in kind.steps),
        *((f"{s.id}.choices", tuple(c.effect for c in s.choices), EFFECTS) for s in kind.steps),
    ]
    for where, words, allowed in known:
        for word in words:
            if word not in allowed:
                yield f"{where}: {word!r}"
    if "refuse" in kind.ends and not kind.reasons:
        yield "refuse needs reasons"
    if "direct" in kind.ends and not kind.directions:
        yield "direct needs directions"
    for step in kind.steps:
        if step.does == "question" and not step.choices:
            yield f"{step.id}: a question needs choices"
        if step.expected and step.expected not in {c.id for c in step.choices if c.effect == "go"}:
            yield f"{step.id}.expected: {step.expected!r}"
        if step.days < 1:
            yield f"{step.id}: days ≥ 1"
    for mode in kind.rule:
        ids = [step.id for step in kind.of(mode)]
        if len(ids) != len(set(ids)):
            yield f"{mode}: two steps with one id"

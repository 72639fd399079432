"""The events of the desk: visits, calls to hosts, documents in custody, cards, notices.

A visit is named by the number of its `visit.opened`, a document by that of its `document.held` or `document.checked`, a notice by
that of its `notice.sent`. What must stay provable (kinds, times, slots, plates, card numbers, answers) is in the body. Names,
numbers of documents and telephones are personal: kept apart and gone when their time is over.
"""

from __future__ import annotations

from edge.domain.event import Event, event

# ---- visits ----------------------------------------------------------------------------------------------------


@event(
    "visit.opened",
    "P3",
    "P4",
    "P5",
    "P6",
    "P7",
    "P8",
    "V3",
    "V4",
    "V5",
    personal=("name", "phone", "host", "remark", "names"),
)
class VisitOpened(Event):
    """Somebody with no standing right to pass stands at the gate. `kind`: a kind of config/visits.toml; `mode`: foot, vehicle.

    `goods`: what is brought in; `names`: the companions, as far as they said.
    """

    kind: str
    mode: str
    unit: str = ""
    plate: str = ""
    vehicle: str = ""
    companions: int = 0
    company: str = ""
    purpose: str = ""
    title: str = ""
    name: str = ""
    phone: str = ""
    host: str = ""
    remark: str = ""
    goods: str = ""
    names: str = ""


@event("visit.noted", "P3", "V3", personal=("name", "phone", "host", "remark", "names"))
class VisitNoted(Event):
    """The visit's data as they are from now on, all of them (so that one event says everything that is known)."""

    visit: int
    unit: str = ""
    plate: str = ""
    vehicle: str = ""
    companions: int = 0
    company: str = ""
    purpose: str = ""
    title: str = ""
    name: str = ""
    phone: str = ""
    host: str = ""
    remark: str = ""
    goods: str = ""
    names: str = ""


@event("visit.step", "P3", "P4", "P8", "V3", "V5", personal=("number", "remark"))
class VisitStep(Event):
    """A step was answered. `place`: parking place or route that was told; the dates are those of a pass that was checked (P8),
    `photo` the digest of the picture on it."""

    visit: int
    step: str
    answer: str
    place: str = ""
    valid_from: str = ""
    valid_until: str = ""
    number: str = ""
    remark: str = ""
    photo: str = ""


@event("host.called", "P3", "P4", "V3", personal=("phone", "host"))
class HostCalled(Event):
    """The host was called. `result`: agreed, refused, no-answer. `number`: the telephone, masked, in old journals only."""

    visit: int
    result: str
    unit: str = ""
    number: str = ""
    phone: str = ""
    host: str = ""


@event("visit.admitted", "P3", "P4", "P7", "P8", "V3", "V5")
class VisitAdmitted(Event):
    """The guard let the visitor in: every step that the kind asks for was done."""

    visit: int


@event("visit.refused", "P3", "P4", "P6", "P8")
class VisitRefused(Event):
    """Politely declined. `reason`: a word of the kind's list; `phrase`: what was said."""

    visit: int
    reason: str
    phrase: str = ""


@event("visit.directed", "P5", "V4")
class VisitDirected(Event):
    """Sent to another place, with the way told. `where`: clubhouse, management …"""

    visit: int
    where: str
    phrase: str = ""


@event("visit.closed", "P3", "P4", "P7", "P8", "V3", "V5")
class VisitClosed(Event):
    """The visitor has left. `how`: settled, or override with its reason and what was still outstanding (card, document)."""

    visit: int
    how: str
    reason: str = ""
    outstanding: tuple[str, ...] = ()


# ---- documents -------------------------------------------------------------------------------------------------


@event("document.checked", "P3", "V3", personal=("owner", "number"))
class DocumentChecked(Event):
    """A document was looked at and handed straight back. `kind`: a kind of config/visits.toml. `why`: why it was not kept. `masked`: what a list
    showed of the number, in old journals only: it would outlive the number."""

    visit: int
    kind: str
    why: str = ""
    masked: str = ""
    owner: str = ""
    number: str = ""


@event("document.held", "P3", "P7", "V3", personal=("owner", "number"))
class DocumentHeld(Event):
    """押证: a document lies in a slot of the rack until its visitor leaves. `masked`: see DocumentChecked."""

    visit: int
    kind: str
    slot: int
    masked: str = ""
    owner: str = ""
    number: str = ""


@event("document.returned", "P3", "P7", "V3", "V5")
class DocumentReturned(Event):
    """A held document went back. `to`: owner, or another with the reason in `remark`."""

    visit: int
    document: int
    slot: int
    to: str = "owner"


# ---- cards -----------------------------------------------------------------------------------------------------


@event("card.stocked", "P3", "P7", "V3")
class CardStocked(Event):
    """A card lies in the rack and may be issued. `kind`: visitor, vehicle, construction. `label`: what is printed on it."""

    card: str
    kind: str
    label: str = ""


@event("card.issued", "P3", "P4", "P7", "V3", "V5")
class CardIssued(Event):
    """A card of the rack is bound to one visit (and its plate) until the end of the local day `until`."""

    card: str
    visit: int
    kind: str
    label: str = ""
    plate: str = ""
    until: str = ""


@event("card.returned", "P3", "P4", "P7", "V3", "V5")
class CardReturned(Event):
    """A card came back. `visit`: the one it was bound to. `at`: desk, or the lane that took it in."""

    card: str
    visit: int
    at: str = "desk"


@event("card.lost", "P3", "V3")
class CardLost(Event):
    """A card is lost: from now on no lane opens for it. `visit` 0: it was not out."""

    card: str
    visit: int
    reason: str


@event("card.blocked", "P3", "V3")
class CardBlocked(Event):
    """A card is taken out of use, wherever it is, until it is stocked anew."""

    card: str
    visit: int
    reason: str


# ---- notices ---------------------------------------------------------------------------------------------------


@event("notice.sent", "P5", "V4", "V5")
class NoticeSent(Event):
    """Somebody is told at once. `to`: sales, leader, patrol. `about`: a phrase key. The words carry no name."""

    to: str
    visit: int
    about: str
    plate: str = ""
    unit: str = ""


@event("notice.acknowledged", "P5", "V4", "V5")
class NoticeAcknowledged(Event):
    """They have said that they heard it. `by`: page, radio."""

    notice: int
    by: str = "radio"

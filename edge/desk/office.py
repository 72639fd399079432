"""What is head office's: its lists come down by themselves, and nobody at the gate changes an entry of them."""

from __future__ import annotations

from edge.errors import NotExecuted
from edge.orders import HEAD_OFFICE, Person
from edge.service import Doing
from edge.store import tables_headoffice

OFFICE = Person("registry", HEAD_OFFICE)
"""Who stands in the journal for what a list says."""


def not_ours(d: Doing, list_: str, number: int) -> None:
    """Before somebody changes an entry. Raises NotExecuted when it is head office's and they are not."""
    if not number or d.person.role in (HEAD_OFFICE, "") or not tables_headoffice.is_office(d.con, list_, number):
        return
    raise NotExecuted(
        "这一条由管理中心登记，请由管理中心更改 · this entry is head office's, which alone changes it",
        "请打电话告诉管理中心，更改后会自动下发到本门 · please tell the management centre; the change then comes here by itself",
        code="office-entry",
    )

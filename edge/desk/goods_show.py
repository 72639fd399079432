"""Rows of goods for the page, made of the tables' rows, config/goods.toml and the phrases."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from edge.desk.goods_views import FiledRow, GoodsRow, ItemRow, PermitRow, SpecimenRow
from edge.domain import goods as g
from edge.domain.courtesy import Phrases, daypart
from edge.domain.documents import masked_name
from edge.domain.goods_plan import Category, GoodsPlan, Role
from edge.domain.plates import normal
from edge.orders import Person
from edge.store import queries_goods as q
from sync.surnames import surname_of

Row = dict[str, Any]
NAMES = ("guard", "leader")


class GoodsShow:
    """Makes rows."""

    def __init__(self, plan: GoodsPlan, said: Mapping[str, Phrases]) -> None:
        self._plan, self._said = plan, said

    def words(self, role: str) -> Row:
        """The plan in words: roles, categories, findings with their sentences; what is said on the way; and what this role of the page may."""
        findings = [
            {
                "finding": f.id,
                "zh": f.zh,
                "en": f.en,
                "do_zh": f.do_zh,
                "do_en": f.do_en,
                "stops": f.stops,
                "judged": f.judged,
            }
            | self._both(f.say)
            for f in self._plan.findings.values()
        ]
        keys = ("ask-permit", "open-truck", "check", "released", "carry")
        says = {f"goods-{key}": self._both(f"goods-{key}") for key in keys}
        says |= {f"truck-{key}": self._both(f"truck-{key}") for key in ("clear", "unload")}
        return {
            "roles": [{"role": r.id, "zh": r.zh, "en": r.en, "of": r.of} for r in self._plan.roles.values()],
            "categories": [
                {"category": c.id, "zh": c.zh, "en": c.en, "signers": list(c.signers)}
                for c in self._plan.categories.values()
            ],
            "findings": findings,
            "say": says,
            "may": {act: role in roles for act, roles in self._plan.may.items()},
        }

    def _both(self, key: str, who: str = "", local: datetime | None = None, **more: str) -> dict[str, str]:
        """A sentence in both languages."""
        return {
            f"say_{lang}": said.sentence(
                key,
                who=said.address(surname_of(who), ""),
                hello=said.hello(daypart(local)),
                place=more.get(lang, ""),
            )
            for lang, said in self._said.items()
        }

    def permit(
        self, con: sqlite3.Connection, row: Row, person: Person, local: datetime | None, *, whole: bool, plate: str = ""
    ) -> PermitRow:
        """One permit; `whole` with items, specimens, history and the sentence of the moment."""
        facts = q.permit(con, row["permit"])
        assert facts is not None
        found = g.findings(facts, self._plan, local.date() if local else None, normal(plate))
        names = person.role in NAMES
        role = self._role(row["role"])
        shown = {name: row[name] if names else masked_name(row[name]) for name in ("signer", "bearer")}
        said: dict[str, str] = {}
        if whole:
            said = self._moment(facts, found, row["bearer"] if names else "", local)
        return PermitRow(
            permit=row["permit"],
            number=row["number"],
            role=row["role"],
            role_zh=role.zh,
            role_en=role.en,
            unit=row["unit"],
            company=row["company"],
            signer=shown["signer"],
            bearer=shown["bearer"],
            remark=row["remark"] if names else "",
            plate=row["plate"],
            until=row["until"],
            stamped=bool(row["stamped"]),
            stamp=row["stamp"],
            source=row["source"],
            state=row["state"],
            reason=row["reason"],
            at_ms=row["at_ms"],
            by=row["actor"].partition(":")[2],
            findings=found,
            stops=g.stops(found, self._plan),
            items=tuple(self._item(item, facts.role) for item in facts.items),
            specimens=self._specimens(con, row, names=names) if whole else (),
            log=tuple(map(self.log, q.log_rows(con, row["permit"]))) if whole else (),
            **said,
        )

    def _moment(self, facts: g.Permit, found: tuple[str, ...], bearer: str, local: datetime | None) -> dict[str, str]:
        """What to say and do now: the gravest finding's, else the sentence that goes with counting."""
        if not found:
            return self._both("goods-check", bearer, local)
        finding = self._plan.findings[found[0]]
        wanted = [
            self._category(item.category)
            for item in facts.items
            if item.left and not self._plan.may_sign(facts.role, item.category)
        ]
        signers = {lang: self._signers(wanted, lang) for lang in ("zh", "en")}
        return self._both(finding.say, bearer, local, **signers) | {"do_zh": finding.do_zh, "do_en": finding.do_en}

    def _item(self, item: g.Item, role: str) -> ItemRow:
        category = self._category(item.category)
        may = self._plan.may_sign(role, item.category)
        return ItemRow(
            *(item.n, item.name, item.measure, item.category, category.zh, category.en, item.quantity, item.gone),
            *(item.left, may, self._signers([category], "zh"), self._signers([category], "en")),
        )

    def _category(self, name: str) -> Category:
        """Also one that the plan has no more."""
        return self._plan.categories.get(name) or Category(name, name, name, ())

    def _signers(self, categories: list[Category], lang: str) -> str:
        """«施工单位负责人或管理中心»."""
        roles = dict.fromkeys(role for category in categories for role in category.signers)
        named = [getattr(self._plan.roles[role], lang) for role in roles if role in self._plan.roles]
        return ("或" if lang == "zh" else " or ").join(named)

    def _specimens(self, con: sqlite3.Connection, row: Row, *, names: bool) -> tuple[SpecimenRow, ...]:
        """Those of the permit's signer first."""
        if not names:
            return ()
        role = self._plan.roles.get(row["role"])
        of = {"unit": ("unit",), "company": ("company",)}.get(role.of if role else "", ())
        where = [row[name] if name in of else "" for name in ("unit", "company")]
        found = [
            SpecimenRow(s["specimen"], s["digest"], s["name"], s["name"] == row["signer"] != "", s["at_ms"])
            for s in q.specimens(con, row["role"], *where)
        ]
        return tuple(sorted(found, key=lambda s: not s.mine))

    def filed(self, row: Row) -> FiledRow:
        """A specimen in the list of all."""
        role = self._role(row["role"])
        whose = (row["unit"], row["company"], row["name"], row["at_ms"])
        return FiledRow(row["specimen"], row["digest"], role.id, role.zh, role.en, *whose)

    def _role(self, name: str) -> Role:
        """Also one that the plan has no more."""
        return self._plan.roles.get(name) or Role(name, name, name)

    def log(self, row: Row) -> GoodsRow:
        """A line of the history."""
        return GoodsRow(
            *(row["seq"], row["permit"], row["what"], row["name"], row["quantity"], row["measure"], row["why"]),
            *(row["plate"], row["at_ms"], row["actor"].partition(":")[2], row["digest"], row["picture"]),
        )

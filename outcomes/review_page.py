"""The outcomes page of one person's filters: the page, its CSV, its pictures and its PDF are made from this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from accounts.models import User
from audit.csv_lines import csv_text
from outcomes.charts.plot import Plot
from outcomes.models import ResponderRule
from outcomes.review import Figures, Responders, Scope, count
from outcomes.review_form import DEFAULT_PERIOD, Menus, ReviewForm, menus_for
from outcomes.rules import Outcome, small_number_words
from outcomes.sections import Links, Section, Sections
from outcomes.sections.parts import interval_words

RESPONDER_FIGURES = ("assessed", "responder", "non-responder", "missing", "no-baseline", "measuring")


@dataclass(frozen=True)
class ConditionFigures:
    """The responders of one condition, the rule that says what one is, and where each figure leads."""

    rule: ResponderRule
    responders: Responders
    small: str
    links: dict[str, str]

    @property
    def beside(self) -> list[int]:
        """Missing, without baseline, still being measured."""
        return [self.responders.of(end) for end in (Outcome.MISSING, Outcome.NOT_ASSESSABLE, Outcome.PENDING)]


class ReviewPage:
    """Three queries: the menus, the rules and every figure. Ask `form.may_count()` before anything is counted."""

    def __init__(self, user: User, query: Mapping[str, Any], *, today: date) -> None:
        self.user, self.today = user, today
        self.menus: Menus = menus_for(user)
        data = {name: query.get(name, "") for name in ReviewForm.base_fields}
        data["period"] = data["period"] or DEFAULT_PERIOD
        self.form = ReviewForm(data, menus=self.menus, today=today)

    @cached_property
    def links(self) -> Links:
        return Links(self.form.query())

    @cached_property
    def scope(self) -> Scope:
        return self.form.scope()

    @cached_property
    def rules(self) -> list[ResponderRule]:
        rules = ResponderRule.objects.select_related("condition", "instrument").order_by("condition__position")
        return list(rules.filter(condition=self.scope.condition) if self.scope.condition else rules)

    @cached_property
    def figures(self) -> Figures:
        return count(self.scope, on=self.today)

    @cached_property
    def conditions(self) -> list[ConditionFigures]:
        found = []
        for rule in self.rules:
            counted = self.figures.responders.get(rule.condition_id, Responders({}))
            links = {
                name.replace("-", "_"): self.links.to(name, condition=rule.condition_id) for name in RESPONDER_FIGURES
            }
            found.append(ConditionFigures(rule, counted, small_number_words(counted.assessed), links))
        return found

    @cached_property
    def sections(self) -> list[Section]:
        return Sections(
            self.figures, self.scope, self.links, self.rules, self.menus.names, self.form.period_words()
        ).all()

    @property
    def plots(self) -> dict[str, Plot]:
        """The pictures by their names in the address."""
        return {plot.name: plot for section in self.sections for plot in section.plots}

    def csv(self) -> Iterator[str]:
        """Every figure of the page as CSV: section, table, row, column, value."""
        yield csv_text([["Section", "Table", "Row", "Column", "Value"]])
        lines: list[list[Any]] = [["Counted", "", "Filter", "", ", ".join(self.form.words())]]
        for row in self.conditions:
            share, cycles = row.responders.share, row.responders
            for column, value in (
                ("Responders, %", "" if share.percent is None else share.percent),
                ("95 % CI", interval_words(share.interval, scale=100).removeprefix("95 % CI ")),
                ("Responders", share.part),
                ("Assessed", share.whole),
                ("Missing", cycles.of(Outcome.MISSING)),
                ("Without baseline", cycles.of(Outcome.NOT_ASSESSABLE)),
                ("Still being measured", cycles.of(Outcome.PENDING)),
                ("Rule", row.rule.words),
            ):
                lines.append(["Responders", "Responders", row.rule.condition.name, column, value])
        for section in self.sections:
            for said in section.said:
                beside = "; ".join(cell.words for cell in said.beside if cell.words)
                lines.append([section.title, "", said.name, "Figure", said.figure])
                lines.append([section.title, "", said.name, "Of what", beside])
            for table in section.tables:
                for cells in table.rows:
                    lines += [
                        [section.title, table.caption, cells[0].words, head, cell.words]
                        for head, cell in zip(table.heads[1:], cells[1:], strict=True)
                    ]
        yield csv_text(lines)

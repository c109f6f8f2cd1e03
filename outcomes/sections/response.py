"""How it went: change from baseline, and the comparison of providers."""

from __future__ import annotations

from outcomes.charts import figures as pictures
from outcomes.charts.plot import number
from outcomes.review import Share
from outcomes.rules import Outcome
from outcomes.rules.rates import VERY_FEW
from outcomes.sections.parts import Cell, Makes, Section, Table, count_cell, interval_words
from outcomes.statistics.funnel import place_of


class ResponseSections(Makes):
    def changes(self) -> Section:
        section = Section(
            "changes",
            "Change from baseline",
            f"by session number, of sessions {self.period}",
            [
                "The score on the measuring days of a session less the baseline, in points of the condition’s"
                " instrument: the same scores by which responders are judged.",
                "The session number counts the days on which the course was treated, sessions recorded from outside"
                " among them. Different patients stand behind different numbers: who stayed is not who left.",
                "Missing are sessions whose measuring days are over without a score, or without a baseline. The band is"
                " the 95 % interval of the mean (Student), drawn where at least"
                f" {pictures.FEWEST_OF_A_BAND} scores stand behind it.",
            ],
        )
        for rule in self.rules:
            found = self.figures.changes.get(rule.condition_id, [])
            if not any(change.mean for change in found):
                continue
            unit = rule.instrument.unit or f"{rule.instrument.short_name} points"
            plot = pictures.change_plot(
                f"change-{rule.condition_id}",
                f"{rule.condition.name}: {rule.instrument.short_name}",
                found,
                unit=unit,
                better=rule.instrument.get_better_display(),
            )
            section.plots.append(plot)
            rows = []
            for change in found:
                here = {"condition": rule.condition_id, "part": change.number}
                mean = change.mean
                rows.append(
                    [
                        Cell(f"Session {change.number}"),
                        Cell("–" if mean is None else number(round(mean.value, 1))),
                        Cell(interval_words(mean.interval, digits=1).removeprefix("95 % CI ") if mean else ""),
                        count_cell(change.cycles.assessed, self.links.to("assessed", **here)),
                        count_cell(change.cycles.unassessed, self.links.to("unassessed", **here)),
                        count_cell(change.cycles.of(Outcome.PENDING), self.links.to("measuring", **here)),
                    ]
                )
            heads = ["Session", f"Mean change, {unit}", "95 % CI", "Assessed", "Missing", "Still measured"]
            section.tables.append(Table(plot.title, heads, rows))
        if not section.plots:
            section.empty = "No session has both a baseline and a score yet."
        return section

    def providers(self) -> Section:
        section = Section(
            "providers",
            "Between providers",
            f"of sessions {self.period}",
            [
                "A share within the funnel differs from that of all by no more than chance explains: 19 of 20 lie"
                " within the narrow limits, 998 of 1,000 within the wide ones, were all alike. Limits are binomial and"
                " interpolated (Spiegelhalter 2005).",
                f"Fewer than {VERY_FEW} are not placed at all. Outside is a reason to look, not a verdict: who treats"
                " the harder cases stands lower. Conditions are never mixed for responders.",
            ],
        )
        if self.scope.provider:
            section.empty = "One provider is chosen: choose all to compare."
            return section
        for rule in self.rules:
            if len(self.rules) > 1 and not self.scope.condition:
                break
            found = self.figures.responders_by_provider.get(rule.condition_id, {})
            self._funnel(
                section, "funnel", f"{rule.condition.name}: responders",
                {(provider.pk, provider.name): (counts.share, counts.unassessed) for provider, counts in found.items()},
                "assessed", "responders",
            )  # fmt: skip
        self._funnel(
            section, "funnel-on-time", "Re-treated on time",
            {(row.pk, row.name): (counts.share, 0) for row, counts in self.figures.timing_by_provider.items()},
            "re-treated", "on time",
        )  # fmt: skip
        if not self.scope.condition:
            section.notes.append("Choose a condition to compare responders: conditions are not mixed.")
        if not section.plots:
            section.empty = "Two providers at least are needed to compare."
        return section

    def _funnel(
        self,
        section: Section,
        name: str,
        title: str,
        found: dict[tuple[int, str], tuple[Share, int]],
        figure: str,
        y_title: str,
    ) -> None:
        counted = {who: (share, missing) for who, (share, missing) in found.items() if share.whole}
        if len(counted) < 2:
            return
        names = {pk: label if sum(other == label for _, other in counted) == 1 else f"{label} ({pk})"
                 for pk, label in counted}  # fmt: skip
        shares = {names[pk]: share for (pk, _), (share, _) in counted.items()}
        links = {names[pk]: self.links.to(figure, provider=pk) for pk, _ in counted}
        section.plots.append(pictures.funnel_plot(name, title, shares, links, y_title=y_title))
        part, whole = sum(share.part for share in shares.values()), sum(share.whole for share in shares.values())
        missing = {names[pk]: count for (pk, _), (_, count) in counted.items()}
        rows = [
            [
                Cell(provider),
                Cell(f"{share.percent} %"),
                Cell(interval_words(share.interval, scale=100, unit=" %").removeprefix("95 % CI ")),
                Cell(f"{share.part:,}"),
                count_cell(share.whole, links[provider]),
                Cell(f"{missing[provider]:,}"),
                Cell(str(place_of(share.part, share.whole, share=part / whole, fewest=VERY_FEW))),
            ]
            for provider, share in sorted(shares.items())
        ]
        heads = ["Provider", y_title.capitalize(), "95 % CI", "Count", "Of", "Missing", "In the funnel"]
        section.tables.append(Table(title, heads, rows))

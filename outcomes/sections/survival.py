"""How long: time to wear-off and courses retained."""

from __future__ import annotations

from collections.abc import Iterable

from outcomes.charts import figures as pictures
from outcomes.rules import Interval, small_number_words
from outcomes.sections.parts import Cell, Makes, Said, Section, Table, count_cell, interval_words
from outcomes.statistics.survival import Curve, kaplan_meier

WEEK = 7


class SurvivalSections(Makes):
    def wear_off(self) -> Section:
        found = self.figures.wear_off
        curve = kaplan_meier(found.times)
        followed = curve.count
        section = Section(
            "wear-off",
            "Time to wear-off",
            f"of sessions {self.period}",
            [
                "Days from a session until a follow-up recorded that the effect was wearing off.",
                "A session without that is censored on the day of its last follow-up, or of the next session if that"
                " came first: still in effect when last asked. A session that nobody followed up is left out and"
                " counted beside.",
                "Kaplan and Meier’s estimate; the band and the interval of the median are 95 %, on the log-log scale.",
            ],
            said=[
                self._median("Wearing off after", curve, [
                    count_cell(followed, self.links.to("followed"), " followed"),
                    count_cell(curve.events, self.links.to("wearing-off"), " wearing off"),
                    count_cell(found.counts.get("still in effect", 0), self.links.to("still-in-effect"),
                               " last seen in effect"),
                    count_cell(found.counts.get("nobody asked", 0), self.links.to("nobody-asked"), " nobody asked"),
                    count_cell(found.counts.get("to come", 0), self.links.to("to-come"), " follow-up to come"),
                ])
            ],
        )  # fmt: skip
        if followed:
            section.plots = [
                pictures.survival_plot(
                    "wear-off",
                    "Time to wear-off",
                    curve,
                    y_title="still in effect",
                    x_title="weeks after the session",
                    unit_days=WEEK,
                    every=2,
                )
            ]
            weeks = [(week, week * WEEK) for week in (4, 6, 8, 10, 12, 14, 16, 20, 24)]
            section.tables = [self._survival_table("Still in effect", curve, weeks, "Week")]
        else:
            section.empty = "No session was followed up."
        return section

    def retention(self) -> Section:
        found = self.figures.retention
        curve = kaplan_meier(found.times)
        until = f"{self.scope.last.day} {self.scope.last:%b %Y}"
        section = Section(
            "retention",
            "Courses retained",
            f"of courses begun up to {until}, followed to today",
            [
                "Days from a course’s first session until it was lost: stopped, lapsed (the day after the window’s"
                " lapse date, without a session), or the patient left the clinic.",
                "A course that goes on is censored today; one completed, paused or continued in another record, or"
                " whose patient died, on that day. A course that came back after a lapse was lost once.",
                "All courses begun up to the last day of the period count: a loss takes a year to show, so the period’s"
                " first day is not used. The provider is the one who leads the course; product and protocol are those"
                " of its first session.",
            ],
            said=[
                self._median("Half lost after", curve, [
                    count_cell(curve.count, self.links.to("begun"), " begun"),
                    count_cell(curve.events, self.links.to("lost"), " lost"),
                    count_cell(found.counts.get("going on", 0), self.links.to("going-on"), " going on"),
                    count_cell(found.counts.get("ended otherwise", 0), self.links.to("ended-otherwise"),
                               " ended otherwise"),
                ])
            ],
        )  # fmt: skip
        if curve.count:
            section.plots = [
                pictures.survival_plot(
                    "retention",
                    "Courses retained",
                    curve,
                    y_title="still treated",
                    x_title="months after the first session",
                    unit_days=pictures.MONTH,
                    every=6,
                )
            ]
            months = [(month, round(month * pictures.MONTH)) for month in (6, 12, 18, 24, 36, 48, 60)]
            section.tables = [self._survival_table("Still treated", curve, months, "Month")]
            said = [still_treated(curve, month, day) for month, day in months[1:4:2] if curve.at_risk(day)]
            section.said += said
        else:
            section.empty = "No course has begun."
        return section

    def _median(self, name: str, curve: Curve, beside: list[Cell]) -> Said:
        if curve.median is None:
            figure = "not reached" if curve.count else "–"
        else:
            high = "not reached" if curve.median_high is None else str(curve.median_high)
            low = "0" if curve.median_low is None else str(curve.median_low)
            figure = f"{curve.median} days"
            beside = [Cell(f"median, 95 % CI {low}–{high}" if curve.median_high else f"median, 95 % CI from {low}"),
                      *beside]  # fmt: skip
        return Said(name, figure, beside, small_number_words(curve.count))

    def _survival_table(self, caption: str, curve: Curve, days: Iterable[tuple[int, int]], unit: str) -> Table:
        rows = []
        for at, day in days:
            steps = [step for step in curve.steps if step.day <= day]
            if day > curve.last_day:
                break
            low, high = (steps[-1].low, steps[-1].high) if steps else (1.0, 1.0)
            rows.append(
                [
                    Cell(f"{unit} {at}"),
                    Cell(f"{round(100 * curve.share(day))} %"),
                    # Before the first event there is no spread to speak of.
                    Cell(f"{round(100 * low)}–{round(100 * high)} %" if low < 1 else "–"),
                    Cell(f"{curve.at_risk(day):,}"),
                ]
            )
        return Table(caption, [unit, caption, "95 % CI", "At risk"], rows)


def still_treated(curve: Curve, month: int, day: int) -> Said:
    """The share at so many months, with its interval and who is at risk."""
    step = [step for step in curve.steps if step.day <= day]
    low, high = (step[-1].low, step[-1].high) if step else (1.0, 1.0)
    # Before the first loss there is no spread to speak of, which is not to say that there is none.
    spread = interval_words(Interval(low, high), scale=100, unit=" %") if low < 1 else "nobody lost until then"
    return Said(
        f"Still treated at {month} months",
        f"{round(100 * curve.share(day))} %",
        [Cell(spread), Cell(f"{curve.at_risk(day):,} at risk")],
        small_number_words(curve.at_risk(day)),
    )

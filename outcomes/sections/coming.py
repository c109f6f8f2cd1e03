"""Whether they came: on-time re-treatment and lapses."""

from __future__ import annotations

from statistics import median

from outcomes.charts import figures as pictures
from outcomes.review import Share, in_all
from outcomes.rules import Timing, small_number_words
from outcomes.rules.rates import VERY_FEW
from outcomes.sections.parts import Cell, Makes, Said, Section, Table, count_cell, interval_words
from outcomes.statistics.runs import FEWEST, SHIFT


class ComingSections(Makes):
    def on_time(self) -> Section:
        months = self.figures.months
        every = in_all(months)
        small = small_number_words(every.all)
        section = Section(
            "on-time",
            "On-time re-treatment",
            f"of sessions {self.period} that closed a window",
            [
                "On time is from the first day a repeat was allowed to the day the window closed, both included, by the"
                " dates that stood in the window.",
                "It counts those who came: who has not come back is in Recalls, overdue and lapsed, and under Lapses"
                " below.",
                f"A shift is {SHIFT} or more months in a row on one side of the median, months on it passed over; with"
                f" fewer than {FEWEST} months none is looked for (Perla, Provost and Murray 2011), nor where most hold"
                f" fewer than {VERY_FEW} re-treatments.",
            ],
            said=[
                self._share("On time", every.share, small, "on-time", "re-treated", "re-treatments"),
                Said("Late", f"{every.of(Timing.LATE):,}", [count_cell(every.of(Timing.LATE), self.links.to("late"),
                                                                       " after the window closed")]),
                Said("Early", f"{every.of(Timing.EARLY):,}", [count_cell(every.of(Timing.EARLY), self.links.to("early"),
                                                                         " before a repeat was allowed")]),
            ],
        )  # fmt: skip
        if not months:
            section.empty = "No session closed a window. A course’s second session closes the one its first opened."
            section.said = []
            return section
        section.plots = [
            pictures.run_plot(
                "on-time", "Re-treated on time by month", months, lambda month: self.links.to("re-treated", month)
            )
        ]
        shifts = pictures.run_of(months)
        if not shifts.enough:
            section.notes.append(
                f"{len(months)} months, half of them with {median(month.all for month in months):g} re-treatments or"
                " fewer: too few to look for a shift."
            )
        for run in shifts.shifts:
            first, last = months[run.places[0]].month, months[run.places[-1]].month
            section.notes.append(
                f"Shift: {len(run.places)} months {'above' if run.above else 'below'} the median,"
                f" {first:%b %Y} to {last:%b %Y}."
            )
        rows = [
            [
                Cell(f"{month.month:%b %Y}"),
                Cell(f"{month.share.percent} %"),
                Cell(interval_words(month.share.interval, scale=100, unit=" %").removeprefix("95 % CI ")),
                count_cell(month.of(Timing.ON_TIME), self.links.to("on-time", month.month)),
                count_cell(month.all, self.links.to("re-treated", month.month)),
                count_cell(month.of(Timing.LATE), self.links.to("late", month.month)),
                count_cell(month.of(Timing.EARLY), self.links.to("early", month.month)),
            ]
            for month in reversed(months)
        ]
        heads = ["Month", "On time", "95 % CI", "On time, count", "Of", "Late", "Early"]
        section.tables = [Table("Re-treatments by month, newest first", heads, rows)]
        return section

    def lapses(self) -> Section:
        found = self.figures.lapses
        lapsed, back, ended = (found.get(how, 0) for how in ("lapsed", "came back", "ended before"))
        share = Share(lapsed, lapsed + back)
        section = Section(
            "lapses",
            "Lapses",
            f"of windows whose lapse date lay {self.period}",
            [
                "A course lapses when its window’s lapse date passes without a session: six months after the window"
                " closes, unless the condition’s policy says otherwise. Who came back later still counts as lapsed.",
                "Left out and counted beside: courses that were closed before that day, or whose patient died or left.",
            ],
            said=[
                self._share("Lapsed", share, small_number_words(share.whole), "lapsed", "could-lapse", "windows",
                            [count_cell(ended, self.links.to("ended-before"), " ended before")]),
            ],
        )  # fmt: skip
        if not share.whole and not ended:
            section.empty, section.said = "No window’s lapse date lies in these days.", []
            return section
        section.tables = [
            Table(
                "Lapses",
                ["How they ended", "Windows"],
                [
                    [Cell("Lapsed"), count_cell(lapsed, self.links.to("lapsed"))],
                    [Cell("Came back before"), count_cell(back, self.links.to("came-back"))],
                    [Cell("Ended before"), count_cell(ended, self.links.to("ended-before"))],
                ],
            )
        ]
        return section

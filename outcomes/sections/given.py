"""What was given: doses, adverse events after it, and units."""

from __future__ import annotations

from outcomes.charts import figures as pictures
from outcomes.charts.plot import number
from outcomes.rules import small_number_words
from outcomes.sections.parts import Cell, Makes, Said, Section, Table, count_cell, interval_words
from outcomes.statistics.intervals import poisson_rate
from treatments.models import AdverseEvent
from treatments.rules.toxin_spread import TERMS

NOTED = "Told at a follow-up, no term"


class GivenSections(Makes):
    def doses(self) -> Section:
        section = Section(
            "doses",
            "Doses",
            f"of sessions {self.period}, each product by itself",
            [
                "Units a session, to the chosen condition’s courses where one is chosen: the median of a month and the"
                " middle half of its sessions. Touch-ups are left out and counted beside.",
                "Units of one product are not those of another: nothing is added up or converted between products, and"
                " each picture has its own scale, from zero.",
            ],
        )
        for product, found in sorted(self.figures.doses.items(), key=lambda row: self.name("product", row[0])):
            brand, here = self.name("product", product), {"product": product}
            total = sum(month.count for month in found.months)
            section.said.append(
                Said(
                    f"{brand}, sessions",
                    f"{total:,}",
                    [
                        count_cell(total, self.links.to("doses", **here), " sessions"),
                        count_cell(found.touch_ups, self.links.to("touch-ups", **here), " touch-ups left out"),
                    ],
                    small_number_words(total),
                )
            )
            if not found.months:
                continue
            plot = pictures.dose_plot(f"doses-{product}", f"{brand}: units a session", found.months, product=brand)
            section.plots.append(plot)
            rows = [
                [
                    Cell(f"{month.month:%b %Y}"),
                    Cell(number(round(month.median, 1))),
                    Cell(f"{number(round(month.low, 1))}–{number(round(month.high, 1))}"),
                    count_cell(month.count, self.links.to("doses", month.month, **here)),
                ]
                for month in reversed(found.months)
            ]
            section.tables.append(Table(plot.title, ["Month", "Median, U", "Middle half, U", "Sessions"], rows))
        if not section.said:
            section.empty = "No session was given."
        return section

    def events(self) -> Section:
        found = self.figures.events
        terms = dict(AdverseEvent.Term.choices) | {"noted": NOTED}
        asked = [
            count_cell(found.sessions, self.links.to("sessions"), " sessions"),
            count_cell(found.not_asked, self.links.to("not-asked"), " nobody asked about afterwards"),
        ]
        every = poisson_rate(found.counts.get("all", 0), found.sessions)
        section = Section(
            "events",
            "Adverse events",
            f"after sessions {self.period}, per 1,000 sessions",
            [
                "Every event recorded after a session, whether or not the treatment caused it, unless entered in error;"
                " also what a follow-up noted as one without a term. A session may have several. Serious is by what it"
                " led to (ICH E2A), severe by how strong it was.",
                "The denominator is all signed sessions, touch-ups among them. Nobody asked: no follow-up of the"
                " session is done, so nothing being recorded says little.",
                "Intervals are the exact 95 % limits of a Poisson count (Garwood 1936).",
            ],
            said=[
                Said(
                    "All events",
                    "–" if every.value is None else f"{number(round(every.value, 1))} per 1,000",
                    [
                        Cell(interval_words(every.interval, digits=1)),
                        count_cell(every.events, self.links.to("events"), " events"),
                        *asked,
                    ],
                    small_number_words(found.sessions),
                )
            ],
        )
        if not found.sessions:
            section.empty, section.said = "No session was given.", []
            return section
        parts = ["serious", "severe", *(term for term in [*TERMS, "noted"] if found.counts.get(term))]
        words = {"serious": "Serious", "severe": "Severe"} | terms
        rates = [("All", every, self.links.to("events"))] + [
            (
                str(words[part]),
                poisson_rate(found.counts.get(part, 0), found.sessions),
                self.links.to("events", part=part),
            )
            for part in parts
        ]
        section.plots = [pictures.rate_plot("events", "Adverse events per 1,000 sessions", rates)]
        section.tables = [
            Table(
                "Adverse events",
                ["Event", "Per 1,000", "95 % CI", "Events", "Sessions"],
                [
                    [
                        Cell(name),
                        Cell(number(round(rate.value or 0, 1))),
                        Cell(interval_words(rate.interval, digits=1).removeprefix("95 % CI ")),
                        count_cell(rate.events, href),
                        Cell(f"{rate.of:,}"),
                    ]
                    for name, rate, href in rates
                ],
            )
        ]
        return section

    def units(self) -> Section:
        section = Section(
            "units",
            "Units given and discarded",
            f"of sessions {self.period}, each product by itself",
            [
                "What each vial of a session says: units given and units discarded, together the vial. A vial serves a"
                " whole session: with a condition chosen, sessions that treat it count with all their vials.",
                "Units of different products are never added up; the bars show shares of each product’s own units.",
            ],
        )
        rows, bars = [], []
        for product, units in sorted(self.figures.units.items(), key=lambda row: self.name("product", row[0])):
            brand, here = self.name("product", product), {"product": product}
            waste = f"{round(100 * units.discarded / units.opened)} %" if units.opened else "–"
            rows.append(
                [
                    Cell(brand),
                    Cell(number(float(units.given))),
                    Cell(number(float(units.discarded))),
                    Cell(waste),
                    Cell(f"{units.vials:,}"),
                    count_cell(units.sessions, self.links.to("vials", **here)),
                    count_cell(units.without, self.links.to("no-vial", **here)),
                ]
            )
            section.said.append(
                Said(
                    f"{brand} discarded",
                    waste,
                    [
                        Cell(f"{number(float(units.discarded))} of {number(float(units.opened))} U"),
                        count_cell(units.sessions, self.links.to("vials", **here), " sessions"),
                        count_cell(units.without, self.links.to("no-vial", **here), " without a vial"),
                    ],
                    small_number_words(units.sessions),
                )
            )
            if units.opened:
                bars.append((brand, float(units.given), float(units.discarded)))
        if not rows:
            section.empty = "No session was given."
            return section
        heads = ["Product", "Units given", "Units discarded", "Discarded", "Vials", "Sessions", "Without a vial"]
        section.tables = [Table("Units by product", heads, rows)]
        if bars:
            section.plots = [pictures.units_plot("units", "Units given and discarded", bars)]
        return section

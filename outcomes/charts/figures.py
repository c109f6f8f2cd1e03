"""The pictures of the outcomes page, each from plain figures; its numbers all stand in the table beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import ceil
from statistics import median

from dateutil.relativedelta import relativedelta

from outcomes.charts.plot import (
    BOTTOM,
    HEIGHT,
    LEFT,
    LETTER,
    RIGHT,
    ROW,
    Frame,
    Label,
    Line,
    Plot,
    legend,
    nice_ticks,
    number,
)
from outcomes.review.figures import Change, Doses
from outcomes.review.scope import Retreatments, Share
from outcomes.rules import Timing
from outcomes.rules.rates import VERY_FEW
from outcomes.statistics.funnel import NARROW, WIDE, Place, binomial_limits, place_of
from outcomes.statistics.intervals import Rate
from outcomes.statistics.runs import RunChart, run_chart
from outcomes.statistics.survival import Curve

FEWEST_OF_A_BAND = 5  # scores; Student's interval of fewer says nothing but that
MOST_SESSIONS = 12  # session numbers that a picture shows; the table has them all
MONTH = 30.4375  # days
PERCENT = (0, 25, 50, 75, 100)


def change_plot(name: str, title: str, changes: Sequence[Change], *, unit: str, better: str) -> Plot:
    """The mean change from baseline by session number: line, band, zero line, how many are behind each."""
    plot = Plot(name, title, height=HEIGHT + ROW)
    shown = [change for change in changes if change.number <= MOST_SESSIONS]
    measured = [(change.number, change.mean) for change in shown if change.mean]
    firm = [(at, mean) for at, mean in measured if mean.interval and mean.count >= FEWEST_OF_A_BAND]
    reach = [0.0, *(mean.value for _, mean in measured)]
    for _, mean in firm:
        if mean.interval:
            reach += [mean.interval.low, mean.interval.high]
    ticks = nice_ticks(min(reach), max(reach))
    last = max((change.number for change in shown), default=1)
    frame = Frame(plot, (0.5, last + 0.5), (ticks[0], ticks[-1]))
    frame.y_axis(ticks, f"mean change from baseline, {unit} ({better})")
    frame.x_axis([(at, str(at)) for at in range(1, last + 1)], "session number")
    frame.band([(at, mean.interval.low, mean.interval.high) for at, mean in firm if mean.interval], step=1)
    frame.line([(at, mean.value) for at, mean in measured])
    for at, mean in measured:
        frame.dot(
            at,
            mean.value,
            f"Session {at}: {number(round(mean.value, 1))}, n {mean.count}",
            shape="ring" if mean.count < VERY_FEW else "circle",
        )
    frame.row(1, "assessed", [(change.number, str(change.cycles.assessed)) for change in shown])
    frame.row(2, "missing", [(change.number, str(change.cycles.unassessed)) for change in shown])
    legend(plot, [("circle", "mean"), ("ring", f"of fewer than {VERY_FEW}"), ("band", "95 % CI")])
    plot.description = (
        "; ".join(f"session {at}: {number(round(mean.value, 1))} of {mean.count}" for at, mean in measured) or "none"
    )
    return plot


def survival_plot(
    name: str, title: str, curve: Curve, *, y_title: str, x_title: str, unit_days: float, every: int
) -> Plot:
    """The share to whom it has not happened by day, with its band, who was last seen when, and how many are at risk."""
    plot = Plot(name, title)
    last = max(curve.last_day / unit_days, 1)
    # As far apart as they have to be, in steps that people count in: two weeks, half a year.
    ticks = list(range(0, int(last) + 1, every * ceil(last / (8 * every))))
    frame = Frame(plot, (0, last), (0, 100))
    frame.y_axis(PERCENT, y_title, unit=" %")
    frame.x_axis([(tick, str(tick)) for tick in ticks], x_title)
    line, band = [(0.0, 100.0)], [(0.0, 100.0, 100.0)]
    for step in curve.steps:
        at = step.day / unit_days
        line += [(at, line[-1][1]), (at, step.share * 100)]
        band += [(at, *band[-1][1:]), (at, step.low * 100, step.high * 100)]
    frame.band(band)
    frame.line(line)
    for step in curve.steps:
        if step.censored:
            x, y = frame.x(step.day / unit_days), frame.y(step.share * 100)
            plot.lines.append(Line(f"M{x} {y - 4}v8", "censored"))
    if curve.median is not None:
        x, y = frame.x(curve.median / unit_days), frame.y(50)
        plot.lines.append(Line(f"M{LEFT} {y}H{x}V{frame.bottom}", "median"))
        label = f"median {curve.median} days"
        near_end = x + 6 + len(label) * LETTER > RIGHT
        plot.labels.append(Label(x - 6 if near_end else x + 6, frame.bottom - 7, label, "end" if near_end else "start"))
    frame.row(1, "at risk", [(tick, str(curve.at_risk(round(tick * unit_days)))) for tick in ticks])
    drawn = [("line", "share"), ("band", "95 % CI"), ("censored", "last seen")]
    legend(plot, drawn if curve.median is None else [*drawn, ("median", "median")])
    found = "not reached" if curve.median is None else f"{curve.median} days"
    plot.description = f"{curve.count} followed, {curve.events} with the event; median {found}."
    return plot


def run_of(months: Sequence[Retreatments]) -> RunChart:
    """The run of the months' shares; where most months hold fewer than ten, no shift is looked for."""
    chart = run_chart([100 * month.share.part / month.share.whole for month in months])
    if months and median(month.all for month in months) < VERY_FEW:
        return RunChart(chart.median, (), enough=False)
    return chart


def run_plot(name: str, title: str, months: Sequence[Retreatments], link: Callable[[date], str]) -> Plot:
    """The share on time by month, its median, and runs that are a shift."""
    plot = Plot(name, title)
    values = [100 * month.share.part / month.share.whole for month in months]
    chart = run_of(months)
    first, last = _span([month.month for month in months if month.month])
    frame = Frame(plot, (-0.6, _months(first, last) + 0.6), (0, 100))
    frame.y_axis(PERCENT, "re-treated on time", unit=" %")
    frame.x_axis(_month_ticks(first, last), "month")
    shifted = {place for run in chart.shifts for place in run.places}
    places = [float(_months(first, month.month)) for month in months if month.month]
    frame.line(list(zip(places, values, strict=True)))
    if chart.median is not None:
        frame.level(chart.median, "median")
    for place, (at, value, month) in enumerate(zip(places, values, months, strict=True)):
        words = f"{month.month:%B %Y}: {month.of(Timing.ON_TIME)} of {month.all} on time"
        shape = "square" if place in shifted else "ring" if month.all < VERY_FEW else "circle"
        frame.dot(at, value, words, shape=shape, href=link(month.month) if month.month else "")
    frame.row(1, "of", [(at, str(month.all)) for at, month in zip(places, months, strict=True)])
    # Not beside its line: points stand there.
    middle = "median" if chart.median is None else f"median {number(round(chart.median))} %"
    legend(plot, [("circle", "month"), ("ring", f"of fewer than {VERY_FEW}"), ("square", "shift"), ("median", middle)])
    shift = f"shifts: {len(chart.shifts)}" if chart.enough else "too few to look for a shift"
    plot.description = f"{len(months)} months; median {round(chart.median or 0)} %; {shift}."
    return plot


def dose_plot(name: str, title: str, months: Sequence[Doses], *, product: str) -> Plot:
    """The median dose of one product by month, with the middle half of doses; from zero, in that product's units."""
    plot = Plot(name, title)
    first, last = _span([month.month for month in months])
    ticks = nice_ticks(0, max(month.high for month in months))
    frame = Frame(plot, (-0.6, _months(first, last) + 0.6), (0, ticks[-1]))
    frame.y_axis(ticks, f"{product} units a session")
    frame.x_axis(_month_ticks(first, last), "month")
    places = [float(_months(first, month.month)) for month in months]
    frame.band([(at, month.low, month.high) for at, month in zip(places, months, strict=True)], step=1)
    frame.line([(at, month.median) for at, month in zip(places, months, strict=True)])
    for at, month in zip(places, months, strict=True):
        frame.dot(
            at,
            month.median,
            f"{month.month:%B %Y}: median {number(month.median)} U of {month.count} sessions",
            shape="ring" if month.count < VERY_FEW else "circle",
        )
    frame.row(1, "sessions", [(at, str(month.count)) for at, month in zip(places, months, strict=True)])
    legend(plot, [("circle", "median"), ("ring", f"of fewer than {VERY_FEW}"), ("band", "middle half of doses")])
    plot.description = f"Median units by month: {number(months[0].median)} first, {number(months[-1].median)} last."
    return plot


def rate_plot(name: str, title: str, rates: Sequence[tuple[str, Rate, str]]) -> Plot:
    """Rates with their exact intervals, a row each."""
    plot = Plot(name, title, height=64 + 24 * len(rates) + 44)
    known = [(words, rate, href) for words, rate, href in rates if rate.interval and rate.value is not None]
    ticks = nice_ticks(0, max((rate.interval.high for _, rate, _ in known if rate.interval), default=1), most=6)
    bottom = 50 + 24 * len(rates)
    frame = Frame(plot, (0, ticks[-1]), (0, 1), left=190, top=40, bottom=bottom)
    for tick in ticks:
        plot.lines.append(Line(f"M{frame.x(tick)} 40V{bottom}", "zero" if tick == 0 else "grid"))
    frame.x_axis([(tick, number(tick)) for tick in ticks], "per 1,000 sessions")
    for place, (words, rate, href) in enumerate(known):
        y = 54 + 24 * place
        plot.labels.append(Label(182, y + 4, words, "end"))
        if rate.interval and rate.value is not None:
            low, high = frame.x(rate.interval.low), frame.x(rate.interval.high)
            plot.lines.append(Line(f"M{low} {y}H{high}M{low} {y - 4}v8M{high} {y - 4}v8", "interval"))
            frame.dot(rate.value, 0, f"{words}: {rate.events} of {rate.of} sessions", href=href)
            dot = plot.dots.pop()
            plot.dots.append(type(dot)(dot.x, y, dot.words, dot.shape, dot.href))
    legend(plot, [("circle", "rate"), ("interval", "95 % CI, exact")])
    plot.description = "; ".join(f"{words}: {number(round(rate.value or 0, 1))}" for words, rate, _ in known)
    return plot


def funnel_plot(name: str, title: str, shares: Mapping[str, Share], links: Mapping[str, str], *, y_title: str) -> Plot:
    """Providers by how many they have and their share, between the limits that chance alone explains."""
    plot = Plot(name, title)
    part, whole = sum(share.part for share in shares.values()), sum(share.whole for share in shares.values())
    centre = part / whole if whole else 0.0
    ticks = nice_ticks(0, max((share.whole for share in shares.values()), default=1), most=6)
    frame = Frame(plot, (0, ticks[-1]), (0, 100))
    frame.y_axis(PERCENT, y_title, unit=" %")
    frame.x_axis([(tick, number(tick)) for tick in ticks], "how many were counted")
    most = int(ticks[-1])
    counts = sorted({*range(1, min(most, 30) + 1), *(1 + most * place // 60 for place in range(60)), most} - {0})
    for level, kind in ((WIDE, "wide"), (NARROW, "narrow")):
        limits = [(at, binomial_limits(at, share=centre, level=level)) for at in counts if at <= most]
        frame.line([(at, limit.low * 100) for at, limit in limits], kind)
        frame.line([(at, limit.high * 100) for at, limit in limits], kind)
    frame.level(centre * 100, "median")
    names: list[str] = []
    for provider, share in sorted(shares.items(), key=lambda item: item[1].whole):
        if not share.whole:
            continue
        place = place_of(share.part, share.whole, share=centre, fewest=VERY_FEW)
        shape = {Place.TOO_FEW: "ring", Place.WITHIN: "circle"}.get(place, "square")
        frame.dot(
            share.whole, 100 * share.part / share.whole, f"{provider}: {share.part} of {share.whole}, {place}",
            shape=shape, href=links.get(provider, ""),
        )  # fmt: skip
        names.append(provider)
    _name_dots(plot, names)
    legend(
        plot, [("median", "all"), ("narrow", "95 %"), ("wide", "99.8 %"), ("square", "outside"), ("ring", "too few")]
    )
    plot.labels.append(
        Label(
            4,
            BOTTOM + 52,
            f"{len(shares)} providers, {number(whole)} counted, all together {round(centre * 100)} %",
            "start",
        )
    )
    plot.description = f"{len(shares)} providers around {round(centre * 100)} %."
    return plot


def units_plot(name: str, title: str, rows: Sequence[tuple[str, float, float]]) -> Plot:
    """Of each product's opened units the part that was given and the part discarded; products are never added up."""
    plot = Plot(name, title, height=64 + 30 * len(rows) + 44)
    bottom = 50 + 30 * len(rows)
    frame = Frame(plot, (0, 100), (0, 1), left=120, right=410, top=40, bottom=bottom)
    for tick in PERCENT:
        plot.lines.append(Line(f"M{frame.x(tick)} 40V{bottom}", "zero" if tick == 0 else "grid"))
    frame.x_axis([(tick, f"{tick} %") for tick in PERCENT], "of the units of opened vials")
    for place, (product, given, discarded) in enumerate(rows):
        y = 48 + 30 * place
        share = 100 * given / ((given + discarded) or 1)
        plot.labels.append(Label(112, y + 14, product, "end"))
        plot.lines.append(Line(f"M{frame.x(0)} {y}H{frame.x(share)}v20H{frame.x(0)}z", "given"))
        plot.lines.append(Line(f"M{frame.x(share)} {y}H{frame.x(100)}v20H{frame.x(share)}z", "discarded"))
        words = f"{round(100 - share)} % discarded"
        plot.labels.append(Label(frame.right + 8, y + 14, words, "start"))
    legend(plot, [("given", "given"), ("discarded", "discarded")])
    plot.description = "; ".join(
        f"{product}: {number(given)} given, {number(discarded)} discarded" for product, given, discarded in rows
    )
    return plot


def _name_dots(plot: Plot, names: Sequence[str]) -> None:
    """A name below each dot, led to it by a line and as far down as no other name or dot is in its way.

    Where there is no room the name is left to the dot's own words and the table.
    """
    taken = [(dot.x - 6, dot.x + 6, dot.y) for dot in plot.dots]
    for dot, name in zip(list(plot.dots), names, strict=True):
        half = len(name) * LETTER / 2 + 4
        x = min(max(dot.x, LEFT + half), RIGHT - half)
        for y in range(round(dot.y) + 22, BOTTOM - 4, 14):
            if all(right < x - half or left > x + half or abs(y - 4 - at) > 11 for left, right, at in taken):
                taken.append((x - half, x + half, y - 4))
                plot.lines.append(Line(f"M{dot.x} {round(dot.y + 5, 1)}V{y - 10}", "lead"))
                # Nothing crosses a name out; the stroke of its halo is not drawn in a PDF.
                across = round(2 * half - 6, 1)
                plot.lines.append(Line(f"M{round(x - half + 3, 1)} {y - 10}h{across}v13h-{across}z", "ground"))
                plot.labels.append(Label(round(x, 1), y, name, "middle halo"))
                break


def _span(months: Sequence[date]) -> tuple[date, date]:
    return min(months), max(months)


def _months(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month


def _month_ticks(first: date, last: date) -> list[tuple[float, str]]:
    """First days of months as far apart as their words need."""
    count = _months(first, last) + 1
    step = next((step for step in (1, 2, 3, 6, 12, 24) if count / step <= 7), 60)
    found, day = [], first
    while day <= last:
        found.append((float(_months(first, day)), f"{day:%b %Y}"))
        day += relativedelta(months=step)
    return found

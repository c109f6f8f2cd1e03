"""What the calendar shows of a site's day or week: columns of cards, and what each card has to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Prefetch, Q, Sum
from django.http import QueryDict
from django.urls import reverse

from accounts.models import Site, User
from scheduling.forms import providers_of
from scheduling.models import Appointment
from scheduling.rules.day_grid import ROW, Axis, HourMark, Place, axis_of, minutes_since, shown_hours
from scheduling.rules.times import span_moments, span_words
from scheduling.rules.visits import LIKELY_NEXT, NEXT_STATUSES
from scheduling.site_hours import SiteHours, hours_at
from treatments.authorizations import authorized
from treatments.models import InjectionSession, TreatmentCourse

Status = Appointment.Status
VIEWS = ("day", "week", "arrivals")
SATURDAY = 5


@dataclass(frozen=True)
class Shown:
    """What somebody looks at: a view, a day, and whose columns (none named: the usual). It lives in the URL."""

    view: str
    day: date
    providers: tuple[int, ...] = ()

    @property
    def days(self) -> list[date]:
        if self.view != "week":
            return [self.day]
        monday = self.day - timedelta(days=self.day.weekday())
        return [monday + timedelta(days=count) for count in range(7)]

    @property
    def query(self) -> str:
        query: dict[str, Any] = {"day": self.day.isoformat()}
        if self.view != "day":
            query["view"] = self.view
        if self.providers:
            query["provider"] = self.providers
        return urlencode(query, doseq=True)

    @property
    def url(self) -> str:
        return f"{reverse('scheduling:day-list')}?{self.query}"

    def ahead(self, steps: int) -> Shown:
        return replace(self, day=self.day + timedelta(days=steps * (7 if self.view == "week" else 1)))


def shown_providers(params: QueryDict) -> tuple[int, ...]:
    """The ids of the providers that the URL names, each once."""
    numbers = [int(text) for text in params.getlist("provider") if text.isdecimal() and len(text) < 19]
    return tuple(dict.fromkeys(numbers))


def known_providers(params: QueryDict, *, site: Site) -> tuple[tuple[int, ...], bool]:
    """Those of the URL's providers whom the site has, and whether it names others too."""
    asked = shown_providers(params)
    if not params.getlist("provider"):
        return (), False
    here = set(providers_of([site]).filter(pk__in=asked).values_list("pk", flat=True))
    known = tuple(pk for pk in asked if pk in here)
    return known, len(known) < len(set(params.getlist("provider")))


@dataclass
class Column:
    """One provider's day: where the cards stand, and what is shaded behind them."""

    day: date
    provider: User
    axis: Axis
    cards: list[Any] = field(default_factory=list)
    open: list[Place] = field(default_factory=list)
    away: list[Place] = field(default_factory=list)
    hours_words: str = ""
    away_words: str = ""
    closed: str = ""
    now: Place | None = None
    own_marks: bool = False
    book_url: str = ""


def visits_between(site: Site, days: Sequence[date]) -> Any:
    """The visits of the site that start on these days, which follow each other, whatever became of them."""
    zone = site.zone()
    return Appointment.objects.filter(
        site=site,
        starts_at__gte=datetime.combine(days[0], time.min, tzinfo=zone),
        starts_at__lt=datetime.combine(days[-1] + timedelta(days=1), time.min, tzinfo=zone),
    )


def tag_of(site: Site, shown: Shown, *, now: datetime) -> str:
    """A short text that changes when anything shown changes: a visit, its session, who is late, the line of now."""
    waiting = Q(status__in=[Status.BOOKED, Status.CONFIRMED])
    signed = Q(session__status=InjectionSession.Status.SIGNED)
    found = visits_between(site, shown.days).aggregate(
        count=Count("pk"),
        newest=Max("pk"),
        versions=Sum("version"),
        late=Count("pk", filter=waiting & Q(starts_at__lte=now - timedelta(minutes=1))),
        signed=Count("pk", filter=signed),
        with_session=Count("session"),
    )
    local = site.localtime(now)
    row = local.replace(minute=local.minute - local.minute % 5).strftime("%d%H%M") if shown.view != "arrivals" else ""
    return "-".join(str(value or 0) for value in (*found.values(), row))


def visits_of(site: Site, shown: Shown, *, now: datetime, providers: Iterable[int] = ()) -> list[Any]:
    """The visits to show in the order of time, each with what its card says; three queries."""
    visits = visits_between(site, shown.days).select_related(
        "patient", "provider", "room", "site", "session", "follow_up", "moved_to__site", "moved_to__provider"
    )
    if providers:
        visits = visits.filter(provider__in=providers)
    courses = TreatmentCourse.objects.select_related("condition").order_by("pk")
    rows = list(visits.prefetch_related(Prefetch("courses", queryset=courses)).order_by("starts_at", "pk"))
    describe(rows, today=site.today(now=now), now=now)
    return rows


def describe(rows: list[Any], *, today: date, now: datetime) -> None:
    """Give each visit what its card says, in one query for all authorisations."""
    planned = {
        course.pk: course
        for row in rows
        if row.kind == Appointment.Kind.SESSION and row.is_active and row.on >= today
        for course in row.courses.all()
    }
    permits = authorized(planned.values(), on=today)
    for row in rows:
        current = row.shown_status
        row.planned_courses = list(row.courses.all())
        row.next_press = _next_press(row, today)
        row.unauthorized = [
            course.condition.short_name
            for course in row.planned_courses
            if course.pk in planned
            and row.kind == Appointment.Kind.SESSION
            and row.is_active
            and row.on >= today
            and current != Status.DONE
            and (permit := permits[course.pk]) is not None
            and row.on in permit.uncovered
        ]
        session = row.session
        row.is_unsigned = (
            current == Status.DONE and session is not None and session.status == InjectionSession.Status.DRAFT
        )
        row.since = row.status_since if current == row.status else None
        row.since_minutes = minutes_since(row.since, now=now) if row.since else None
        row.late_minutes = (
            minutes_since(row.starts_at, now=now)
            if current in (Status.BOOKED, Status.CONFIRMED) and row.on == today
            else 0
        )
        row.is_movable = row.status in (Status.BOOKED, Status.CONFIRMED) and current == row.status


def _next_press(row: Appointment, today: date) -> dict[str, str] | None:
    current = row.shown_status
    likely = LIKELY_NEXT.get(current) if row.on <= today else "confirmed" if current == "booked" else None
    if likely and current == row.status and likely in NEXT_STATUSES[current]:
        return {"key": likely, "words": Status(likely).label}
    return None


@dataclass
class Grid:
    columns: list[Column]
    marks: Sequence[HourMark]
    rows: int
    offered: list[User]
    chosen: tuple[int, ...]
    visits: list[Any]


def grid_of(site: Site, shown: Shown, *, reader: User, now: datetime) -> Grid:
    """The columns of the day or the week; five queries besides those for the visits' cards."""
    offered: list[User] = list(providers_of([site]).order_by("name", "pk"))
    chosen = tuple(pk for pk in shown.providers if pk in {provider.pk for provider in offered})
    if shown.view == "week" and not chosen:
        mine = [provider.pk for provider in offered if provider.pk == reader.pk]
        chosen = tuple(mine or [provider.pk for provider in offered[:1]])
    visits = visits_of(site, shown, now=now, providers=chosen)
    people = {provider.pk: provider for provider in offered if not chosen or provider.pk in chosen}
    # Whoever has a visit has a column, also when they no longer work here.
    people |= {row.provider_id: row.provider for row in visits if row.provider_id not in people}
    hours = hours_at(site=site, providers=people.values(), first=shown.days[0], last=shown.days[-1])
    wanted = [
        (day, provider)
        for day in shown.days
        for provider in sorted(people.values(), key=lambda one: (one.name, one.pk))
        if _is_shown(day, provider, shown, hours, visits, named=bool(chosen))
    ]
    zone = site.zone()
    worked = [span_moments(day, *span, zone=zone) for day, provider in wanted for span in hours.worked(provider, day)]
    opens, closes = shown_hours(
        [*worked, *((row.starts_at, row.ends_at) for row in visits if row.is_active)], zone=zone
    )
    axes = {day: axis_of(day, opens=opens, closes=closes, zone=zone) for day in shown.days}
    columns = [_column(site, day, provider, axes[day], hours, visits, now=now) for day, provider in wanted]
    marks = columns[0].axis.marks if columns else ()
    for column in columns:
        # A day on which the clocks change in the hours shown has its own; the others share those at the left.
        column.own_marks = column.axis.marks != marks
    return Grid(
        columns=columns,
        marks=marks,
        rows=max((column.axis.rows for column in columns), default=0),
        offered=offered,
        chosen=chosen,
        visits=visits,
    )


def _is_shown(day: date, provider: User, shown: Shown, hours: SiteHours, visits: list[Any], *, named: bool) -> bool:
    if hours.is_there(provider, day):
        return True
    if any(row.provider_id == provider.pk and row.on == day and row.is_active for row in visits):
        return True
    # A provider asked for by name has a column although they are not there; a weekend only when something is on it.
    return named and (shown.view != "week" or day.weekday() < SATURDAY)


def _column(
    site: Site, day: date, provider: User, axis: Axis, hours: SiteHours, visits: list[Any], *, now: datetime
) -> Column:
    zone = site.zone()

    def places(spans: Iterable[tuple[time, time]]) -> list[Place]:
        found = (axis.place(*span_moments(day, *span, zone=zone)) for span in spans)
        return [place for place in found if place is not None]

    worked, away = hours.worked(provider, day), hours.away(provider, day)
    column = Column(day=day, provider=provider, axis=axis, open=places(worked), away=places(away))
    column.closed = hours.holidays.get(day, "")
    column.hours_words = ", ".join(_span(span) for span in worked)
    column.away_words = ", ".join("all day" if span == (time.min, time.max) else _span(span) for span in away)
    if site.today(now=now) == day and axis.row_at(now) is not None:
        column.now = axis.place(now, now + ROW)
    for row in visits:
        if row.is_active and row.provider_id == provider.pk and row.on == day:
            row.place = axis.place(row.starts_at, row.ends_at)
            if row.place is not None:
                column.cards.append(row)
    column.book_url = "{}?{}".format(
        reverse("scheduling:appointment-create"),
        urlencode({"site": site.pk, "provider": provider.pk, "looking_from": day.isoformat()}),
    )
    return column


def _span(span: tuple[time, time]) -> str:
    begin, end = (datetime.combine(date.min, at) for at in span)
    return f"{begin:%H:%M}-24:00" if span[1] == time.max else span_words(begin, end)

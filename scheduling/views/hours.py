from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Site, User
from scheduling.actions import hours as actions
from scheduling.forms import ExceptionForm, HolidayForm, LengthsForm, RoomForm, WeekForm, providers_of
from scheduling.free_times import hours_of
from scheduling.lengths import lengths_of
from scheduling.models import Holiday, HoursException, Room
from scheduling.outside import month_days, outside_now
from scheduling.rules.times import clock

MONTHS_AROUND = 36  # that may be asked for, before and after this one


@require_http_methods(["GET"])
@permission_required("scheduling.view_appointments", raise_exception=True)
def hours_month(request: HttpRequest) -> HttpResponse:
    """A month of the current site: who is there on which day."""
    site = _here(request)
    today = site.today()
    month = _month(request.GET.get("month", ""), today)
    weeks = month_days(month)
    providers = list(providers_of([site]).order_by("name"))
    hours = hours_of([row.pk for row in providers], site=site, first=weeks[0][0], last=weeks[-1][-1])
    holidays = dict(Holiday.objects.filter(site=site, on__range=(weeks[0][0], weeks[-1][-1])).values_list("on", "name"))
    picture = [
        [
            {
                "day": day,
                "is_other": day.month != month.month,
                "holiday": holidays.get(day),
                "there": [
                    {"provider": provider, "words": spans}
                    for provider in providers
                    if (spans := _span_words(hours[provider.pk].on(day)))
                ],
                "away": [
                    provider
                    for provider in providers
                    if any(row.is_away and row.first <= day <= row.last for row in hours[provider.pk].exceptions)
                ],
            }
            for day in week
        ]
        for week in weeks
    ]
    return render(
        request,
        "scheduling/hours_month.html",
        {
            "site": site,
            "month": month,
            "today": today,
            "weeks": picture,
            "providers": providers,
            "no_hours": [row for row in providers if not hours[row.pk].week and not hours[row.pk].exceptions],
            "previous": (month - timedelta(days=1)).replace(day=1),
            "next": (month + timedelta(days=32)).replace(day=1),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def hours_week(request: HttpRequest, user_id: int) -> HttpResponse:
    """A provider's week at one of their sites, what is an exception to it, and what is booked outside of it."""
    provider = _provider(request, user_id)
    site = _site_of(request, provider)
    current = actions.week_of(provider=provider, site=site)
    form = WeekForm(request.POST or None, week=current, seen=actions.week_mark(current))
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_week(
                provider=provider,
                site=site,
                week=form.cleaned_data["week"],
                seen=form.cleaned_data["seen"],
                by=request.user,  # type: ignore[arg-type]
            )
        except ValidationError as error:
            form.add_error(None, error)
            if any(problem.code == "stale" for problem in error.error_list):
                fresh = request.POST.copy()
                fresh["seen"] = actions.week_mark(actions.week_of(provider=provider, site=site))
                form.data = fresh
        else:
            messages.success(request, f"The hours of {provider} at {site} are saved.")
            return redirect(f"{request.path}?site={site.pk}")
    return _week_page(request, provider, site, form, ExceptionForm(today=site.today()))


def _week_page(
    request: HttpRequest, provider: User, site: Site, form: WeekForm, exception_form: ExceptionForm
) -> HttpResponse:
    now = timezone.now()
    today = site.today(now=now)
    exceptions = _exceptions(request).filter(provider=provider, ends_on__gte=today - timedelta(days=30))
    return render(
        request,
        "scheduling/hours_week.html",
        {
            "provider": provider,
            "site": site,
            "sites": _sites_of(request, provider),
            "form": form,
            "exception_form": exception_form,
            "exceptions": exceptions.order_by("starts_on", "starts_at"),
            "outside": outside_now(site=site, provider=provider, now=now),
            "today": today,
        },
        status=422 if form.is_bound or exception_form.is_bound else 200,
    )


@require_http_methods(["POST"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def exception_add(request: HttpRequest, user_id: int) -> HttpResponse:
    provider = _provider(request, user_id)
    site = _site_of(request, provider)
    form = ExceptionForm(request.POST, today=site.today())
    if form.is_valid():
        values = dict(form.cleaned_data)
        everywhere = values.pop("everywhere") and values["is_away"]
        try:
            actions.add_exception(provider=provider, site=None if everywhere else site, by=request.user, **values)  # type: ignore[arg-type]
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, f"{provider}: {'away' if values['is_away'] else 'extra hours'} added.")
            return _back_to_week(provider, site)
    current = actions.week_of(provider=provider, site=site)
    return _week_page(request, provider, site, WeekForm(week=current, seen=actions.week_mark(current)), form)


@require_http_methods(["POST"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def exception_remove(request: HttpRequest, exception_id: int) -> HttpResponse:
    exception = get_object_or_404(_exceptions(request).select_related("provider"), pk=exception_id)
    site = _site_of(request, exception.provider)
    actions.remove_exception(exception=exception, by=request.user)  # type: ignore[arg-type]
    messages.success(request, f"{exception.provider}: the usual week holds again on these days.")
    return _back_to_week(exception.provider, site)


def _exceptions(request: HttpRequest) -> Any:
    """Those of the person's own sites, and those of their sites' providers that hold everywhere.

    A provider may work at others' sites too: what is set there is not theirs to see or remove.
    """
    sites = request.sites  # type: ignore[attr-defined]
    mine = Q(site__in=sites) | Q(site=None, provider__in=providers_of(sites).values("pk"))
    return HoursException.objects.filter(mine).select_related("site")


def _back_to_week(provider: User, site: Site) -> HttpResponse:
    response = redirect("scheduling:hours-week", provider.pk)
    response["Location"] += f"?site={site.pk}"
    return response


# --- the place: holidays, rooms, lengths


@require_http_methods(["GET"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def place_detail(request: HttpRequest) -> HttpResponse:
    """Holidays, rooms and lengths of visits of the current site."""
    return _place(request)


@require_http_methods(["POST"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def holiday_add(request: HttpRequest) -> HttpResponse:
    site = _here(request)
    form = HolidayForm(request.POST, today=site.today())
    if form.is_valid():
        try:
            actions.add_holiday(site=site, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, f"{site} is closed on {form.cleaned_data['on']:%-d %B %Y}.")
            return redirect("scheduling:place-detail")
    return _place(request, holiday_form=form)


@require_http_methods(["POST"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def holiday_remove(request: HttpRequest, holiday_id: int) -> HttpResponse:
    holidays = Holiday.objects.filter(site__in=request.sites).select_related("site")  # type: ignore[attr-defined]
    holiday = get_object_or_404(holidays, pk=holiday_id)
    actions.remove_holiday(holiday=holiday, by=request.user)  # type: ignore[arg-type]
    messages.success(request, f"{holiday.name} is a working day again.")
    return redirect("scheduling:place-detail")


@require_http_methods(["POST"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def room_add(request: HttpRequest) -> HttpResponse:
    form = RoomForm(request.POST)
    if form.is_valid():
        try:
            room = actions.add_room(site=_here(request), name=form.cleaned_data["name"], by=request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, f"{room} is added.")
            return redirect("scheduling:place-detail")
    return _place(request, room_form=form)


@require_http_methods(["POST"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def room_change(request: HttpRequest, room_id: int) -> HttpResponse:
    room = get_object_or_404(Room.objects.filter(site__in=request.sites), pk=room_id)  # type: ignore[attr-defined]
    form = RoomForm(request.POST)
    if form.is_valid():
        try:
            actions.change_room(room=room, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("scheduling:place-detail")
    return _place(request, changed=(room.pk, form))


@require_http_methods(["POST"])
@permission_required("scheduling.manage_hours", raise_exception=True)
def lengths_save(request: HttpRequest) -> HttpResponse:
    site = _here(request)
    form = LengthsForm(request.POST, lengths=lengths_of(site))
    if form.is_valid():
        try:
            actions.set_lengths(site=site, lengths=form.cleaned_data["lengths"], seen=form.began, by=request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            _show(form, error)
        except actions.LengthsChangedError as error:
            form.show_changed(current=error.current, others=error.others)
        else:
            messages.success(request, "The lengths of visits are saved.")
            return redirect("scheduling:place-detail")
    return _place(request, lengths_form=form)


def _place(
    request: HttpRequest,
    *,
    holiday_form: HolidayForm | None = None,
    room_form: RoomForm | None = None,
    lengths_form: LengthsForm | None = None,
    changed: tuple[int, RoomForm] | None = None,
) -> HttpResponse:
    site, now = _here(request), timezone.now()
    today = site.today(now=now)
    rooms: list[Any] = list(Room.objects.filter(site=site).order_by("-is_active", "name"))
    for room in rooms:
        room.form = changed[1] if changed and changed[0] == room.pk else None
    holidays: list[Any] = list(Holiday.objects.filter(site=site, on__gte=today).order_by("on"))
    booked = _booked_on(site, [row.on for row in holidays], now)
    for holiday in holidays:
        holiday.booked = booked.get(holiday.on, [])
    bound = [holiday_form, room_form, lengths_form, changed]
    return render(
        request,
        "scheduling/place_detail.html",
        {
            "site": site,
            "today": today,
            "rooms": rooms,
            "holidays": holidays,
            "holiday_form": holiday_form or HolidayForm(today=today),
            "room_form": room_form or RoomForm(),
            "lengths_form": lengths_form or LengthsForm(lengths=lengths_of(site)),
        },
        status=422 if any(bound) else 200,
    )


def _booked_on(site: Site, days: list[date], now: datetime) -> dict[date, list[Any]]:
    """The visits that stand on these days, which nobody moved when the day became a holiday."""
    found: dict[date, list[Any]] = {}
    if days:
        for visit, _ in outside_now(site=site, now=now):
            if visit.on in days:
                found.setdefault(visit.on, []).append(visit)
    return found


def _here(request: HttpRequest) -> Site:
    site: Site | None = request.site  # type: ignore[assignment, attr-defined]
    if site is None:
        raise Http404("No site")
    return site


def _provider(request: HttpRequest, user_id: int) -> User:
    return get_object_or_404(providers_of(request.sites), pk=user_id)  # type: ignore[attr-defined]


def _sites_of(request: HttpRequest, provider: User) -> list[Site]:
    """The provider's sites that are also this person's."""
    theirs = set(provider.sites.values_list("pk", flat=True))
    return [site for site in request.sites if site.pk in theirs]  # type: ignore[attr-defined]


def _site_of(request: HttpRequest, provider: User) -> Site:
    sites = _sites_of(request, provider)
    if not sites:
        raise Http404("No site in common")
    wanted = request.POST.get("site") or request.GET.get("site", "")
    here: Site | None = request.site  # type: ignore[assignment, attr-defined]
    usual = next((site for site in sites if here is not None and site.pk == here.pk), sites[0])
    return next((site for site in sites if str(site.pk) == wanted), usual)


def _month(text: str, today: date) -> date:
    """The first day of the month asked for as 2026-11; this month for nonsense and for what is too far away."""
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=None).date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        return today.replace(day=1)
    away = abs((month.year - today.year) * 12 + month.month - today.month)
    return month if away <= MONTHS_AROUND else today.replace(day=1)


def _span_words(spans: list[tuple[time, time]]) -> str:
    return ", ".join(f"{clock(begin)}-{clock(end)}" for begin, end in spans)


def _show(form: forms.Form, error: ValidationError) -> None:
    """Put an action's words beside the fields they are about."""
    for name, problems in error.error_dict.items() if hasattr(error, "error_dict") else [(None, error)]:
        form.add_error(name if name in form.fields else None, problems)

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from datetime import date
from smtplib import SMTPException
from typing import Any, cast

from allauth.account import views as account_views
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import url_str_to_user_pk
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required, permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.forms import NewStaffForm, SetUpForm, SiteForm, StaffForm
from accounts.middleware import SITE_KEY
from accounts.models import Site, User
from accounts.rules import licence_words
from audit.models import StaleVersionError

PAGE = 100  # rows
BACKEND = "accounts.backends.StaffBackend"


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """The first site and the first administrator; there is no such page once a user exists."""
    if User.objects.exists():
        raise Http404
    form = SetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            administrator = actions.set_up_clinic(
                site_name=values["site_name"],
                time_zone=values["time_zone"],
                name=values["name"],
                email=values["email"],
                password=values["password1"],
            )
        except actions.AlreadySetUpError:
            messages.error(request, "Somebody else has just set this up. Sign in, or ask them for an account.")
            return redirect("account_login")
        login(request, administrator, backend=BACKEND)
        record_authentication(request, administrator, method="password", email=administrator.email)
        UserSession.objects.create_from_request(request)  # so that it can be listed and ended
        messages.success(request, "Cadence is set up. Next: open accounts for the people who work here.")
        return redirect("accounts:staff-list")
    return _page(request, "accounts/set_up.html", {"form": form})


@require_http_methods(["POST"])
def site_switch(request: HttpRequest) -> HttpResponse:
    """Work at another of one's own sites from now on, and go back to where one was."""
    site = next((site for site in request.sites if str(site.pk) == request.POST.get("site")), None)  # type: ignore[attr-defined]
    if site is None:
        raise Http404
    request.session[SITE_KEY] = site.pk
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")


@login_not_required
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def password_from_link(request: HttpRequest, uidb36: str, key: str) -> HttpResponse:
    """allauth's page, whose link is good once: of two who use it at the same moment the second finds it used."""
    with transaction.atomic():
        with suppress(ValueError, ValidationError):  # nobody has this number; allauth says so
            User.objects.select_for_update(of=("self",)).filter(pk=url_str_to_user_pk(uidb36)).first()
        return cast(HttpResponse, account_views.password_reset_from_key(request, uidb36=uidb36, key=key))


@sensitive_post_parameters("oldpassword", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    """allauth's page: of two changes at the same moment the second is told that its old password is one no more."""
    with transaction.atomic():
        if request.method == "POST":
            request.user = User.objects.select_for_update(of=("self",)).get(pk=request.user.pk)
        return cast(HttpResponse, account_views.password_change(request))


@require_http_methods(["GET"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's own account: roles, sites, licence, password."""
    user = get_object_or_404(User.objects.select_related("credential"), pk=request.user.pk)
    return render(request, "accounts/profile.html", {"person": user, "licence": _licence(request, user)})


@require_http_methods(["GET", "POST"])
def session_list(request: HttpRequest) -> HttpResponse:
    """Where one is signed in, and signing out there."""
    here = request.session.session_key
    if request.method == "POST":
        which, ended = request.POST.get("session", ""), 0
        if which == "others":
            ended = actions.end_sessions(user=_me(request), by=_me(request), but=here)
        elif which.isdecimal() and len(which) < 19:
            ended = actions.end_sessions(user=_me(request), by=_me(request), only=int(which), but=here)
        if ended:
            messages.success(request, "Signed out there.")
        else:
            messages.info(request, "You were signed out there already.")
        return redirect("accounts:session-list")
    sessions = list(actions.sessions_of(_me(request)).order_by("-created_at", "-pk")[:PAGE])
    for session in sessions:
        session.is_here = session.session_key == here  # type: ignore[attr-defined]
    return render(request, "accounts/session_list.html", {"sessions": sessions})


@login_not_required
@never_cache
@require_http_methods(["GET"])
def session_state(request: HttpRequest) -> JsonResponse:
    """Who is signed in in this browser, and the token that forms need: for a page that outlived its session."""
    return JsonResponse({"user": request.user.pk, "token": get_token(request)})


@require_http_methods(["GET"])
def session_back(request: HttpRequest) -> HttpResponse:
    """After signing in again in a window of its own: the other one goes on."""
    return render(request, "accounts/session_back.html")


# --- staff


@require_http_methods(["GET"])
@permission_required("accounts.manage_staff", raise_exception=True)
def staff_list(request: HttpRequest) -> HttpResponse:
    """The people who work here, or those who no longer do."""
    closed = request.GET.get("show") == "closed"
    people = User.objects.visible_to(request.user).filter(is_active=not closed).for_list()
    rows = list(people.after(_behind(request, User.objects.all()))[: PAGE + 1])
    return render(
        request,
        "accounts/staff_list.html",
        {
            "staff": [(person, _licence(request, person)) for person in rows[:PAGE]],
            "closed": closed,
            "today": _today(request),
            "last": rows[PAGE - 1] if len(rows) > PAGE else None,
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("accounts.manage_staff", raise_exception=True)
def staff_create(request: HttpRequest) -> HttpResponse:
    """Open an account, and let its owner choose the password by a link."""
    form = NewStaffForm(request.POST or None, initial={"sites": [request.site] if request.site else []})  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            person = actions.create_staff(
                email=values["email"],
                name=values["name"],
                roles=values["roles"],
                sites=values["sites"],
                licence=form.licence(),
                by=_me(request),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{person.name} has an account.")
            _send_link(request, person)
            return redirect("accounts:staff-edit", person.pk)
    return _page(request, "accounts/staff_create.html", {"form": form})


@require_http_methods(["GET", "POST"])
@permission_required("accounts.manage_staff", raise_exception=True)
def staff_edit(request: HttpRequest, user_id: int) -> HttpResponse:
    """An account: name, e-mail, roles, sites, licence, and whether it is open."""
    person = get_object_or_404(User.objects.visible_to(request.user).for_list(), pk=user_id)
    name = person.name
    form = StaffForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            actions.change_staff(
                user=person,
                version=values["version"],
                email=values["email"],
                name=values["name"],
                roles=values["roles"],
                sites=values["sites"],
                is_active=values["is_active"],
                licence=form.licence(),
                by=_me(request),
            )
        except StaleVersionError as error:
            form.show_conflict(error)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{values['name']}: saved.")
            return redirect("accounts:staff-list")
    return _page(
        request,
        "accounts/staff_edit.html",
        {
            "form": form,
            "person": person,
            "name": name,
            "today": _today(request),
            "factors": Authenticator.objects.filter(user=person).exclude(type="recovery_codes").count(),
            "sessions": actions.sessions_of(person).count(),
        },
    )


@never_cache
@require_http_methods(["POST"])
@permission_required("accounts.manage_staff", raise_exception=True)
def staff_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show the link with which somebody chooses a password, to hand it over where no mail reaches them."""
    person = get_object_or_404(User.objects.visible_to(request.user).active(), pk=user_id)
    link = actions.make_password_link(user=person, by=_me(request), request=request)
    drawn = get_mfa_adapter().build_totp_svg(link)  # any text as a QR code
    picture = f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}"
    return render(request, "accounts/staff_link.html", {"person": person, "link": link, "picture": picture})


@require_http_methods(["POST"])
@permission_required("accounts.manage_staff", raise_exception=True)
def staff_sign_out(request: HttpRequest, user_id: int) -> HttpResponse:
    """Sign somebody out everywhere; with ?factors also without their second factors, as when a telephone is lost."""
    person = get_object_or_404(User.objects.visible_to(request.user), pk=user_id)
    if request.POST.get("factors"):
        actions.remove_second_factors(user=person, by=_me(request))
        messages.success(request, f"{person.name} sets up a new second factor when they sign in next.")
    else:
        ended = actions.end_sessions(user=person, by=_me(request))
        messages.success(request, f"{person.name} was signed out of {ended} browser{'' if ended == 1 else 's'}.")
    return redirect("accounts:staff-edit", person.pk)


@require_http_methods(["POST"])
@permission_required("accounts.manage_staff", raise_exception=True)
def staff_send_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Mail somebody the link with which they choose a new password."""
    person = get_object_or_404(User.objects.visible_to(request.user).active(), pk=user_id)
    _send_link(request, person)
    return redirect("accounts:staff-edit", person.pk)


# --- sites


@require_http_methods(["GET"])
@permission_required("accounts.manage_staff", raise_exception=True)
def site_list(request: HttpRequest) -> HttpResponse:
    """The sites with their clocks and how many people work there."""
    sites = Site.objects.visible_to(request.user).with_staff_counts()
    rows = list(sites.after(_behind(request, Site.objects.all()))[: PAGE + 1])
    return render(
        request,
        "accounts/site_list.html",
        {"sites": rows[:PAGE], "last": rows[PAGE - 1] if len(rows) > PAGE else None, "now": timezone.now()},
    )


@require_http_methods(["GET", "POST"])
@permission_required("accounts.manage_staff", raise_exception=True)
def site_create(request: HttpRequest) -> HttpResponse:
    """Open a site."""
    form = SiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            site = actions.create_site(**_site_values(form), by=_me(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{site.name} is open. Choose who works there under Staff.")
            return redirect("accounts:site-list")
    return _page(request, "accounts/site_edit.html", {"form": form, "site": None})


@require_http_methods(["GET", "POST"])
@permission_required("accounts.manage_staff", raise_exception=True)
def site_edit(request: HttpRequest, site_id: int) -> HttpResponse:
    """A site's name, clock, phone and address."""
    site = get_object_or_404(Site.objects.visible_to(request.user), pk=site_id)
    name = site.name
    form = SiteForm(request.POST or None, instance=site)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_site(site=site, version=form.cleaned_data["version"], **_site_values(form), by=_me(request))
        except StaleVersionError as error:
            form.show_conflict(error)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{form.cleaned_data['name']}: saved.")
            return redirect("accounts:site-list")
    return _page(request, "accounts/site_edit.html", {"form": form, "site": site, "name": name})


def _site_values(form: SiteForm) -> dict[str, Any]:
    return {field: form.cleaned_data[field] for field in form.Meta.fields}


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page with its form; status 422 when what was sent cannot be taken."""
    form: Form = context["form"]
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)


def _licence(request: HttpRequest, person: User) -> tuple[str, str] | None:
    credential = getattr(person, "credential", None)
    if credential is None:
        return None
    return licence_words(credential.licence_expires_on, on=_today(request))


def _today(request: HttpRequest) -> date:
    """The date where the person works now; somebody without a site has the date of UTC."""
    site = request.site  # type: ignore[attr-defined]
    return (site or Site(time_zone="UTC")).today()


def _behind(request: HttpRequest, rows: QuerySet[Any]) -> Any:
    """The row named by ?after=, behind which a list goes on; None at its beginning."""
    text = request.GET.get("after", "")
    return rows.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None


def _send_link(request: HttpRequest, person: User) -> None:
    try:
        actions.send_password_link(user=person, by=_me(request), request=request)
    except (OSError, SMTPException):
        messages.error(
            request, f"The mail to {person.email} could not be sent. Try again, or hand the link over yourself."
        )
    else:
        messages.success(request, f"A link to choose a password is on its way to {person.email}.")

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator, ResetPasswordForm
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Credential, SavedView, Site, User
from accounts.permissions import Role
from audit.actions import lock_version, record
from audit.models import Action

# Any number: whoever sets up holds this lock, so that two who do it at once become one who did and one who is told.
SET_UP_LOCK = 7_364_001
MOST_SAVED_VIEWS = 20  # of one page; they stand in a row above it


class AlreadySetUpError(Exception):
    """Somebody has set this installation up already."""


@dataclass(frozen=True)
class Licence:
    """What a provider's credential holds."""

    title: str
    licence_number: str
    licence_expires_on: date
    npi: str


@transaction.atomic
def set_up_clinic(*, site_name: str, time_zone: str, name: str, email: str, password: str) -> User:
    """Make the first site and its administrator in an installation that has no user.

    Raises AlreadySetUpError when there is one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SET_UP_LOCK])
    if User.objects.exists():
        raise AlreadySetUpError
    site = Site(name=site_name, time_zone=time_zone)
    site.full_clean()
    site.save()
    administrator = User.objects.create_user(
        email, password, name=name, roles=[Role.ADMINISTRATOR.value], is_staff=True
    )
    administrator.sites.set([site])
    record(action=Action.STAFF_CHANGED, by=administrator, subject=administrator, detail="set up this installation")
    return administrator


@transaction.atomic
def create_staff(
    *,
    email: str,
    name: str,
    roles: Iterable[str],
    sites: Iterable[Site],
    licence: Licence | None,
    by: User,
    password: str | None = None,
) -> User:
    """Open an account; nobody can sign in to it until its owner has chosen a password by a link.

    `password` is for the demo clinic alone.

    Raises ValidationError when the e-mail or the NPI is another person's.
    """
    with _said_in_words():
        user = User.objects.create_user(
            email, password, name=name, roles=_in_order(roles), is_staff=Role.ADMINISTRATOR in roles
        )
        if licence is not None:
            _write_licence(user, licence)
    user.sites.set(sites)
    record(action=Action.STAFF_CHANGED, by=by, subject=user, detail="opened the account")
    return user


@transaction.atomic
def change_staff(
    *,
    user: User,
    version: int | None,
    email: str,
    name: str,
    roles: Iterable[str],
    sites: Iterable[Site],
    is_active: bool,
    licence: Licence | None,
    by: User,
) -> User:
    """Change an account; `licence` None leaves the credential as it is.

    Raises StaleVersionError when somebody saved it meanwhile, and ValidationError when nobody would be left to
    administer the clinic or the e-mail or NPI is another person's.
    """
    # Every administrator's row, always in this order and before any other: two who strike out each other at the same
    # moment wait here, and the second one is counted against what the first one left.
    administrators = list(User.objects.administrators().select_for_update(of=("self",)).order_by("pk"))
    current = lock_version(user, version=version)
    roles = _in_order(roles)
    stays = is_active and Role.ADMINISTRATOR in roles
    if not stays and administrators == [current]:
        field = "roles" if is_active else "is_active"
        raise ValidationError({field: "This is the last administrator. Make someone else administrator first."})
    changed = [
        field
        for field, value in (("email", email), ("name", name), ("roles", roles), ("is_active", is_active))
        if getattr(current, field) != value
    ]
    if "is_active" in changed:
        changed[changed.index("is_active")] = "opened the account" if is_active else "closed the account"
    current.email, current.name, current.roles, current.is_active = email, name, roles, is_active
    current.is_staff = Role.ADMINISTRATOR in roles
    with _said_in_words():
        current.save()
        if licence is not None and _write_licence(current, licence):
            changed.append("licence")
    wanted = set(sites)
    if wanted != set(current.sites.all()):
        current.sites.set(wanted)
        changed.append("sites")
    record(action=Action.STAFF_CHANGED, by=by, subject=current, detail=", ".join(changed) or "nothing")
    if not is_active:
        end_sessions(user=current, by=by)  # so that none goes on when the account is opened again
    return current


def make_password_link(*, user: User, by: User, request: HttpRequest) -> str:
    """The address with which a person chooses a password, to be handed to them in person; good for three days, once.

    Raises ValueError for a closed account.
    """
    if not user.is_active:
        raise ValueError("A closed account gets no link.")
    record(action=Action.STAFF_CHANGED, by=by, subject=user, detail="made a link for a new password")
    key = f"{user_pk_to_url_str(user)}-{EmailAwarePasswordResetTokenGenerator().make_token(user)}"
    return get_adapter(request).get_reset_password_from_key_url(key)


@transaction.atomic
def remove_second_factors(*, user: User, by: User | None) -> int:
    """Take a person's second factors away, as when a telephone is lost, and sign them out everywhere; how many."""
    removed, _ = Authenticator.objects.filter(user=user).delete()
    record(action=Action.SECOND_FACTOR, by=by, subject=user, detail=f"removed all {removed} of somebody else")
    end_sessions(user=user, by=by)
    return removed


def sessions_of(user: User) -> QuerySet[UserSession]:
    """The browsers in which a person is signed in; rows of those they left, or that ran out, stay for a while."""
    alive = Session.objects.filter(expire_date__gt=timezone.now(), session_key=OuterRef("session_key"))
    return UserSession.objects.filter(Exists(alive), user=user)


@transaction.atomic
def end_sessions(*, user: User, by: User | None, only: int | None = None, but: str | None = None) -> int:
    """Sign a person out of one session or of all; `but` is the key of one that stays. How many ended."""
    sessions = sessions_of(user)
    if only is not None:
        sessions = sessions.filter(pk=only)
    if but is not None:
        sessions = sessions.exclude(session_key=but)
    keys = list(sessions.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    if keys:
        record(action=Action.SIGNED_OUT, by=by, subject=user, detail=f"{len(keys)} sessions ended")
    return len(keys)


def send_password_link(*, user: User, by: User, request: HttpRequest) -> None:
    """Mail a person the link with which they choose a password.

    Raises ValueError for a closed account, and OSError when the mail server does not take the message.
    """
    form = ResetPasswordForm({"email": user.email})
    if not user.is_active or not form.is_valid():
        raise ValueError("A closed account gets no link.")
    form.save(request)
    record(action=Action.STAFF_CHANGED, by=by, subject=user, detail="sent a link for a new password")


@transaction.atomic
def create_site(*, name: str, time_zone: str, by: User, **values: Any) -> Site:
    """Open a site; whoever opens it works there, so that somebody can.

    Raises ValidationError when the name is taken.
    """
    with _said_in_words():
        site = Site.objects.create(name=name, time_zone=time_zone, **values)
    by.sites.add(site)
    record(action=Action.STAFF_CHANGED, by=by, subject=site, detail="opened the site")
    return site


@transaction.atomic
def change_site(*, site: Site, version: int | None, by: User, **values: Any) -> Site:
    """Change a site, `values` by their columns. Dates already stored keep the calendar they were made with.

    Raises StaleVersionError when somebody saved it meanwhile, and ValidationError when the name is taken.
    """
    current = lock_version(site, version=version)
    changed = [field for field, value in values.items() if getattr(current, field) != value]
    for field, value in values.items():
        setattr(current, field, value)
    with _said_in_words():
        current.save()
    record(action=Action.STAFF_CHANGED, by=by, subject=current, detail=", ".join(changed) or "nothing")
    return current


@transaction.atomic
def save_view(*, user: User, page: str, name: str, query: str) -> SavedView:
    """Keep a list with its filters under a name. Raises ValidationError for a name taken, or too many views."""
    view = SavedView(user=user, page=page, name=name.strip(), query=query)
    view.full_clean()
    if SavedView.objects.filter(user=user, page=page).count() >= MOST_SAVED_VIEWS:
        raise ValidationError({"name": f"At most {MOST_SAVED_VIEWS} views. Delete one first."})
    with _said_in_words():
        view.save()
    return view


@transaction.atomic
def rename_view(*, view: SavedView, name: str) -> SavedView:
    """Raises ValidationError for a name the person has given another view."""
    view.name = name.strip()
    view.full_clean()
    with _said_in_words():
        view.save(update_fields=["name"])
    return view


def delete_view(*, view: SavedView) -> None:
    view.delete()


def _in_order(roles: Iterable[str]) -> list[str]:
    wanted = set(roles)
    return [role.value for role in Role if role in wanted]


def _write_licence(user: User, licence: Licence) -> bool:
    """Save what differs; whether anything did."""
    credential = Credential.objects.select_for_update(of=("self",)).filter(user=user).first()
    if credential is None:
        Credential.objects.create(user=user, **vars(licence))
        return True
    if all(getattr(credential, field) == value for field, value in vars(licence).items()):
        return False
    for field, value in vars(licence).items():
        setattr(credential, field, value)
    credential.version += 1
    credential.save()
    return True


# Forms ask before they save; these catch the two who ask at the same moment.
TAKEN = {
    "user_email_any_case": ("email", "This e-mail is already in use."),
    "accounts_user_email": ("email", "This e-mail is already in use."),
    "accounts_credential_npi": ("npi", "This NPI is already another provider's."),
    "accounts_site_name": ("name", "There is a site with this name."),
    "saved_view_once": ("name", "There is a saved view with this name. Capital letters make no difference."),
}


@contextmanager
def _said_in_words() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        for constraint, (field, words) in TAKEN.items():
            if constraint in str(error):
                raise ValidationError({field: words}) from error
        raise

"""Staff accounts, as an administrator keeps them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.actions import change_staff
from accounts.models import Credential, User
from accounts.permissions import Role
from audit.models import AuditEvent
from tests.cast import PASSWORD, Cast

NEW = "an umbrella in the desert"
LIST = "/staff/"
CREATE = "/staff/new/"


@pytest.fixture
def ada(cast: Cast, sign_in: Callable[[User], Client]) -> Client:
    cache.clear()
    return sign_in(cast.ada)


def edit(user: User) -> str:
    return reverse("accounts:staff-edit", args=[user.pk])


def filled_in(user: User, **changes: Any) -> dict[str, Any]:
    """The edit form as it opens, with some fields typed over."""
    credential = Credential.objects.filter(user=user).first()
    fields = {
        "version": user.version,
        "name": user.name,
        "email": user.email,
        "roles": user.roles,
        "sites": [site.pk for site in user.sites.all()],
        "is_active": "on" if user.is_active else "",
        "title": credential.title if credential else "",
        "licence_number": credential.licence_number if credential else "",
        "licence_expires_on": credential.licence_expires_on.isoformat() if credential else "",
        "npi": credential.npi if credential else "",
    }
    return {name: value for name, value in (fields | changes).items() if value != ""}


# --- the list


def test_the_list_shows_roles_sites_and_how_a_licence_stands(ada: Client, cast: Cast):
    Credential.objects.filter(user=cast.ito).update(licence_expires_on=cast.harbour.today() + timedelta(days=10))
    Credential.objects.filter(user=cast.okafor).update(licence_expires_on=cast.harbour.today() - timedelta(days=3))

    page = ada.get(LIST).content.decode()

    assert "10 days left" in page
    assert "expired 3 days ago" in page
    assert "none on file" in page  # Max, who provides without a licence
    assert "Harbour Clinic, Mesa Clinic" in page


def test_closed_accounts_have_their_own_list(ada: Client, cast: Cast):
    User.objects.filter(pk=cast.max.pk).update(is_active=False)

    assert "Max Stranger" not in ada.get(LIST).content.decode()
    closed = ada.get(LIST, {"show": "closed"}).content.decode()
    assert "Max Stranger" in closed
    assert "Robin Vale" not in closed


def test_the_list_goes_on_behind_its_last_person(ada: Client, cast: Cast):
    User.objects.bulk_create([User(email=f"p{n}@example.org", name=f"Person {n:03}") for n in range(120)])

    first = ada.get(LIST)
    rest = ada.get(
        re.search(r'href="(\?after=\d+)" rel="next"', first.content.decode()).group(1).replace("?", "/staff/?")
    )

    names = [person.name for page in (first, rest) for person, _ in page.context["staff"]]
    assert names == sorted(names)
    assert len(names) == len(set(names)) == 125


@pytest.mark.parametrize("after", ["x", "999999999999", "-1", "99999999999999999999999", "²"])
def test_a_page_that_does_not_exist_is_the_first(ada: Client, after: str):
    assert ada.get(LIST, {"after": after}).status_code == 200


def test_the_list_costs_the_same_with_one_and_with_many(ada: Client, cast: Cast, django_assert_num_queries):
    with django_assert_num_queries(5):  # session, person, their sites, the list, its sites
        ada.get(LIST)
    for number in range(60):
        person = User.objects.create_user(f"p{number}@example.org", None, name=f"Person {number}", roles=["provider"])
        person.sites.set([cast.harbour, cast.mesa])
    with django_assert_num_queries(5):
        ada.get(LIST)


# --- a new account


def new(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Nia Berg",
        "email": "Nia@Example.org",
        "roles": ["front_desk"],
        "sites": [cast.harbour.pk],
    } | changes


def test_a_new_person_chooses_the_password_by_the_link_in_a_mail(ada: Client, cast: Cast):
    answer = ada.post(CREATE, new(cast))

    nia = User.objects.get(email="nia@example.org")
    assert (answer.status_code, answer.url) == (302, edit(nia))
    assert (nia.roles, list(nia.sites.all()), nia.has_usable_password()) == (["front_desk"], [cast.harbour], False)
    (message,) = mail.outbox
    assert message.to == ["nia@example.org"]
    link = re.search(r"http://testserver(/account/password/reset/key/\S+)", message.body).group(1)
    client = Client()
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": NEW, "password2": NEW})
    assert client.post("/account/login/", {"login": nia.email, "password": NEW}).url == "/"
    assert AuditEvent.objects.filter(actor_id=cast.ada.pk, subject_id=nia.pk, action="staff-changed").count() == 2


def test_a_new_provider_has_a_licence(ada: Client, cast: Cast):
    ada.post(
        CREATE,
        new(
            cast,
            roles=["administrator", "provider"],
            title="PA-C",
            licence_number="77",
            licence_expires_on="2028-06-30",
            npi="1003000126",
        ),
    )

    nia = User.objects.get(email="nia@example.org")
    assert nia.roles == ["provider", "administrator"]
    assert (nia.credential.title, nia.credential.npi) == ("PA-C", "1003000126")


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": ""}, "name", "required"),
        ({"email": "nia"}, "email", "valid email"),
        ({"email": "ROBIN@example.org"}, "email", "This e-mail is already in use."),
        ({"roles": []}, "roles", "required"),
        ({"roles": ["owner"]}, "roles", "valid choice"),
        ({"sites": [0]}, "sites", "valid choice"),
        ({"sites": []}, "sites", "required"),
    ],
)
def test_bad_input_is_told_beside_the_field(ada: Client, cast: Cast, wrong: dict[str, Any], field: str, words: str):
    answer = ada.post(CREATE, new(cast, **wrong))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.context["form"].errors[field][0]
    assert not User.objects.filter(name="Nia Berg").exists()
    if "name" not in wrong:
        assert 'value="Nia Berg"' in answer.content.decode()


LICENCE = {"title": "MD", "licence_number": "77", "licence_expires_on": "2028-06-30", "npi": "1003000126"}


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"npi": "1003000127"}, "npi", "check digit"),
        ({"licence_expires_on": "9999-12-31"}, "licence_expires_on", "Look at the year."),
        ({"licence_expires_on": "0001-01-01"}, "licence_expires_on", "Look at the year."),
        ({"npi": "100300012"}, "npi", "Not a valid NPI"),
        ({"npi": "1234567893"}, "npi", "This NPI is already another provider's."),
        ({"npi": ""}, "npi", "A provider needs this"),
        ({"title": ""}, "title", "A provider needs this"),
        ({"licence_number": ""}, "licence_number", "A provider needs this"),
        ({"licence_expires_on": ""}, "licence_expires_on", "A provider needs this"),
        ({"licence_expires_on": "30/30/2028"}, "licence_expires_on", "valid date"),
    ],
)
def test_a_licence_is_whole_and_its_npi_right(ada: Client, cast: Cast, wrong: dict[str, str], field: str, words: str):
    answer = ada.post(CREATE, new(cast, roles=["provider"], **(LICENCE | wrong)))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in " ".join(answer.context["form"].errors[field])


def test_a_mail_server_that_is_down_is_told_and_the_account_stays(ada: Client, cast: Cast, settings: Any):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    page = ada.post(CREATE, new(cast), follow=True).content.decode()

    assert "could not be sent" in page
    assert User.objects.filter(email="nia@example.org").exists()


# --- changing an account


def test_an_administrator_changes_roles_sites_and_licence(ada: Client, cast: Cast):
    answer = ada.post(
        edit(cast.robin),
        filled_in(cast.robin, name="Robin Vale-Ito", roles=["front_desk", "provider"], sites=[cast.mesa.pk], **LICENCE),
    )

    assert (answer.status_code, answer.url) == (302, LIST)
    robin = User.objects.get(pk=cast.robin.pk)
    assert (robin.name, robin.roles, robin.version) == ("Robin Vale-Ito", ["provider", "front_desk"], 2)
    assert list(robin.sites.all()) == [cast.mesa]
    assert robin.credential.npi == LICENCE["npi"]
    event = AuditEvent.objects.get(action="staff-changed")
    assert (event.actor_id, event.subject_id, event.detail) == (
        cast.ada.pk,
        cast.robin.pk,
        "name, roles, licence, sites",
    )


def test_a_closed_account_is_signed_out_at_once(ada: Client, cast: Cast):
    robin = Client()
    robin.post("/account/login/", {"login": cast.robin.email, "password": PASSWORD})
    assert robin.get("/account/me/").status_code == 200

    ada.post(edit(cast.robin), filled_in(cast.robin, is_active=""))

    assert robin.get("/account/me/").status_code == 302
    assert AuditEvent.objects.get(action="staff-changed").detail == "closed the account"
    User.objects.filter(pk=cast.robin.pk).update(is_active=True)
    assert robin.get("/account/me/").status_code == 302  # an account opened again begins anew


def test_renewing_a_licence_lets_a_provider_sign_again(ada: Client, cast: Cast):
    today = cast.harbour.today()
    Credential.objects.filter(user=cast.ito).update(licence_expires_on=today - timedelta(days=1))
    assert User.objects.get(pk=cast.ito.pk).signing_problem(on=today)

    ada.post(edit(cast.ito), filled_in(cast.ito, licence_expires_on=(today + timedelta(days=365)).isoformat()))

    assert User.objects.get(pk=cast.ito.pk).signing_problem(on=today) is None


def test_a_form_opened_before_someone_elses_save_is_refused_with_both_versions_shown(ada: Client, cast: Cast):
    stale = filled_in(cast.robin, name="Robin Two", sites=[cast.harbour.pk], roles=["trainee"])
    ada.post(edit(cast.robin), filled_in(cast.robin, name="Robin One", sites=[cast.mesa.pk], is_active=""))

    answer = ada.post(edit(cast.robin), stale)

    assert answer.status_code == 422
    form = answer.context["form"]
    assert "Someone else saved this" in form.non_field_errors()[0]
    assert form.errors["name"] == ["Saved meanwhile: Robin One"]
    assert form.errors["sites"] == ["Saved meanwhile: Mesa Clinic"]
    assert form.errors["roles"] == ["Saved meanwhile: Front desk"]
    assert form.errors["is_active"] == ["Saved meanwhile: not ticked"]
    page = answer.content.decode()
    assert 'value="Robin Two"' in page
    again = stale | {"version": re.search(r'name="version" value="(\d+)"', page).group(1)}
    assert ada.post(edit(cast.robin), again).status_code == 302
    assert User.objects.get(pk=cast.robin.pk).name == "Robin Two"


@pytest.mark.parametrize(
    ("change", "field"), [({"roles": ["provider"], **LICENCE}, "roles"), ({"is_active": ""}, "is_active")]
)
def test_the_last_administrator_stays_one(ada: Client, cast: Cast, change: dict[str, Any], field: str):
    answer = ada.post(edit(cast.ada), filled_in(cast.ada, **change))

    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [
        "This is the last administrator. Make someone else administrator first."
    ]
    ada_now = User.objects.get(pk=cast.ada.pk)
    assert (ada_now.is_active, ada_now.roles) == (True, ["administrator"])


def test_a_closed_administrator_does_not_count_as_another_one(ada: Client, cast: Cast):
    User.objects.create_user("old@example.org", None, name="Old", roles=["administrator"], is_active=False)

    assert ada.post(edit(cast.ada), filled_in(cast.ada, is_active="")).status_code == 422


def test_with_another_administrator_one_may_leave(ada: Client, cast: Cast):
    User.objects.filter(pk=cast.robin.pk).update(roles=["administrator"])

    assert ada.post(edit(cast.ada), filled_in(cast.ada, is_active="")).status_code == 302
    assert ada.get(LIST).status_code == 302  # signed out


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_close_each_others_account_at_once_do_not_both_succeed(cast: Cast):
    User.objects.filter(pk=cast.robin.pk).update(roles=["administrator"])
    pairs = [(cast.ada, cast.robin), (cast.robin, cast.ada)]
    start = threading.Barrier(2)
    refused: list[Exception] = []

    def close(by: User, whom: User) -> None:
        start.wait()
        try:
            change_staff(
                user=whom,
                version=None,
                email=whom.email,
                name=whom.name,
                roles=[Role.ADMINISTRATOR],
                sites=[cast.harbour],
                is_active=False,
                licence=None,
                by=by,
            )
        except ValidationError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=close, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(refused) == 1
    assert User.objects.administrators().count() == 1


# --- passwords


def test_a_link_handed_over_sets_a_password_once_signs_out_and_ends_a_lock_out(
    ada: Client, cast: Cast, sign_in: Callable[[User], Client]
):
    robin = sign_in(cast.robin)
    for _ in range(5):
        Client().post("/account/login/", {"login": cast.robin.email, "password": "wrong"})

    page = ada.post(f"/staff/{cast.robin.pk}/link/")
    link = page.context["link"].removeprefix("http://testserver")
    assert page.headers["Cache-Control"].startswith("max-age=0")
    assert page.context["picture"].startswith("data:image/svg+xml;base64,")
    theirs = Client()
    form = theirs.get(link, follow=True).redirect_chain[-1][0]
    theirs.post(form, {"password1": NEW, "password2": NEW})

    assert robin.get("/account/me/").status_code == 302
    assert Client().post("/account/login/", {"login": cast.robin.email, "password": PASSWORD}).status_code == 200
    assert Client().post("/account/login/", {"login": cast.robin.email, "password": NEW}).url == "/"
    made = AuditEvent.objects.get(action="staff-changed")
    assert (made.actor_id, made.subject_id, made.detail) == (
        cast.ada.pk,
        cast.robin.pk,
        "made a link for a new password",
    )
    again = Client().get(link, follow=True)
    assert again.context.get("token_fail")


def test_an_administrator_signs_somebody_out_everywhere(ada: Client, cast: Cast):
    robin = Client()
    robin.post("/account/login/", {"login": cast.robin.email, "password": PASSWORD})
    assert robin.get("/account/me/").status_code == 200

    assert ada.post(f"/staff/{cast.robin.pk}/sign-out/").url == edit(cast.robin)

    assert robin.get("/account/me/").status_code == 302
    assert AuditEvent.objects.filter(action="signed-out", actor_id=cast.ada.pk, subject_id=cast.robin.pk).exists()


def sent_at_once(person: User, posts: list[tuple[Client, str, dict[str, str]]]) -> list[int]:
    """What each was answered, all of them at work before the person's row is free."""
    said: list[int] = []

    def send(browser: Client, page: str, values: dict[str, str]) -> None:
        try:
            said.append(browser.post(page, values).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=post) for post in posts]
    with transaction.atomic(), connection.cursor() as cursor:
        User.objects.select_for_update().get(pk=person.pk)
        for thread in threads:
            thread.start()
        until = time.monotonic() + 30
        waiting = 0
        while waiting < len(posts) and time.monotonic() < until:
            time.sleep(0.05)
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND locktype <> 'relation'")
            waiting = cursor.fetchone()[0]
    for thread in threads:
        thread.join(30)
    return said


@pytest.mark.django_db(transaction=True)
def test_a_link_used_twice_at_once_sets_one_password_and_the_second_is_told(ada: Client, cast: Cast):
    link = ada.post(f"/staff/{cast.robin.pk}/link/").context["link"].removeprefix("http://testserver")
    browsers = [Client(), Client()]
    pages = [browser.get(link).headers["Location"] for browser in browsers]
    words = [NEW, "a lighthouse made of paper"]
    sent = [{"password1": word, "password2": word} for word in words]

    said = sent_at_once(cast.robin, list(zip(browsers, pages, sent, strict=True)))

    assert sorted(said) == [200, 302]
    assert AuditEvent.objects.filter(action="password-changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_password_changed_twice_at_once_is_changed_once(cast: Cast):
    cache.clear()
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.post("/account/login/", {"login": cast.robin.email, "password": PASSWORD})
    words = [NEW, "a lighthouse made of paper"]
    sent = [{"oldpassword": PASSWORD, "password1": word, "password2": word} for word in words]

    said = sent_at_once(cast.robin, [(browser, "/account/password/change/", sent.pop()) for browser in browsers])

    assert sorted(said) == [200, 302]
    assert AuditEvent.objects.filter(action="password-changed").count() == 1


def test_an_administrator_sends_a_link(ada: Client, cast: Cast):
    answer = ada.post(f"/staff/{cast.robin.pk}/send-link/")

    assert (answer.status_code, answer.url) == (302, edit(cast.robin))
    assert [message.to for message in mail.outbox] == [[cast.robin.email]]


@pytest.mark.parametrize("page", ["link", "send-link"])
def test_a_closed_account_gets_neither(ada: Client, cast: Cast, page: str):
    User.objects.filter(pk=cast.robin.pk).update(is_active=False)

    assert ada.post(f"/staff/{cast.robin.pk}/{page}/").status_code == 404
    assert mail.outbox == []


def test_nobody_is_found_under_a_number_that_is_nobodys(ada: Client):
    assert ada.get("/staff/999999999/").status_code == 404

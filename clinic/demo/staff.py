"""The demo clinic's sites, people, rooms and working hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from accounts.actions import Licence, create_site, create_staff, set_up_clinic
from accounts.models import SecondFactor, Site, User
from accounts.permissions import Role
from clinic.demo import PASSWORD, SIGN_INS
from clinic.demo.plan import EAST, HOMES, WEEKS, WEST
from scheduling.models import Availability, Room

DAY_STARTS, DAY_ENDS = time(8, 30), time(16, 30)

EMAIL = {role: email for role, email, _ in SIGN_INS}

# Key, name, e-mail, title, licence and NPI (invented; valid by its check digit).
PROVIDERS = (
    ("holt", "Dr Maren Holt", EMAIL["provider"], "MD", "MA-H-4410", "1999000015"),
    ("okeke", "Dr Chidi Okeke", "chidi.okeke@example.org", "DO", "MA-D-2093", "1999000023"),
    ("serrano", "Lucía Serrano", "lucia.serrano@example.org", "PA-C", "CO-P-7718", "1999000031"),
)


@dataclass(frozen=True)
class Team:
    """Everybody and everything that the demo patients meet; rooms by provider and coast."""

    sites: dict[str, Site]
    providers: dict[str, User]
    trainee: User
    desk: User
    administrator: User
    rooms: dict[tuple[str, str], Room]


def make_team(*, now: datetime) -> Team:
    """Open the two sites, everybody's account, the rooms and the working hours."""
    administrator = set_up_clinic(
        site_name="Alder Street Clinic",
        time_zone="America/New_York",
        name="Ada Brandt",
        email=EMAIL["administrator"],
        password=PASSWORD,
    )
    east = administrator.sites.get()
    east.phone, east.address = "+1 617 555 0100", "48 Alder Street, Boston, MA 02118"
    east.second_factor = SecondFactor.NOBODY  # a trial with invented patients
    east.save()
    west = create_site(
        name="Mesa View Clinic",
        time_zone="America/Denver",
        phone="+1 303 555 0100",
        address="210 Mesa View Drive, Denver, CO 80205",
        second_factor=SecondFactor.NOBODY,
        by=administrator,
    )
    sites = {EAST: east, WEST: west}

    def staff(name: str, email: str, role: Role, licence: Licence | None = None) -> User:
        return create_staff(
            email=email,
            name=name,
            roles=[role.value],
            sites=sites.values(),
            licence=licence,
            password=PASSWORD,
            by=administrator,
        )

    providers = {
        key: staff(
            name,
            email,
            Role.PROVIDER,
            Licence(
                title=title,
                licence_number=licence,
                # The second one ends soon, so that the notice of it can be seen.
                licence_expires_on=east.today(now=now) + timedelta(days=(410, 45, 640)[place]),
                npi=npi,
            ),
        )
        for place, (key, name, email, title, licence, npi) in enumerate(PROVIDERS)
    }
    desk = staff("Robin Vale", EMAIL["front desk"], Role.FRONT_DESK)
    trainee = staff("Dr Ivo Lindahl", EMAIL["trainee"], Role.TRAINEE)
    rooms = {
        (key, coast): Room.objects.create(site=site, name=f"Room {place}")
        for coast, site in sites.items()
        for place, key in enumerate(HOMES, start=1)
    }
    Availability.objects.bulk_create(
        Availability(provider=providers[key], site=sites[coast], weekday=day, starts_at=starts, ends_at=ends)
        for key, week in WEEKS.items()
        for day, coast in enumerate(week)
        if coast is not None
        for starts, ends in ((DAY_STARTS, time(12, 0)), (time(12, 30), DAY_ENDS))
    )
    return Team(sites=sites, providers=providers, trainee=trainee, desk=desk, administrator=administrator, rooms=rooms)

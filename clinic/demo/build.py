"""Makes the demo clinic in an empty database, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random

from django.db import connection, transaction

from accounts.models import User
from clinic.demo.adverse_events import tell_of_problems
from clinic.demo.desk import write_down_twice
from clinic.demo.diary import Diary
from clinic.demo.evaluations import write_evaluations
from clinic.demo.history import History
from clinic.demo.measures import write_measures
from clinic.demo.messages import write_messages
from clinic.demo.payers import make_drug_orders
from clinic.demo.plan import EAST, make_cases
from clinic.demo.questionnaires import write_questionnaires
from clinic.demo.recalls import recall_a_lot
from clinic.demo.staff import make_team
from clinic.demo.stock import count_stock, keep_stock
from clinic.reference import load_reference
from inventory.models import StockMovement
from patients.models import Patient

SEED = 2026
PATIENTS = 300
# Fewer patients than this do not show every state and condition at both sites.
FEWEST_PATIENTS = 20


class NotEmptyError(Exception):
    """The database holds people already; a demo clinic would stand among them."""


@transaction.atomic
def make_demo_clinic(
    *, patients: int = PATIENTS, seed: int = SEED, now: datetime, report: Callable[[str], None]
) -> History:
    """Fill the empty database with an invented clinic as it would stand at `now`; the same for the same seed and day.

    Raises NotEmptyError when anybody is there already, ValueError for fewer than 20 patients.
    """
    if patients < FEWEST_PATIENTS:
        raise ValueError(f"At least {FEWEST_PATIENTS} patients.")
    if User.objects.exists() or Patient.objects.exists():
        raise NotEmptyError
    load_reference()
    team = make_team(now=now)
    report("two sites, six people")
    today = {coast: site.today(now=now) for coast, site in team.sites.items()}
    cases = make_cases(Random(f"{seed} plan"), patients=patients, today=today)
    history = History(cases, team=team, seed=seed, now=now, report=report)
    history.tell()
    write_evaluations(history.stories, seed=seed)
    Diary(history).make_present()
    make_drug_orders(by=team.desk, now=now)
    tell_of_problems(history)
    write_measures(history)
    write_messages(history)
    write_questionnaires(history)
    write_down_twice(history.stories, by=team.desk)
    keep_stock(team.sites[EAST], by=team.administrator)
    _date_stock_movements()
    count_stock(team.sites[EAST], by=team.administrator, now=now)
    recall_a_lot(by=team.administrator, desk=team.desk, now=now)
    with connection.cursor() as cursor:
        # Otherwise the planner believes the tables are as empty as they were.
        cursor.execute("ANALYZE")
    return history


def _date_stock_movements() -> None:
    """Put each vial's coming and going at its day: the actions can only say that it happens now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_stockmovement movement
               SET at = CASE movement.kind WHEN 'received' THEN vial.received_on + interval '15 hours'
                        ELSE coalesce((SELECT session.signed_at FROM treatments_vialuse use
                                         JOIN treatments_injectionsession session ON session.id = use.session_id
                                        WHERE use.vial_id = vial.id AND session.status = 'signed'), movement.at) END
              FROM inventory_vial vial WHERE vial.id = movement.vial_id
            """
        )
    assert StockMovement.objects.exists()  # noqa: S101 - a clinic without stock treated nobody

"""Reads signed sessions as the plain values that seals are made of, and compares all of them with their seals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, models
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Cast, JSONObject

from audit.seals import seal_secrets
from treatments.merges import forged_merges, signed_patients, touching_merges
from treatments.models import Addendum, Injection, InjectionSession, RecordSeal, SessionCourse, VialUse
from treatments.rules.moved import Signed
from treatments.rules.seals import Problem, Seal, key_of, problems_of

BATCH = 1_000

# Of FORMAT 1: every column of a session that signing locks, and what it points at where the words matter. A column
# added later belongs to a later format.
_COLUMNS = (
    "patient_id", "site_id", "provider_id", "performed_on", "is_outside", "product__key", "dilution_units",
    "dilution_ml", "protocol_id", "guidance", "guidance_reason", "numbing", "discomfort", "started_at", "ended_at",
    "complication", "complication_note", "bleeding", "aftercare_given", "aftercare_note", "medication_guide_given",
    "last_response", "last_response_note", "notes", "is_touch_up", "touch_up_reason", "authorization_id", "replaces_id",
    "outside_units", "outside_source", "outside_lot", "findings", "as_signed", "signed_at", "signed_by_id", "signature",
    "created_at",
    "weight_id", "weight__kg", "weight__measured_on",
    "screening_id", "screening__answered_on", "screening__questionnaire", "screening__answers",
    "screening__by_patient", "screening__recorded_by_id",
    "consent_id", "consent__form__key", "consent__form__version", "consent__form__language", "consent__form__title",
    "consent__form__text", "consent__conditions", "consent__signed_on", "consent__signed_at", "consent__expires_on",
    "consent__signer", "consent__signer_name", "consent__method", "consent__signature", "consent__witness_id",
)  # fmt: skip
_VOID = ("voided_at", "voided_by_id", "void_reason")


@dataclass(frozen=True)
class SealedRecord:
    """One session with everything its seals are made of."""

    id: int
    status: str
    record: dict[str, Any]
    addenda: list[dict[str, Any]]
    void: dict[str, Any]
    seals: list[Seal]
    # Whether it lies with the patient it was signed for, or the one whom merges brought it to.
    is_in_place: bool = True

    def problems(self, keys: list[bytes]) -> list[Problem]:
        if not self.is_in_place:
            return [Problem(self.id, "it lies with another patient, and no merge brought it there")]
        return problems_of(
            session_id=self.id,
            status=self.status,
            record=self.record,
            addenda=self.addenda,
            void=self.void,
            seals=self.seals,
            keys=keys,
        )


def seal_keys() -> list[bytes]:
    """The key that seals now, then those that sealed before: of RECORD_SEAL_KEY, else of SECRET_KEY."""
    return [key_of(secret) for secret in seal_secrets()]


def sealed_records(sessions: models.QuerySet[InjectionSession], *, most: int | None = None) -> list[SealedRecord]:
    """These sessions with their rows and seals, by their ids, in one query, two where records were merged.

    The patient of each is the one it was signed for, whoever's record that was merged into since.
    """
    rows = (
        sessions.order_by("pk")
        .annotate(
            is_of_a_merge=Exists(touching_merges(OuterRef("patient_id"))),
            sealed_courses=_rows(
                SessionCourse, "course_id", course=F("course_id"), condition=F("course__condition__key")
            ),
            sealed_injections=_rows(
                Injection, "order", "pk",
                order=F("order"), course=F("course_id"), muscle=F("muscle__key"), side=F("side"), view=F("view"),
                x=F("x"), y=F("y"), units=_text("units"),
            ),
            sealed_vials=_rows(
                VialUse, "pk",
                vial=F("vial_id"), product=F("vial__size__product__key"), size=_text("vial__size__units"),
                lot=F("vial__lot__number"), expires_on=F("vial__lot__expires_on"), given=_text("units_given"),
                discarded=_text("units_discarded"), diluent=F("diluent"), diluent_ml=_text("diluent_ml"),
                reconstituted_at=F("reconstituted_at"), reconstituted_by=F("reconstituted_by_id"),
            ),
            sealed_addenda=_rows(
                Addendum, "pk",
                id=F("pk"), text=F("text"), by=F("written_by_id"), at=F("written_at"), signature=F("signature"),
            ),
            sealed_seals=_rows(
                RecordSeal, "pk",
                id=F("pk"), event=F("event"), sealed_at=F("sealed_at"), digest=F("digest"), previous=F("previous"),
            ),
        )
        .values(
            "pk", "status", "is_of_a_merge", *_COLUMNS, *_VOID,
            "sealed_courses", "sealed_injections", "sealed_vials", "sealed_addenda", "sealed_seals",
        )
    )  # fmt: skip
    found = list(rows[:most])
    patients = signed_patients({row["pk"]: row["patient_id"] for row in found if row["is_of_a_merge"]})
    return [_record(row, patients.get(row["pk"], Signed(row["patient_id"], True))) for row in found]


def _rows(model: type[models.Model], *order: str, **values: Any) -> ArraySubquery:
    of_session = model._default_manager.filter(session=OuterRef("pk")).order_by(*order)
    return ArraySubquery(of_session.values(json=JSONObject(**values)))


def _text(name: str) -> Cast:
    """Numbers as text: JSON knows no decimals."""
    return Cast(name, models.TextField())


def _record(row: dict[str, Any], signed: Signed) -> SealedRecord:
    return SealedRecord(
        id=row["pk"],
        status=row["status"],
        record={name: row[name] for name in _COLUMNS}
        | {
            "patient_id": signed.patient_id,
            "courses": row["sealed_courses"],
            "injections": row["sealed_injections"],
            "vials": row["sealed_vials"],
        },
        addenda=row["sealed_addenda"],
        void={name: row[name] for name in _VOID},
        seals=[
            Seal(seal["id"], seal["event"], datetime.fromisoformat(seal["sealed_at"]), seal["digest"], seal["previous"])
            for seal in row["sealed_seals"]
        ],
        is_in_place=signed.is_honest,
    )


# --- all of them


@dataclass
class Verification:
    """How the records stand against their seals. `head` names the newest seal: to compare with one noted elsewhere."""

    sessions: int = 0
    seals: int = 0
    head: str = ""
    head_found: bool = True
    problems: list[Problem] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.problems and self.head_found


def verify_records(*, progress: Callable[[int], None] = lambda done: None, noted_head: str = "") -> Verification:
    """Compare every session that is no draft with its seals, and the chain of seals with itself.

    `noted_head` is the head of an earlier verification, kept outside the database: a chain cut off behind it is found.
    """
    found = Verification(head_found=not noted_head)
    keys = seal_keys()
    for records in _batches():
        for row in records:
            found.sessions += 1
            found.problems += row.problems(keys)
        progress(found.sessions)
    previous, gaps = "", set()
    for seal in RecordSeal.objects.order_by("pk").values_list("session_id", "digest", "previous").iterator(BATCH):
        if seal[2] != previous:
            gaps.add(seal[0])
        previous = seal[1]
        found.seals += 1
        found.head_found |= previous == noted_head
    known = {problem.session_id for problem in found.problems}
    found.problems += [
        Problem(session_id, "a seal in front of its own was removed or changed") for session_id in sorted(gaps - known)
    ]
    known = {problem.session_id for problem in found.problems}
    found.problems += [problem for problem in _gone() if problem.session_id not in known]
    known = {problem.session_id for problem in found.problems}
    found.problems += [problem for problem in forged_merges(keys) if problem.session_id not in known]
    found.head = previous
    return found


def _batches() -> Iterator[list[SealedRecord]]:
    """By ranges of ids, so that a batch costs the same however many sessions there are."""
    # A draft was never sealed, nor was one that was thrown away.
    unsigned = models.Q(status="draft") | models.Q(status="voided", is_outside=False, signed_at=None)
    sealed = models.Exists(RecordSeal.objects.filter(session=OuterRef("pk")))
    sessions = InjectionSession.objects.filter(~unsigned | sealed)
    last = 0
    while records := sealed_records(sessions.filter(pk__gt=last), most=BATCH):
        yield records
        last = records[-1].id


def _gone() -> list[Problem]:
    """What the audit or the history of rows noted, and which is not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH signed AS (
                SELECT subject_id AS id FROM audit_auditevent
                 WHERE action = 'sign' AND subject_type = 'treatments.InjectionSession'
                UNION
                SELECT pgh_obj_id FROM treatments_injectionsessionevent WHERE status IN ('signed', 'recorded')
            ), voided AS (
                SELECT subject_id AS id FROM audit_auditevent
                 WHERE action = 'void' AND subject_type = 'treatments.InjectionSession'
                UNION
                SELECT pgh_obj_id FROM treatments_injectionsessionevent WHERE status = 'voided'
            )
            SELECT noted.id, CASE WHEN kept.id IS NULL THEN 'it was signed and is gone'
                                  ELSE 'it was signed, and the seal of its signing is gone' END
              FROM signed AS noted LEFT JOIN treatments_injectionsession AS kept ON kept.id = noted.id
             WHERE noted.id IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM treatments_recordseal AS seal
                                WHERE seal.session_id = noted.id AND seal.event IN ('signed', 'recorded'))
            UNION ALL
            -- A draft thrown away was never sealed.
            SELECT noted.id, 'it was voided, and the seal of that is gone'
              FROM voided AS noted JOIN signed ON signed.id = noted.id
             WHERE EXISTS (SELECT 1 FROM treatments_injectionsession AS kept WHERE kept.id = noted.id)
               AND NOT EXISTS (SELECT 1 FROM treatments_recordseal AS seal
                                WHERE seal.session_id = noted.id AND seal.event = 'voided')
            UNION ALL
            SELECT noted.subject_id, 'an addendum was written and is gone' FROM audit_auditevent AS noted
             WHERE noted.action = 'addendum' AND noted.subject_type = 'treatments.InjectionSession'
             GROUP BY noted.subject_id
            HAVING count(*) > (SELECT count(*) FROM treatments_addendum WHERE session_id = noted.subject_id)
             ORDER BY 1
            """
        )
        return [Problem(*row) for row in cursor.fetchall()]

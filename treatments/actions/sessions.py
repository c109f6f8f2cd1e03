"""What happens to a session: begun, saved while it is charted, signed once, voided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site, User
from audit.actions import lock_version, record
from audit.models import StaleVersionError
from inventory.actions import use_vials
from inventory.models import Product, Vial
from patients.models import Patient
from treatments.actions.seals import seal_session
from treatments.actions.vials import Mixing, draw_vials
from treatments.actions.windows import rebuild_windows, retarget
from treatments.as_signed import snapshot_of
from treatments.checks import facts_of
from treatments.models import FollowUp, Injection, InjectionSession, Protocol, SessionCourse, TreatmentCourse, VialUse
from treatments.rules.chosen import record_links
from treatments.rules.facts import Finding
from treatments.rules.findings import find_all, unanswered

MOST_REASON = 500  # characters


class SigningRefusedError(Exception):
    """The session cannot be signed yet; `findings` are the stops, and the warnings that lack a reason."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(finding.words for finding in findings))
        self.findings = list(findings)


@dataclass(frozen=True)
class DraftHeader:
    """What a session says once, for all its sites."""

    performed_on: date
    product: Product | None = None
    protocol: Protocol | None = None
    dilution_units: int | None = None
    dilution_ml: Decimal | None = None
    guidance: str = InjectionSession.Guidance.NONE
    guidance_reason: str = ""
    numbing: str = InjectionSession.Numbing.NONE
    discomfort: int | None = None
    started_at: time | None = None
    ended_at: time | None = None
    complication: str = InjectionSession.Complication.NONE
    complication_note: str = ""
    bleeding: str = InjectionSession.Bleeding.NONE
    aftercare_given: bool = False
    aftercare_note: str = ""
    medication_guide_given: bool = False
    last_response: str = ""
    last_response_note: str = ""
    notes: str = ""
    is_touch_up: bool = False
    touch_up_reason: str = ""


@dataclass(frozen=True)
class DraftSite:
    """One injection site as it is being charted; units of the session's product, None until they are given."""

    course_id: int
    muscle_id: int
    side: str
    units: Decimal | None = None
    view: str = ""
    x: int | None = None
    y: int | None = None


@transaction.atomic
def start_session(
    *, patient: Patient, site: Site, courses: Iterable[TreatmentCourse], on: date, by: User
) -> InjectionSession:
    """Begin a draft for one or several courses of a patient; an unsigned draft of that day is taken up again.

    Raises ValidationError without a course, for another patient's course, or for a patient who has died or left.
    """
    courses = sorted(courses, key=lambda course: course.pk)
    if not courses:
        raise ValidationError("Choose what this session treats.")
    if any(course.patient_id != patient.pk for course in courses):
        raise ValidationError("A session treats the courses of one patient.")
    if patient.died_on or patient.left_on:
        raise ValidationError("This patient has died or left the clinic.")
    # Locks the patient, so that two presses make one draft.
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    # The draft that replaces a voided session is a visit of its own.
    today = InjectionSession.objects.drafts().filter(patient=patient, performed_on=on, provider=by, replaces=None)
    draft = today.first()
    if draft is None:
        draft = InjectionSession.objects.create(
            patient=patient, site=site, provider=by, performed_on=on, **_last_product(courses)
        )
    for course in courses:
        SessionCourse.objects.get_or_create(session=draft, course=course)
    return draft


def _last_product(courses: Sequence[TreatmentCourse]) -> dict[str, Any]:
    """Product and dilution of the last session signed for one of these courses: what a new draft begins with."""
    last = (
        InjectionSession.objects.filter(
            status=InjectionSession.Status.SIGNED, treated__course__in=courses, is_touch_up=False
        )
        .order_by("-performed_on", "-pk")
        .first()
    )
    if last is None:
        return {}
    return {"product_id": last.product_id, "dilution_units": last.dilution_units, "dilution_ml": last.dilution_ml}


@transaction.atomic
def save_draft(
    *,
    session: InjectionSession,
    header: DraftHeader,
    sites: Sequence[DraftSite],
    vials: Sequence[Vial],
    by: User,
    version: int | None,
    courses: Iterable[TreatmentCourse] | None = None,
    mixings: Mapping[int, Mixing] | None = None,
) -> InjectionSession:
    """Keep a draft as it stands, complete or not; the vials' units are spread over them in their order.

    `mixings` says by the id of a vial how it was reconstituted; a vial it does not name keeps what is known.
    Raises StaleVersionError when the draft was saved elsewhere meanwhile, and ValidationError when it is signed
    already, units stand without a product, a site names a course the session does not treat, or a vial may not be
    used for it.
    """
    session = lock_version(session, version=version)
    if not session.is_draft:
        raise ValidationError("This session is signed and cannot be changed.")
    if header.product is None and any(site.units is not None for site in sites):
        raise ValidationError("Choose the product before any units.")
    for field in fields(header):
        setattr(session, field.name, getattr(header, field.name))
    session.save()
    if courses is not None:
        _treat(session, list(courses), sites)
    treated = set(session.treated.values_list("course_id", flat=True))
    if any(site.course_id not in treated for site in sites):
        raise ValidationError("A site is charted for a course this session does not treat.")
    _write_sites(session, sites)
    draw_vials(
        session=session,
        vials=vials,
        total=sum((site.units for site in sites if site.units), Decimal(0)),
        mixings=mixings or {},
        by=by,
    )
    return session


def _write_sites(session: InjectionSession, sites: Sequence[DraftSite]) -> None:
    """Make the stored sites those given, in their order; a row that says the same already stays untouched."""
    wanted = dict(enumerate(sites, start=1))
    names = [field.name for field in fields(DraftSite)]
    gone = []
    for pk, order, *values in session.injections.values_list("pk", "order", *names):
        if wanted.get(order) == DraftSite(*values):
            del wanted[order]
        else:
            gone.append(pk)
    if gone:
        session.injections.filter(pk__in=gone).delete()
    if wanted:
        Injection.objects.bulk_create(
            Injection(session=session, order=order, **vars(site)) for order, site in wanted.items()
        )


def _treat(session: InjectionSession, courses: list[TreatmentCourse], sites: Sequence[DraftSite]) -> None:
    if not courses or any(course.patient_id != session.patient_id for course in courses):
        raise ValidationError("A session treats one or several courses of its patient.")
    wanted = {course.pk for course in courses}
    session.injections.exclude(course_id__in=wanted).delete()
    session.treated.exclude(course_id__in=wanted).delete()
    for course in sorted(courses, key=lambda course: course.pk):
        SessionCourse.objects.get_or_create(session=session, course=course)


@transaction.atomic
def sign_session(
    *,
    session: InjectionSession,
    by: User,
    version: int | None,
    reasons: Mapping[str, str],
    now: datetime,
) -> InjectionSession:
    """Sign: check everything, take the vials from stock, lock the session, plan follow-ups, move the windows.

    All or nothing, and once: signing a signed session again returns it unchanged. `reasons` answers warnings by the
    key of the finding. Raises SigningRefusedError with what is missing, StaleVersionError when the draft changed after
    it was reviewed, VialTakenError when another session took a vial first.
    """
    # The patient first: of two sessions signed at once, the later one must count the units of the other.
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=session.patient_id)
    locked = InjectionSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if locked.status == InjectionSession.Status.SIGNED:
        return locked
    if not locked.is_draft:
        raise ValidationError("This session was voided.")
    lock_version(locked, version=version)
    # In the order of their ids, so that two signers never wait for each other in a ring.
    courses = list(
        TreatmentCourse.objects.select_for_update(of=("self",))
        .filter(treatments__session=locked)
        .select_related("condition", "patient")
        .order_by("pk")
    )
    # Read under those locks: what another signer has just added to a course is seen.
    draft = InjectionSession.objects.for_chart().get(pk=locked.pk)
    today = draft.site.today(now=now)
    facts = facts_of(draft, by=by, today=today, now=now)
    found = find_all(facts)
    long = f"A reason has at most {MOST_REASON} characters: put the rest into the notes."
    if wrong := {key: long for key, reason in reasons.items() if len(reason) > MOST_REASON}:
        raise ValidationError(wrong)
    if wrong := {key: "Null characters are not allowed." for key, reason in reasons.items() if "\x00" in reason}:
        raise ValidationError(wrong)
    if missing := unanswered(found, reasons):
        raise SigningRefusedError(missing)
    # A replacement describes the same visit: its vials have left the shelf already.
    taken = set(VialUse.objects.filter(session=draft.replaces_id).values_list("vial_id", flat=True))
    use_vials(vials=[use.vial for use in draft.vial_uses.all() if use.vial_id not in taken], by=by)
    # What it went by: the screening of the day, the consent, a child's weight, the authorisation.
    for name, pk in asdict(record_links(facts)).items():
        setattr(draft, name, pk)
    draft.ended_at = _ended(draft)
    draft.status = InjectionSession.Status.SIGNED
    draft.provider = draft.provider or by
    draft.signed_at, draft.signed_by = now, by
    draft.signature = signature_of(by, drafted_by=draft.provider)
    draft.findings = [asdict(finding) | {"reason": reasons.get(finding.key, "").strip()} for finding in found]
    draft.as_signed = snapshot_of(draft)
    draft.version += 1
    draft.save()
    if draft.replaces_id and not draft.is_touch_up:
        # What was asked and found after the session this one replaces was about the same injections.
        done = FollowUp.objects.filter(session=draft.replaces_id, course__in=courses, status=FollowUp.Status.DONE)
        done.update(session=draft)
    for course in courses:
        if not draft.is_touch_up:
            window = rebuild_windows(course=course, on=today)
            if window is not None and window.session_id == draft.pk:
                _plan_follow_ups(draft, course)
    record(action="sign", by=by, patient_id=draft.patient_id, subject=draft)
    seal_session(session=draft, event="signed", now=now)
    return draft


def _ended(draft: InjectionSession) -> time | None:
    """When the session ended: as recorded, else the minute of its last change, if that was on the day of the session.

    Signing may come hours later, so its own minute says nothing. A replacement was charted after the visit.
    """
    last = draft.site.localtime(draft.saved_at).replace(second=0, microsecond=0)
    if draft.ended_at is not None or draft.started_at is None or draft.replaces_id:
        return draft.ended_at
    return last.time() if last.date() == draft.performed_on and draft.started_at <= last.time() else None


def signature_of(by: User, *, drafted_by: User | None) -> str:
    """Who signed as what: the author alone, or the supervising author of what a trainee drafted."""
    credential = f"{by.credential.title}, licence {by.credential.licence_number}"
    if drafted_by is None or drafted_by == by or not drafted_by.is_trainee():
        return f"{by.name}, {credential}: author"[:200]
    return (
        f"drafted by {drafted_by.name[:40]}, trainee; "
        f"reviewed and signed by {by.name[:40]}, {credential[:53]}: supervising author"
    )


def _plan_follow_ups(session: InjectionSession, course: TreatmentCourse) -> None:
    policy = course.windows.select_related("policy").get(session=session).policy
    asked = set(session.follow_ups.filter(course=course).values_list("step", flat=True))
    FollowUp.objects.bulk_create(
        FollowUp(
            course=course,
            session=session,
            step=step.key,
            name=step.name,
            purpose=step.purpose,
            due_on=session.performed_on + timedelta(days=step.day),
        )
        for step in policy.follow_up_steps.all()
        if step.key not in asked
    )


@transaction.atomic
def record_outside_session(
    *,
    course: TreatmentCourse,
    performed_on: date,
    product: Product,
    units: Decimal,
    source: str,
    on: date,
    by: User,
    lot: str = "",
    seal: bool = True,
) -> InjectionSession:
    """Record a session from before Cadence or from elsewhere: it opens windows and counts for dose.

    `seal` is left out only where the transaction is going to be undone: sealing holds up every other signer.
    Raises ValidationError for a day in the future or before the patient's birth, units not above 0, no source, or the
    same session (course, day, product) recorded before.
    """
    course = (
        TreatmentCourse.objects.select_for_update(of=("self",)).select_related("condition", "patient", "site")
    ).get(pk=course.pk)
    if performed_on > on:
        raise ValidationError({"performed_on": "This day lies in the future."})
    if performed_on < course.patient.birth_date:
        raise ValidationError({"performed_on": "This day lies before the patient's birth."})
    if units <= 0:
        raise ValidationError({"units": "More than 0 units."})
    if not source.strip():
        raise ValidationError({"source": "Say where this is known from."})
    if (
        InjectionSession.objects.given()
        .filter(treated__course=course, performed_on=performed_on, product=product)
        .exists()
    ):
        raise ValidationError({"performed_on": f"A {product.brand} session of that day is already there."})
    session = InjectionSession.objects.create(
        patient=course.patient,
        site=course.site,
        performed_on=performed_on,
        is_outside=True,
        product=product,
        outside_units=units,
        outside_source=source.strip(),
        outside_lot=lot.strip(),
    )
    SessionCourse.objects.create(session=session, course=course)
    session.status = InjectionSession.Status.RECORDED
    session.as_signed = snapshot_of(session)
    session.full_clean(exclude=["findings", "as_signed"])
    session.save()
    rebuild_windows(course=course, on=on)
    if seal:
        seal_session(session=session, event="recorded", now=session.created_at)
    return session


@transaction.atomic
def void_session(
    *, session: InjectionSession, reason: str, by: User, now: datetime, version: int | None = None
) -> InjectionSession:
    """Void a session entered in error, or throw away a draft; its windows and follow-ups are undone, the rows stay.

    Vials stay used: what was opened is not put back. Raises ValidationError without a reason, and StaleVersionError
    when it is no longer what the page showed: whoever throws away a draft does not void what was signed meanwhile.
    """
    session = InjectionSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if session.status == InjectionSession.Status.VOIDED:
        return session
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    if version is not None and session.version != version:
        raise StaleVersionError(session)
    courses = list(
        TreatmentCourse.objects.select_for_update(of=("self",))
        .filter(treatments__session=session)
        .select_related("condition", "patient")
        .order_by("pk")
    )
    was_draft = session.is_draft
    had_window = not was_draft and not session.is_touch_up
    if was_draft:
        session.replaces = None  # another draft may replace that session
    session.status = InjectionSession.Status.VOIDED
    session.voided_at, session.voided_by, session.void_reason = now, by, reason.strip()
    session.version += 1
    session.save()
    session.follow_ups.filter(status=FollowUp.Status.PLANNED).update(status=FollowUp.Status.CANCELLED)
    for course in courses:
        rebuild_windows(course=course, on=session.site.today(now=now), voided=session if had_window else None)
        retarget(course=course)
    record(action="void", by=by, patient_id=session.patient_id, subject=session)
    if not was_draft:
        seal_session(session=session, event="voided", now=now)
    return session

"""What a session says of the rows it points at: kept when it is signed, and shown in the place of those rows later.

The patient's name, a course's diagnosis, the name of a muscle, a product's brand and codes may all change; what was
signed does not. The kept words are a part of what is sealed.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models

from accounts.models import Credential, User
from treatments.models import DiagnosisCode, InjectionSession

_PATIENT = ("given_name", "family_name", "record_number", "sex")
_PRODUCT = ("brand", "generic_name", "hcpcs", "units_per_billing_unit")
_CONDITION = ("name", "short_name")
_AUTHORIZATION = ("status", "units_approved", "visits_approved")
_DAYS_OF_AUTHORIZATION = ("starts_on", "ends_on")
_CREDENTIAL = ("title", "licence_number", "npi")


def snapshot_of(session: InjectionSession) -> dict[str, Any]:
    """The words of the rows that a session points at, as plain JSON; courses and vials by their ids."""
    patient = session.patient
    return {
        "patient": _values(patient, _PATIENT) | {"birth_date": patient.birth_date.isoformat()},
        "product": _values(session.product, _PRODUCT) if session.product else None,
        "courses": {
            str(row.course_id): {
                "condition": _values(row.course.condition, _CONDITION),
                "code": row.course.diagnosis.code if row.course.diagnosis else "",
                "display": row.course.diagnosis.display if row.course.diagnosis else "",
            }
            for row in session.treated.all()
        },
        "muscles": {row.muscle.key: row.muscle.name for row in session.injections.all()},
        "vials": {
            str(use.vial_id): {
                "lot": use.vial.lot.number,
                "expires_on": use.vial.lot.expires_on.isoformat(),
                "units": use.vial.size.units,
                "ndc11": use.vial.size.ndc11,
                "source": use.vial.source,
                "reconstituted_by": use.reconstituted_by.name if use.reconstituted_by else "",
            }
            for use in session.vial_uses.all()
        },
        "provider": _person(session.provider),
        "signer": _person(session.signed_by),
        "authorization": session.authorization.number if session.authorization else None,
        "papers": _papers(session),
    }


def _papers(session: InjectionSession) -> dict[str, Any]:
    """Who took the screening, who witnessed the consent, who paid on the day; the terms of the authorisation."""
    on, authorization = session.performed_on, session.authorization
    return {
        "screening_by": session.screening.recorded_by.name if session.screening else "",
        "screening_language": session.screening.language if session.screening else "",
        "witness": session.consent.witness.name if session.consent else "",
        "payers": [
            {"payer": row.payer.name, "member_id": row.member_id}
            for row in session.patient.coverages.all()
            if (row.starts_on is None or row.starts_on <= on) and (row.ends_on is None or on <= row.ends_on)
        ],
        "authorization": authorization
        and {name: str(getattr(authorization, name)) for name in _DAYS_OF_AUTHORIZATION}
        | _values(authorization, _AUTHORIZATION)
        | {"payer": authorization.coverage.payer.name},
    }


def papers_as_signed(session: InjectionSession) -> dict[str, Any] | None:
    """What the session kept of its papers; None for a draft, and for one signed before they were kept."""
    return (session.as_signed or {}).get("papers")


def show_as_signed(session: InjectionSession) -> InjectionSession:
    """Put the kept words of a session into its rows as they were read, for a page or a document; none is ever saved.

    A draft keeps nothing, and shows what is known now.
    """
    kept: dict[str, Any] = session.as_signed
    if not kept:
        return session
    _put(_read(session, "patient"), kept.get("patient"))
    _put(_read(session, "product"), kept.get("product"))
    courses, muscles, vials = (kept.get(name, {}) for name in ("courses", "muscles", "vials"))
    for row in session.treated.all():
        if words := courses.get(str(row.course_id)):
            _put(row.course.condition, words["condition"])
            row.course.diagnosis = (
                DiagnosisCode(code=words["code"], display=words["display"]) if words["code"] else None
            )
    for site in session.injections.all():
        site.muscle.name = muscles.get(site.muscle.key, site.muscle.name)
    for use in session.vial_uses.all():
        if words := vials.get(str(use.vial_id)):
            use.vial.source = words["source"]
            _put(_read(use, "reconstituted_by"), {"name": words["reconstituted_by"]})
            _put(use.vial.lot, {"number": words["lot"], "expires_on": words["expires_on"]})
            _put(use.vial.size, {"units": words["units"], "ndc11": words["ndc11"]})
        if session.product:
            # The database signs no vial of another product.
            use.vial.size.product = session.product
    _put_person(_read(session, "provider"), kept.get("provider"))
    _put_person(_read(session, "signed_by"), kept.get("signer"))
    _put(_read(session, "authorization"), {"number": kept.get("authorization")})
    if papers := papers_as_signed(session):
        for name, person, words in (("screening", "recorded_by", "screening_by"), ("consent", "witness", "witness")):
            if (row := _read(session, name)) is not None:
                _put(_read(row, person), {"name": papers[words]})
        # Those signed before it was recorded do not say it.
        _put(_read(session, "screening"), {"language": papers.get("screening_language", "")})
    return session


def _read(row: models.Model, name: str) -> Any:
    """What the row points at, or None where it was not read along: what is not shown costs no query."""
    return getattr(row, name) if row._meta.get_field(name).is_cached(row) else None  # type: ignore[union-attr]


def _values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _person(user: User | None) -> dict[str, Any] | None:
    if user is None:
        return None
    credential = getattr(user, "credential", None)
    return {"name": user.name} | (_values(credential, _CREDENTIAL) if credential else {})


def _put(row: Any, values: dict[str, Any] | None) -> None:
    if row is None:
        return
    for name, value in (values or {}).items():
        is_day = name in ("birth_date", "expires_on")
        setattr(row, name, date.fromisoformat(value) if is_day else value)


def _put_person(user: User | None, kept: dict[str, Any] | None) -> None:
    if user is None or kept is None:
        return
    user.name = kept["name"]
    # Who had no licence then, a trainee, is not shown with the one of later.
    user._state.fields_cache["credential"] = (
        Credential(user=user, **{name: kept[name] for name in _CREDENTIAL}) if "npi" in kept else None
    )

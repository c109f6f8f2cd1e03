"""What the database itself refuses, whoever asks: the last judge over signed sessions."""

import pgtrigger

from patients.models.triggers import only_changes_hands

# Only these may change when a signed or recorded session is voided.
_VOID_COLUMNS = "'{status,voided_at,voided_by_id,void_reason,version,saved_at}'::text[]"

SIGNED_SESSION_IS_LOCKED = pgtrigger.Trigger(
    name="signed_session_is_locked",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func=f"""
        IF OLD.status = 'draft' THEN
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END IF;
        IF TG_OP = 'UPDATE' AND OLD.status IN ('signed', 'recorded') AND NEW.status = 'voided'
           AND to_jsonb(NEW) - {_VOID_COLUMNS} = to_jsonb(OLD) - {_VOID_COLUMNS} THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'UPDATE' AND {only_changes_hands("treatments.InjectionSession")} THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'A % session cannot be changed.', OLD.status USING ERRCODE = 'integrity_constraint_violation';
    """,
)

# The patient's row is locked against a merge that runs at the same moment: what it moves is all there is.
NO_SESSION_OF_A_MERGED_RECORD = pgtrigger.Trigger(
    name="no_session_of_a_merged_record",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("other", "bigint")],
    func="""
        SELECT merged_into_id INTO other FROM patients_patient WHERE id = NEW.patient_id FOR KEY SHARE;
        IF other IS NOT NULL THEN
            RAISE EXCEPTION 'This record was merged into another.' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """,
)

SIGNED_SESSION_IS_COMPLETE = pgtrigger.Trigger(
    name="signed_session_is_complete",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    declare=[
        ("injected", "numeric"),
        ("given", "numeric"),
        ("unclosed", "integer"),
        ("empty", "integer"),
        ("anothers", "integer"),
    ],
    func="""
        IF NEW.status <> 'signed' OR (TG_OP = 'UPDATE' AND OLD.status = 'signed') THEN
            RETURN NEW;
        END IF;
        SELECT sum(units), count(*) FILTER (WHERE units IS NULL) INTO injected, empty
          FROM treatments_injection WHERE session_id = NEW.id;
        SELECT sum(use.units_given),
               count(*) FILTER (WHERE use.units_given + use.units_discarded <> size.units
                                   OR size.product_id <> NEW.product_id),
               count(*) FILTER (WHERE named.patient_id <> NEW.patient_id
                                   OR (vial.source = 'pharmacy' AND named.id IS NULL))
          INTO given, unclosed, anothers
          FROM treatments_vialuse use
          JOIN inventory_vial vial ON vial.id = use.vial_id
          JOIN inventory_vialsize size ON size.id = vial.size_id
          LEFT JOIN treatments_patientvial named ON named.vial_id = vial.id
         WHERE use.session_id = NEW.id;
        IF coalesce(injected, 0) <= 0 OR empty > 0 THEN
            RAISE EXCEPTION 'A session is signed with units at every site.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF given IS DISTINCT FROM injected OR unclosed > 0 THEN
            RAISE EXCEPTION 'The vials of a signed session must close: given plus discarded is the vial.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF anothers > 0 THEN
            RAISE EXCEPTION 'A vial of this session belongs to another patient.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """,
)

# Asked when the transaction ends: voiding seals last. Nobody can make a seal that fits without the clinic's key, so a
# session that somebody voids past the application is found by `manage.py verify_records` even with a seal of their own.
VOIDED_SESSION_IS_SEALED = pgtrigger.Trigger(
    name="voided_session_is_sealed",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("status"),
    timing=pgtrigger.Deferred,
    condition=pgtrigger.Q(old__status__in=["signed", "recorded"], new__status="voided"),
    func="""
        IF NOT EXISTS (SELECT 1 FROM treatments_recordseal WHERE session_id = NEW.id AND event = 'voided') THEN
            RAISE EXCEPTION 'A session is voided with a seal of it.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    """,
)

# For the rows of a session: they change while it is a draft, and never after. The row is locked against a signing
# that runs at the same moment.
DRAFT_ROWS_ONLY = pgtrigger.Trigger(
    name="draft_rows_only",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    declare=[("found_status", "text")],
    func="""
        IF TG_OP <> 'INSERT' THEN
            SELECT status INTO found_status FROM treatments_injectionsession WHERE id = OLD.session_id FOR SHARE;
            IF found_status <> 'draft' THEN
                RAISE EXCEPTION 'A % session cannot be changed.', found_status
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        SELECT status INTO found_status FROM treatments_injectionsession WHERE id = NEW.session_id FOR SHARE;
        IF found_status <> 'draft' THEN
            RAISE EXCEPTION 'A % session cannot be changed.', found_status
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """,
)

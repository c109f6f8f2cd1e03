"""What the database lets through when two records of one person are made one, and taken apart again."""


def moved_by_merge(model: str) -> str:
    """SQL that is true in a trigger on `model` (a label) when the row changes hands as a merge says, or goes back.

    The merge names the row: nobody can use one merge to move another row.
    """
    return f"""
        EXISTS (
            SELECT 1 FROM patients_patientmerge AS merge
             WHERE merge.moved -> '{model}' @> to_jsonb(NEW.id)
               AND ((merge.undone_at IS NULL AND merge.merged_id = OLD.patient_id AND merge.kept_id = NEW.patient_id)
                 OR (merge.undone_at IS NOT NULL AND merge.kept_id = OLD.patient_id
                     AND merge.merged_id = NEW.patient_id)))
    """  # noqa: S608 - labels of our own models


def only_changes_hands(model: str) -> str:
    """SQL that is true in a trigger on `model` when nothing but the patient changes, and a merge says so."""
    return f"""
        OLD.patient_id <> NEW.patient_id
        AND to_jsonb(NEW) - 'patient_id' = to_jsonb(OLD) - 'patient_id'
        AND {moved_by_merge(model)}
    """

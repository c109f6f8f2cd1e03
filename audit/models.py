"""Who saw and changed what. This app is the lowest layer and knows nobody: people and patients are plain numbers."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from audit.querysets import AuditEventQuerySet, LinkQuerySet


class Action(models.TextChoices):
    SIGN_IN = "sign-in", "signed in"
    SIGN_IN_FAILED = "sign-in-failed", "failed to sign in"
    LOCK_OUT = "lock-out", "was locked out"
    SIGN_OUT = "sign-out", "signed out"
    PASSWORD_CHANGED = "password-changed", "changed the password"
    SECOND_FACTOR = "second-factor", "changed a second factor"
    SIGNED_OUT = "signed-out", "was signed out"
    CHART_READ = "chart-read", "read a chart"
    EMERGENCY = "emergency", "opened a record in an emergency"
    SEARCH = "search", "searched patients"
    EXPORT = "export", "exported data"
    IMPORT = "import", "imported data"
    SIGN = "sign", "signed a record"
    VOID = "void", "voided a record"
    STAFF_CHANGED = "staff-changed", "changed staff or a site"
    ADDENDUM = "addendum", "added to a signed record"
    PRINT = "print", "printed a document"
    DISCLOSURE = "disclosure", "printed a patient's facts for an authority"
    CONSENT = "consent", "took or withdrew a consent"
    LABEL_CONFIRMED = "label-confirmed", "confirmed a number against the label"
    LOT_RECALLED = "lot-recalled", "marked a lot as recalled"
    MERGE = "merge", "merged or took apart two records"
    LINK_OPENED = "link-opened", "opened a patient's link"
    LINK_REFUSED = "link-refused", "was refused at a patient's link"
    QUESTIONS_OPENED = "questions-opened", "opened the questions to a patient"
    MESSAGE = "message", "sent a message to a patient"
    REFUSED = "refused", "was refused"


class AuditEvent(models.Model):
    """One thing somebody did or saw; rows are only ever added, and the database refuses anything else."""

    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=32, choices=Action)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_roles = models.CharField(max_length=100, blank=True)
    patient_id = models.BigIntegerField(null=True, blank=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=45, blank=True, help_text="The network address that asked.")
    request_id = models.CharField(max_length=32, blank=True, help_text="The request, as the server's log names it.")
    seal = models.CharField(max_length=64, blank=True, help_text="Made with a key that the database does not hold.")

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["at", "id"], name="audit_by_time"),
            models.Index(fields=["patient_id", "at", "id"], name="audit_by_patient"),
            models.Index(fields=["actor_id", "at", "id"], name="audit_by_actor"),
            models.Index(fields=["action", "at", "id"], name="audit_by_action"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(action__in=Action.values),
                name="audit_action_is_known",
                violation_error_message="Unknown audit action.",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="only_ever_added", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.get_action_display()}"

    def subject_words(self) -> str:
        """What the event was about, without saying more than its kind and number: "injection session 12"."""
        name = self.subject_type.rpartition(".")[2]
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
        return f"{words} {self.subject_id}" if self.subject_id else words

    def roles_words(self) -> str:
        return self.actor_roles.replace("_", " ").replace(",", ", ")


class Source(models.Model):
    """A chained table by the columns it had from some migration on; written by `audit.chain.install`."""

    table_name = models.CharField(max_length=63)
    columns = ArrayField(models.CharField(max_length=63))
    types = ArrayField(models.CharField(max_length=63))

    class Meta:
        db_table = "audit_source"

    def __str__(self) -> str:
        return f"{self.table_name} {self.pk}"


class Lane(models.Model):
    """The newest link of each chain; a transaction that writes holds one of them to its end."""

    lane = models.IntegerField(primary_key=True)
    number = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_lane"

    def __str__(self) -> str:
        return f"lane {self.lane} at {self.number}"


class Link(models.Model):
    """One chained row: where it stands, a digest of it, and by whom and about which patient it was written."""

    lane = models.IntegerField()
    number = models.BigIntegerField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False, related_name="links")
    row = models.CharField(max_length=36)
    at = models.DateTimeField()
    role = models.CharField(max_length=63, help_text="The database's role that wrote the row.")
    actor_id = models.BigIntegerField(null=True)
    patient_id = models.BigIntegerField(null=True)
    address = models.CharField(max_length=45, null=True)
    content = models.BinaryField()
    hash = models.BinaryField()

    objects = LinkQuerySet.as_manager()

    class Meta:
        db_table = "audit_link"
        constraints = [models.UniqueConstraint(fields=["lane", "number"], name="audit_link_once")]
        indexes = [
            models.Index(fields=["at", "id"], name="link_by_time"),
            models.Index(fields=["patient_id", "at", "id"], name="link_by_patient"),
            models.Index(fields=["actor_id", "at", "id"], name="link_by_actor"),
        ]
        triggers = [
            pgtrigger.Protect(name="only_ever_added", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.row}"


class Head(models.Model):
    """Where all lanes stood at one moment, sealed: a chain that is made anew later does not lead through it."""

    at = models.DateTimeField(default=timezone.now)
    lanes = models.JSONField(help_text="For each lane in use: its number of links and the newest hash.")
    digest = models.CharField(max_length=64, unique=True)
    seal = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_head"
        ordering = ["-at", "-id"]
        triggers = [
            pgtrigger.Protect(name="only_ever_added", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.digest


class Versioned(models.Model):
    """A row whose forms carry its version, so that a stale form is refused instead of overwriting."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True


class StaleVersionError(Exception):
    """Somebody else saved the row after this form was opened; `current` is the row as it is now."""

    def __init__(self, current: models.Model) -> None:
        super().__init__("This was changed by someone else after you opened it.")
        self.current = current

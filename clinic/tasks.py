"""What takes long is done by the worker, so that no page waits for it."""

from __future__ import annotations

import logging

from django.utils import timezone
from django_tasks import task

from clinic.letters import give_up, write_letters
from clinic.paper.pdf import PdfUnavailableError
from messaging.models import LetterBatch

logger = logging.getLogger(__name__)


@task()
def print_letters(batch_id: int) -> None:
    """Write the letters of a batch; safe to run again."""
    batch = LetterBatch.objects.get(pk=batch_id)
    if not batch.is_running:
        return
    try:
        write_letters(batch=batch, now=timezone.now())
    except PdfUnavailableError as error:
        give_up(batch_id=batch_id, problem=str(error))
    except Exception as error:
        give_up(
            batch_id=batch_id,
            problem="Something went wrong in the program. Begin it again: no letter is printed twice.",
        )
        # The kind of error alone: its text may hold a patient's values.
        logger.error("letters %s: %s", batch_id, type(error).__name__)

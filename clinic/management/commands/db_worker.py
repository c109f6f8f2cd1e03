from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from clinic.lost_tasks import worked_at


class Worker(db_worker.Worker):
    """The worker of django-tasks, whose death in the middle of a task is found."""

    def run_task(self, db_task_result: DBTaskResult) -> None:
        with worked_at(db_task_result.id):
            super().run_task(db_task_result)


class Command(db_worker.Command):
    def handle(self, **options: object) -> None:
        db_worker.Worker = Worker  # type: ignore[misc]  # the one its own code makes
        super().handle(**options)

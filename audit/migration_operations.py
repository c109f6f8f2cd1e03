"""What the first migration of an app does beside Django's own operations."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger


class InstallTriggers(Operation):
    """Installs the triggers that the models of this app are created with, in its first migration.

    An AddTrigger for each would do the same, and render the model and all that point at it again each time: with more
    than a hundred of them that is most of what an empty database waits for.
    """

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """They stand in the options of the models already."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model, trigger in self._triggers(app_label, to_state):
            AddTrigger(model, trigger).database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model, trigger in self._triggers(app_label, from_state):
            RemoveTrigger(model, trigger.name).database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "Install the triggers of this app"

    @staticmethod
    def _triggers(app_label: str, state: ProjectState) -> list[tuple[str, Any]]:
        return [
            (model.name, trigger)
            for (app, _), model in state.models.items()
            if app == app_label
            for trigger in model.options.get("triggers", [])
        ]


class Together(Operation):
    """Operations that need nothing of each other, such as the triggers of several models: the models are rendered once
    for all of them.
    """

    serialization_expand_args: ClassVar[list[str]] = ["operations"]

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)

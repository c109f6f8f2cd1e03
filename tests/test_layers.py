"""The layers hold for the database too: import-linter sees imports, not foreign keys written as text."""

import tomllib
from pathlib import Path

from django.apps import apps
from django.conf import settings

LAYERS = [
    {"clinic"},
    {"interop"},
    {"scheduling", "outcomes"},
    {"treatments"},
    {"messaging"},
    {"patients", "inventory"},
    {"accounts"},
    {"audit"},
]
DEPTH = {app: depth for depth, layer in enumerate(LAYERS) for app in layer}


def test_the_import_contract_has_the_same_layers():
    text = (settings.BASE_DIR / "pyproject.toml").read_text()
    [contract] = [
        contract
        for contract in tomllib.loads(text)["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    assert [set(layer.split(" | ")) for layer in contract["layers"]] == LAYERS


def test_every_app_of_ours_is_in_a_layer():
    ours = {config.label for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR}
    assert ours == set(DEPTH)


def test_no_relation_points_up_or_sideways():
    wrong = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in DEPTH
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
        if field.is_relation and not _allowed(model._meta.app_label, field.related_model._meta.app_label)
    ]
    assert wrong == []


def _allowed(app: str, target: str) -> bool:
    if target not in DEPTH:  # Django's own tables and those of packages
        return True
    return app == target or DEPTH[target] > DEPTH[app]

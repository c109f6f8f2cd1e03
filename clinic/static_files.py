"""Which files the browser may ask for, and under which names."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ServedFiles(StaticFilesConfig):
    """Collects what pages use; the packages also bring other builds of the same code, and notes for developers."""

    ignore_patterns: list[str] = [
        *StaticFilesConfig.ignore_patterns,
        "*.md",
        "LICENSE*",
        "package.json",
        "*.scss",
        "*.rtl.*",
        "bootstrap-grid*",
        "bootstrap-reboot*",
        "bootstrap-utilities*",
        "bootstrap.esm*",
        "ext",
        "extension",
    ]


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Names carry a hash of their content, also where a script of ours imports another, so no cache is ever stale."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        # Django offers this for every script or none, and trips over import statements in other people's comments.
        *(
            (f"{app}/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1])
            for app in (
                "clinic",
                "interop",
                "scheduling",
                "outcomes",
                "treatments",
                "patients",
                "inventory",
                "accounts",
            )
        ),
    )

from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    name = "treatments"
    verbose_name = "Treatments"

    def ready(self) -> None:
        from messaging.subjects import register
        from treatments.actions.lot_recalls import why_not_told
        from treatments.querysets.lot_recalls import ABOUT

        register(ABOUT, why_not_told)

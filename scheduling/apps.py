from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = "Scheduling"

    def ready(self) -> None:
        from messaging.subjects import register
        from scheduling.reminders import ABOUT, why_not_about

        register(ABOUT, why_not_about)

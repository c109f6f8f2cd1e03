from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = "Scheduling"

    def ready(self) -> None:
        from messaging.subjects import register
        from scheduling import invitations, reminders
        from scheduling.actions import freed, waiting

        register(reminders.ABOUT, reminders.why_not_about)
        register(invitations.ABOUT, invitations.why_not_invited, pause=invitations.not_while_called)
        register(freed.OFFER, waiting.why_not_offered)

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "outcomes"
    verbose_name = "Outcomes"

    def ready(self) -> None:
        from messaging.actions.rendering import DIARY_ABOUT
        from messaging.subjects import register
        from outcomes.actions import diary, questionnaires
        from outcomes.models.questionnaire import ABOUT

        register(ABOUT, questionnaires.why_not_asked)
        register(DIARY_ABOUT, diary.why_no_diary)

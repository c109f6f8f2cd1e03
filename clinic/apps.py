from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "Clinic"

    def ready(self) -> None:
        from clinic.paper.figures import figures_pdf
        from outcomes.exports import write_figures_with

        write_figures_with(figures_pdf)

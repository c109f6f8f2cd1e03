from clinic.views.chart import chart
from clinic.views.course import course
from clinic.views.landing import home, my_day, start_from_appointment

__all__ = ["chart", "course", "home", "my_day", "start_from_appointment"]

from django.utils import timezone

# At least one of everything; a small clinic keeps the suite quick.
PATIENTS = 40
NOW = timezone.now()

"""How the web server runs, wherever it is started; what stands on its command line goes before this."""

import os

from clinic.settings import LOGGING

workers = int(os.environ.get("CADENCE_WEB_WORKERS", "2"))
threads = 4
loglevel = "warning"
logconfig_dict = LOGGING  # no access log of its own: it would hold addresses; see clinic/logs.py
accesslog = None
graceful_timeout = 30  # seconds: requests in hand are finished before it ends
control_socket_disable = True

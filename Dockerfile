# The front-end packages, as the lock file names them.
FROM node:22-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund


# The Python packages, in a folder that the last stage copies.
FROM python:3.13-slim AS requirements
WORKDIR /app
COPY requirements.txt ./
# The private PostgreSQL is not started in containers; its pg_dump and pg_restore make and restore backups.
RUN python -m venv /opt/cadence \
    && /opt/cadence/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt


FROM python:3.13-slim
ENV PATH=/opt/cadence/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CADENCE_ENV=production \
    CADENCE_DATA=/var/lib/cadence
# Pango lays the PDF documents out; WeasyPrint loads it from the system.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/cadence --create-home cadence
WORKDIR /app
COPY --from=requirements /opt/cadence /opt/cadence
COPY --from=packages /app/node_modules ./node_modules
COPY . .
# Static files belong to the image; the key and the database named here are used for nothing else.
RUN SECRET_KEY=only-to-collect-static-files DATABASE_URL=postgres://nobody@localhost/none \
        python manage.py collectstatic --no-input --verbosity 0 \
    && mkdir -p /var/lib/cadence/uploads /var/lib/cadence/backups \
    && chown -R cadence:cadence /var/lib/cadence/uploads /var/lib/cadence/backups
USER cadence
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/', timeout=4)"]
CMD ["gunicorn", "clinic.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]

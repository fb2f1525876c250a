ARG BASE=python:3.13-slim

# What npm brings, in a stage of its own: the image has no npm.
FROM ${BASE} AS scripts
WORKDIR /scripts
RUN apt-get update && apt-get install -y --no-install-recommends npm && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM ${BASE}

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8050 RUNS=/tmp/runs LOG_REQUESTS=1 MALLOC_ARENA_MAX=2
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

COPY simulation simulation
COPY components components
COPY assets assets
COPY app app
COPY --from=scripts /scripts/node_modules node_modules
RUN python -m app.assets
RUN python -m compileall -q simulation components app

RUN useradd --system --uid 10001 --no-create-home lab
USER 10001

EXPOSE 8050
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
# Pages and trainers; compose.yaml starts each by itself.
CMD ["python", "-m", "app"]

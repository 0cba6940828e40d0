# syntax=docker/dockerfile:1
# docker build --target site  (the default: web server, worker, scheduler; no TensorFlow)
# docker build --target train (python -m ml.train and ml.evaluate)

FROM python:3.11-slim-bookworm AS python
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

FROM python AS packages
COPY requirements-s3-lock.txt ./
RUN python -m venv /opt/site \
    && /opt/site/bin/pip install --only-binary :all: --require-hashes -r requirements-s3-lock.txt

FROM packages AS training-packages
COPY requirements-lock.txt ./
# All that developers have, tools of tests too: pip checks hashes of whole lists only.
RUN /opt/site/bin/pip install --only-binary :all: --require-hashes -r requirements-lock.txt

FROM python AS code
# .dockerignore lets only the code through: no .env, no data, no tests.
COPY . ./
RUN python -m compileall -q classifier gallery scraper ml styleart_site

FROM python AS train
COPY --from=training-packages /opt/site /opt/site
COPY --from=code /app /app
RUN useradd --system --uid 10001 --create-home --home-dir /data styleart
ENV PATH=/opt/site/bin:$PATH STYLEART_DATA=/data
USER 10001
VOLUME /data
WORKDIR /app
ENTRYPOINT ["python", "-m"]
CMD ["ml.train", "--help"]

FROM python AS site
COPY --from=packages /opt/site /opt/site
COPY --from=code /app /app
# Volumes that are mounted here the first time get these folders' owner.
RUN useradd --system --uid 10001 --create-home --home-dir /data styleart \
    && install -d -o 10001 -g 10001 /data/media /data/models /data/static /data/run/metrics \
        /data/imports /data/bodies
ENV PATH=/opt/site/bin:$PATH STYLEART_DATA=/data MPLCONFIGDIR=/tmp/matplotlib \
    MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=8388608 PILLOW_BLOCK_SIZE=1m PILLOW_BLOCKS_MAX=6 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 DJANGO_SETTINGS_MODULE=styleart_site.settings
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-m", "styleart_site.probe"]
CMD ["gunicorn", "-c", "python:styleart_site.webserver", "--bind", "0.0.0.0:8000"]

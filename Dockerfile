FROM python:3.12-slim AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# Without pip of its own: the builder's pip installs into it, and compiles what it installs.
RUN python -m venv --without-pip /opt/annuncio
COPY requirements.lock pyproject.toml ./
# torch from PyTorch's own index of CPU builds, and nothing else from there: the version is the lock's.
RUN pip --python /opt/annuncio/bin/python install --no-deps \
    --index-url https://download.pytorch.org/whl/cpu "$(grep '^torch==' requirements.lock)"
# The other dependencies before the sources, so that a change of the sources downloads nothing again.
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
    > dependencies.txt \
    && pip --python /opt/annuncio/bin/python install -c requirements.lock -r dependencies.txt
COPY LICENSE README.md ./
COPY corpus corpus
COPY index index
COPY bot bot
RUN pip --python /opt/annuncio/bin/python install --no-deps .

FROM python:3.12-slim
LABEL org.opencontainers.image.title="Annuncio" \
    org.opencontainers.image.description="A Telegram bot that answers questions about an announcement and tells its subscribers what comes after it" \
    org.opencontainers.image.authors="the Annuncio authors" \
    org.opencontainers.image.licenses="MIT"
# All that is written goes to /data, /keys and /tmp: the rest may be mounted read-only. A model that EMBEDDING_MODEL
# names is kept in /data, too; the default one is part of the installation. The key to what is kept about people lies
# in a volume of its own: whoever has a copy of /data alone can read nothing of it.
ENV PATH=/opt/annuncio/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    HF_HOME=/data/models \
    ANNUNCIO_DATA_DIR=/data \
    ANNUNCIO_KEY_FILE=/keys/key
RUN groupadd --gid 10001 annuncio \
    && useradd --uid 10001 --gid annuncio --home-dir /data --no-create-home --shell /usr/sbin/nologin annuncio \
    && install -d -o annuncio -g annuncio /data \
    && install -d -m 0700 -o annuncio -g annuncio /keys
COPY --from=builder /opt/annuncio /opt/annuncio
WORKDIR /data
USER 10001:10001
# A new volume begins with what lies here: the index of the shipped articles is ready at the first start.
RUN ["annuncio", "index"]
VOLUME ["/data", "/keys"]
# The port of the webhook; long polling, the default, needs none.
EXPOSE 8080
# Python heeds SIGINT from its first instruction, also as process 1; the bot answers what it has begun, then ends.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m --retries=3 CMD ["annuncio", "health"]
ENTRYPOINT ["annuncio"]
CMD ["run"]

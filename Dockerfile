# The server of `make serve`, for one machine or for containers on AWS: infra/README.md, "Containers".

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.txt requirements-server.txt requirements-aws.txt requirements-dev.txt ./
COPY app.py ./
COPY chalicelib/ chalicelib/
COPY yorozu/ yorozu/
RUN python -m venv /opt/yorozu && /opt/yorozu/bin/pip install --no-cache-dir '.[server,aws]'

FROM python:3.11-slim
# The authorities that sign DocumentDB's certificates; without internet at build time, name a file of this folder.
ARG AUTHORITIES=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
ADD --chmod=444 ${AUTHORITIES} /etc/yorozu/database-authorities.pem
COPY --from=build /opt/yorozu /opt/yorozu
RUN useradd --system --uid 10001 --home-dir /data --create-home yorozu
ENV PATH=/opt/yorozu/bin:$PATH PYTHONUNBUFFERED=1 YOROZU_DATA_FOLDER=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/api/1/_health', timeout=4)"]
ENTRYPOINT ["yorozu"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--no-demo"]

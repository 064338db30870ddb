"""Every setting: name, unit, default, meaning. Read once, from variables that begin with YOROZU_."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

PREFIX = "YOROZU_"

DEFAULT_DATA_FOLDER = Path("data")

NO_SENDER = "Yorozu <no-reply@yorozu.invalid>"
"""Who mails come from until somebody says so: good enough for an outbox, and nowhere else. Spec: rfc2606, 2."""

Parse = Callable[[str], Any]


class InvalidSetting(ValueError):
    """A variable is missing or wrong; the message names it and never quotes a secret."""


def _text(source: str) -> str:
    return source


def _one_of(*choices: str) -> Parse:
    def parse(source: str) -> str:
        if source not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return source

    return parse


def _at_least(smallest: int) -> Parse:
    def parse(source: str) -> int:
        try:
            number = int(source)
        except ValueError:
            number = smallest - 1
        if number < smallest:
            raise ValueError(f"must be a whole number of at least {smallest}")
        return number

    return parse


def _setting(default: Any, parse: Parse = _text, secret: bool = False) -> Any:
    return field(default=default, metadata={"parse": parse}, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process. The variable of a field is its name in capitals behind YOROZU_."""

    # Where everything is kept: `embedded` (SQLite and files below data_folder) or `aws`.
    engine: Literal["embedded", "aws"] = _setting("embedded", _one_of("embedded", "aws"))
    # The folder of the embedded engine; made when it is missing.
    data_folder: Path = _setting(DEFAULT_DATA_FOLDER, Path)  # noqa: RUF009 - a Path never changes
    # When an embedded write counts as done: `full` survives a power cut, `normal` a crash of the process.
    durability: Literal["full", "normal"] = _setting("full", _one_of("full", "normal"))

    # Where DocumentDB or MongoDB is, with user and password: needed by the aws engine.
    mongo_uri: str = _setting("", secret=True)
    # Begins the name of each tenant's database, so that one cluster can hold several installations.
    mongo_database_prefix: str = _setting("yorozu_")
    # The certificate authorities to trust for TLS to the database; empty trusts the system's.
    mongo_ca_file: str = _setting("")

    # The S3 bucket of file contents: needed by the aws engine.
    files_bucket: str = _setting("")
    # Begins the key of each content, so that one bucket can hold several installations.
    files_prefix: str = _setting("")
    # The KMS key that encrypts contents; empty: the bucket's own encryption.
    files_kms_key: str = _setting("")
    # The file of the key that seals other parties' secrets on one machine; made when it is missing. Empty: secrets.key
    # in the data folder.
    secrets_key_file: str = _setting("")
    # The KMS key that seals them on AWS: needed where tenants have OpenID providers.
    secrets_kms_key: str = _setting("")
    # Begins the name of each SQS queue.
    queue_prefix: str = _setting("yorozu-")
    # Where SNS's platform applications are, as in arn:aws:sns:ap-northeast-1:123456789012; empty: there is no push.
    push_account_arn: str = _setting("")
    # Begins the name of each platform application: `<prefix><tenant>_<app>`.
    push_application_prefix: str = _setting("yorozu-")
    # The service of Apple that apps are signed for.
    push_apns_platform: Literal["APNS", "APNS_SANDBOX"] = _setting("APNS", _one_of("APNS", "APNS_SANDBOX"))
    # The AWS region of the services; empty: where this runs.
    aws_region: str = _setting("")
    # The URL of a stand-in for AWS, as in tests; empty: AWS itself.
    aws_endpoint_url: str = _setting("")

    # The largest object, as BSON, included. Spec: nec-clients, 10.
    max_object_bytes: int = _setting(256 * 1024, _at_least(1))
    # The largest request body, included; API Gateway has its own limit of 10 MB.
    max_body_bytes: int = _setting(10 * 1024 * 1024, _at_least(1))
    # The largest answer, included, contents of files apart; a larger one is refused with a reason. 0: any size.
    max_answer_bytes: int = _setting(0, _at_least(0))
    # The largest file that comes in one request, included; it streams, never whole in memory. Spec: nec-clients, 9.
    max_file_bytes: int = _setting(100 * 1024 * 1024, _at_least(1))
    # The largest file that comes in parts, included, where the file store takes parts.
    max_upload_bytes: int = _setting(5 * 1024 * 1024 * 1024, _at_least(1))
    # Longer contents are redirected to the file store, where it can serve them; 0: never.
    max_inline_bytes: int = _setting(0, _at_least(0))
    # Where clients find this installation, as in https://api.example.com/api; empty: at the address that they use.
    public_base_url: str = _setting("")
    # Where links in mails lead, as in https://api.example.com/api; empty: where public_base_url says.
    mail_link_base_url: str = _setting("")
    # Who mails come from, unless a tenant says otherwise.
    mail_sender: str = _setting(NO_SENDER)
    # The SMTP server of the embedded engine; empty: mails are files in the data folder's outbox.
    smtp_host: str = _setting("")
    smtp_port: int = _setting(587, _at_least(1))
    # `tls` from the start, `starttls`, or `none` for a server on this machine.
    smtp_security: Literal["tls", "starttls", "none"] = _setting("starttls", _one_of("tls", "starttls", "none"))
    smtp_user: str = _setting("")
    smtp_password: str = _setting("", secret=True)
    # Where clients listen for events, as in https://push.example.com/events; empty: below the address that they use.
    sse_public_uri: str = _setting("")
    # How often a client that listens for events gets a sign of life; clients give up after twice that time.
    sse_heartbeat_seconds: int = _setting(30, _at_least(1))
    # How long a Lambda waits for an event before it answers with none, at most 25; each wait occupies one Lambda.
    sse_wait_seconds: int = _setting(0, _at_least(0))
    # Notifications and what became of them are deleted this many days after they were sent.
    push_retention_days: int = _setting(30, _at_least(1))
    # Threads of this server for each queue; 0 leaves the queues to others, such as Lambdas.
    queue_threads: int = _setting(2, _at_least(0))
    # How long one of them has a job to itself; a job that takes longer, or whose server died, is handed out again.
    queue_hidden_seconds: int = _setting(360, _at_least(1))
    # How long a query may take unless it says so itself; API Gateway gives up at 29 seconds.
    query_timeout_ms: int = _setting(10_000, _at_least(1))
    # How long the answer to a request token is kept: longer than any client tries again.
    request_token_hours: int = _setting(24, _at_least(1))
    # What the proxy must send for its client-certificate headers to be believed; empty: they never are.
    client_certificate_token: str = _setting("", secret=True)
    # The operator's key for API statistics of all tenants; empty: nobody has it. Spec: nec-rest, 11.3.
    system_key: str = _setting("", secret=True)

    # Log lines below this level are dropped.
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "INFO", _one_of("DEBUG", "INFO", "WARNING", "ERROR")
    )
    # The build in server_info: a version, and an ISO 8601 time; empty: when the code was written.
    build_version: str = _setting("0.1.0")
    build_time: str = _setting("")

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Settings:
        """The settings that the variables spell; an absent or empty variable means the default.

        Raises: InvalidSetting naming the first variable that is wrong.
        """
        settings = Settings(**{f.name: _parse(f, environment) for f in fields(Settings) if _source(f, environment)})
        if settings.engine == "aws":
            for name in ("mongo_uri", "files_bucket"):
                if not getattr(settings, name):
                    raise InvalidSetting(f"{variable(name)} is missing: the aws engine needs it")
        return settings

    def to_environment(self) -> dict[str, str]:
        """The variables that spell these settings: how a server tells them to its workers."""
        return {variable(f.name): str(getattr(self, f.name)) for f in fields(self)}


def variable(name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + name.upper()


def _source(setting: Field[Any], environment: Mapping[str, str]) -> str:
    return environment.get(variable(setting.name), "")


def _parse(setting: Field[Any], environment: Mapping[str, str]) -> Any:
    try:
        return setting.metadata["parse"](_source(setting, environment))
    except ValueError as error:
        raise InvalidSetting(f"{variable(setting.name)} {error}") from None

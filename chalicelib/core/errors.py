"""What can go wrong in the core: one hierarchy of exceptions that carry facts.

A core error knows no status, code or body; each dialect maps these classes in one table.
"""

from __future__ import annotations

from typing import Any


class CoreError(Exception):
    """Everything the core raises on purpose. `str(error)` is fit to show to the caller."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# --- the request itself is wrong -------------------------------------------------------------


class InvalidInput(CoreError):
    """The caller sent something the operation cannot accept."""


class InvalidName(InvalidInput):
    """A name (of a user, group, bucket, tenant, app or index) breaks its rules."""


class InvalidId(InvalidInput):
    """An identifier chosen by the caller has the wrong form."""


class InvalidEmail(InvalidInput):
    """A mail address breaks the rules for addresses."""


class InvalidPassword(InvalidInput):
    """A password breaks the tenant's password policy."""


class InvalidAcl(InvalidInput):
    """An access control list has a value of the wrong form."""


class InvalidDocument(InvalidInput):
    """A document to store has a field name or value that cannot be stored."""


class UnknownMember(InvalidInput):
    """A group is given a user or a group that does not exist."""

    def __init__(self, members: list[str]) -> None:
        super().__init__(f"unknown user or group: {', '.join(members)}")
        self.members = members


class InvalidQuery(InvalidInput):
    """A filter, projection, order or pipeline is malformed, unknown or refused."""


class OperatorMisused(InvalidQuery):
    """A known query, projection or aggregation operator is given an operand it cannot take."""


class InvalidUpdate(InvalidInput):
    """An update has an unknown operator or a wrong operand, or cannot apply to the document."""


class ImmutableField(InvalidUpdate):
    """An update tries to change a field that never changes."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the field {field} cannot be changed")
        self.field = field


class NotSupported(InvalidInput):
    """This installation's engine cannot do this."""


class NotSharded(InvalidInput):
    """Shard-key information is asked of an engine that has no shards."""


# --- who is calling --------------------------------------------------------------------------


class NotAuthenticated(CoreError):
    """The caller has not proved who they are."""


class WrongAppKey(NotAuthenticated):
    """The application id or key is missing or wrong."""


class WrongPassword(NotAuthenticated):
    """No such user, or a wrong password: deliberately not told apart."""


class InvalidSession(NotAuthenticated):
    """The session token is unknown, expired or ended."""


class SessionRequired(NotAuthenticated):
    """The operation needs a signed-in user and no session token was sent."""


class AccountLocked(NotAuthenticated):
    """Too many failed logins; the account admits nobody until the lock ends."""


class AccessDenied(CoreError):
    """The caller is known, but may not do this."""


# --- what is not there -----------------------------------------------------------------------


class NotFound(CoreError):
    """The thing named does not exist, for this caller's tenant."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"no such {what}: {name}")
        self.name = name


class TenantNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("tenant", name)


class AppNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("app", name)


class UserNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("user", name)


class GroupNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("group", name)


class BucketNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("bucket", name)


class DocumentNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("object", name)


class FileNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("file", name)


class BlobNotFound(NotFound):
    """The store lacks a content that metadata names: it was replaced or deleted a moment ago."""

    def __init__(self, name: str) -> None:
        super().__init__("content", name)


class InstallationNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("installation", name)


class NotificationNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("notification", name)


class LinkNotFound(NotFound):
    """A link from a mail is wrong, used or expired: deliberately not told apart."""

    def __init__(self, name: str) -> None:
        super().__init__("link", name)


class ProviderNotFound(NotFound):
    """The tenant trusts no OpenID provider of this name."""

    def __init__(self, name: str) -> None:
        super().__init__("OpenID provider", name)


class AccountLinkNotFound(NotFound):
    """The user has no such account at an OpenID provider."""

    def __init__(self, name: str) -> None:
        super().__init__("linked account", name)


class IndexNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("index", name)


class UploadNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("upload", name)


# --- what is in the way ----------------------------------------------------------------------


class Conflict(CoreError):
    """The stored state does not allow the operation."""


class DuplicateTenant(Conflict):
    """A tenant of that name exists."""


class DuplicateUser(Conflict):
    """A user of that name or mail address exists."""


class DuplicateGroup(Conflict):
    """A group of that name exists."""


class DuplicateBucket(Conflict):
    """A bucket of that name was created at the same moment."""


class DuplicateId(Conflict):
    """A document with that id exists."""

    def __init__(self, document_id: Any) -> None:
        super().__init__(f"the id exists already: {document_id}")
        self.document_id = document_id


class DuplicateKey(Conflict):
    """A unique index forbids the value."""

    def __init__(self, index: str) -> None:
        super().__init__(f"a unique index forbids this value: {index}")
        self.index = index


class DuplicateFile(Conflict):
    """A file of that name exists in the bucket."""


class FileLocked(Conflict):
    """The file's content is being written by somebody else."""


class VersionMismatch(Conflict):
    """The etag sent is not the etag stored; `current` is the stored thing, as its service returns it."""

    def __init__(self, current: Any) -> None:
        super().__init__("the etag does not match")
        self.current = current


class RequestConflict(Conflict):
    """Another write got in first; nothing was changed, and the caller may try again."""

    def __init__(self, action: str = "Updating") -> None:
        super().__init__(f"{action} conflicted")
        self.action = action


class BucketNotEmpty(Conflict):
    """A bucket with contents can be deleted only with the master key."""


class PreconditionFailed(CoreError):
    """What is stored does not meet a condition that the caller set for reading it."""


# --- limits ----------------------------------------------------------------------------------


class LimitExceeded(CoreError):
    """A limit is exceeded; `limit` is the limit, in the unit that the message names."""

    def __init__(self, message: str, limit: int) -> None:
        super().__init__(message)
        self.limit = limit


class DocumentTooLarge(LimitExceeded):
    """An object would be larger than `limit` bytes."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"the object is larger than {limit_bytes} bytes", limit_bytes)


class BodyTooLarge(LimitExceeded):
    """A request body is larger than `limit` bytes."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"the request body is larger than {limit_bytes} bytes", limit_bytes)


class StorageFull(LimitExceeded):
    """The tenant's files would take more than `limit` bytes, or the store has no room left."""


class RangeNotSatisfiable(LimitExceeded):
    """The part asked for lies beyond the end of the content; `limit` is the content's length in bytes."""


class TooMany(LimitExceeded):
    """A tenant would hold more of something than it may."""


class RateLimited(LimitExceeded):
    """The tenant made more than `limit` requests in this minute."""

    def __init__(self, limit_per_minute: int, retry_after_seconds: int) -> None:
        super().__init__(f"more than {limit_per_minute} requests in a minute", limit_per_minute)
        self.retry_after_seconds = retry_after_seconds


# --- the machinery behind --------------------------------------------------------------------


class Unavailable(CoreError):
    """A backend failed; nothing is known to have changed. The cause is attached by `raise ... from`.

    `code` is the backend's own word for it, for the log and not for callers; empty when it has none.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class TimedOut(Unavailable):
    """A backend or a query did not answer in time."""

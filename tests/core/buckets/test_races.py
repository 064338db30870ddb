"""What others do to buckets at the same moment, and how many there may be."""

from __future__ import annotations

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.buckets import directory, service
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.model import ROOT, SPECIAL_BUCKETS, USERS, BucketContents, BucketKind
from chalicelib.core.errors import DuplicateBucket, RequestConflict, TooMany
from tests.core.site import Site

OBJECTS = BucketKind.OBJECTS


def put(site: Site, name: str, description: str = "") -> None:
    site.core.buckets.put(site.master, OBJECTS, name, BucketContents(description, Acl(), Acl()))


def test_of_two_who_create_a_bucket_at_once_one_is_told(site: Site) -> None:
    site.documents.before("insert", lambda: put(site, "b", "first"))
    with pytest.raises(DuplicateBucket):
        put(site, "b", "second")
    assert site.core.buckets.get(site.master, OBJECTS, "b").description == "first"


@pytest.mark.parametrize("name", [USERS, "b"])
def test_of_two_who_change_a_bucket_at_once_one_is_told(site: Site, name: str) -> None:
    put(site, "b")
    site.documents.before("insert" if name == USERS else "replace_one", lambda: put(site, name, "first"))
    with pytest.raises(RequestConflict):
        put(site, name, "second")
    assert site.core.buckets.get(site.master, OBJECTS, name).description == "first"


def test_a_bucket_that_changes_while_it_is_deleted_stays(site: Site) -> None:
    put(site, "b")
    site.documents.before("delete_one", lambda: put(site, "b", "changed"))
    with pytest.raises(RequestConflict):
        site.core.buckets.delete(site.master, OBJECTS, "b")
    assert site.core.buckets.get(site.master, OBJECTS, "b").description == "changed"


def test_a_tenant_has_so_many_buckets_of_a_kind(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_BUCKETS", 1)
    put(site, "a")
    with pytest.raises(TooMany):
        put(site, "b")
    site.core.buckets.put(site.master, BucketKind.FILES, "b", BucketContents("", Acl(), Acl()))


def test_a_special_bucket_that_nobody_has_changed_has_its_defaults(site: Site) -> None:
    assert site.core.buckets.get(site.master, OBJECTS, ROOT) == SPECIAL_BUCKETS[ROOT]


def test_a_process_remembers_the_buckets_used_last(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    put(site, "a")
    put(site, "b")
    monkeypatch.setattr(directory, "REMEMBERED_BUCKETS", 1)
    remembered, tenant = BucketDirectory(site.core.documents), site.tenant
    for name, is_read in (("a", True), ("a", False), ("b", True), ("a", True)):
        site.documents.calls.clear()
        remembered.get(tenant, OBJECTS, name)
        assert ("find_one" in site.documents.calls) is is_read

"""What core/sealing.py promises, held against every sealer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.sealing import Sealer
from chalicelib.engines.aws.kms_sealer import KmsSealer
from chalicelib.engines.embedded.key_file_sealer import KeyFileSealer
from tests.aws_server import AwsServer

Make = Callable[[], Sealer]
"""A sealer with a key of its own."""


@pytest.fixture(params=["embedded", "aws"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "embedded":
        folder = request.getfixturevalue("tmp_path_factory")
        return lambda: KeyFileSealer(folder.mktemp("keys") / "secrets.key")
    aws: AwsServer = request.getfixturevalue("aws")
    return lambda: KmsSealer(aws.clients, aws.clients.kms.create_key()["KeyMetadata"]["KeyId"])


@pytest.mark.parametrize("secret", ["s", "万屋 \x00 \U0001f511", "long" * 500])
def test_a_sealed_secret_comes_back(make: Make, secret: str) -> None:
    sealer = make()
    assert sealer.unseal("acme", sealer.seal("acme", secret)) == secret


def test_sealing_twice_differs_and_shows_nothing(make: Make) -> None:
    sealer = make()
    one, two = sealer.seal("acme", "the secret"), sealer.seal("acme", "the secret")
    assert one != two
    assert b"the secret" not in one + two


def test_another_tenant_cannot_unseal(make: Make) -> None:
    sealer = make()
    sealed = sealer.seal("acme", "the secret")
    with pytest.raises(Unavailable):
        sealer.unseal("other", sealed)


def test_another_key_cannot_unseal(make: Make) -> None:
    sealed = make().seal("acme", "the secret")
    with pytest.raises(Unavailable):
        make().unseal("acme", sealed)


@pytest.mark.parametrize("changed", [b"", b"short", b"x" * 200])
def test_what_was_never_sealed_cannot_be_unsealed(make: Make, changed: bytes) -> None:
    with pytest.raises(Unavailable):
        make().unseal("acme", changed)

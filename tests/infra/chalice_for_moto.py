"""Chalice's own command line, with the API's description turned into the form that moto takes.

moto reads OpenAPI 3 and asks for a description, Chalice writes Swagger 2 without one; the paths are the same in both.
Run with a project as working directory: `python -m tests.infra.chalice_for_moto deploy --stage prod`.
"""

from __future__ import annotations

from typing import Any

from chalice.awsclient import TypedAWSClient
from chalice.cli import main

_import_rest_api = TypedAWSClient.import_rest_api
_update_api_from_swagger = TypedAWSClient.update_api_from_swagger


def _for_moto(swagger: dict[str, Any]) -> dict[str, Any]:
    openapi = {key: value for key, value in swagger.items() if key != "swagger"}
    return {**openapi, "openapi": "3.0.1", "info": {**swagger["info"], "description": "yorozu"}}


def import_rest_api(self: TypedAWSClient, swagger_document: dict[str, Any], endpoint_type: str) -> str:
    return str(_import_rest_api(self, _for_moto(swagger_document), endpoint_type))


def update_api_from_swagger(self: TypedAWSClient, rest_api_id: str, swagger_document: dict[str, Any]) -> None:
    _update_api_from_swagger(self, rest_api_id, _for_moto(swagger_document))


if __name__ == "__main__":
    TypedAWSClient.import_rest_api = import_rest_api  # type: ignore[method-assign]
    TypedAWSClient.update_api_from_swagger = update_api_from_swagger  # type: ignore[method-assign]
    main()

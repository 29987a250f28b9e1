"""The OpenAPI schema: how operations are named and users are known."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    """Names an operation after its view, which is unique where paths are not."""

    def get_operation_id(self) -> str:
        """Return for example `getJobList`."""
        return f"{self.method.lower()}{type(self.view).__name__}"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes `api.access.TokenAuthentication`."""

    target_class = "api.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the scheme."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <key>`; `manage.py create_user NAME --token` prints a key.",
        }

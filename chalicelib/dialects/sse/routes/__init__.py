"""The one route of this API."""

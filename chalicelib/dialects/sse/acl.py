"""This API has no access lists: whoever has an installation's credentials hears its events."""

"""The handlers, one file per noun. The order of the whole surface is in the dialect's `__init__.py`."""

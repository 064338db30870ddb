"""Core values to this API's JSON and back: pure functions, one file per noun."""

"""The operator's command line: `yorozu --help`. Runs beside the server; never shipped to Lambda."""

"""The app that Lambda runs, behind an HTTP server: for development, for one small machine, for a container.

process.py     serve(): uvicorn, its workers, signals
asgi.py        HTTP request -> API Gateway proxy event -> app(event, context) in a thread -> HTTP answer
bodies.py      bodies that are too large for memory, in and out
route_trie.py  which route a path means
http_heads.py  what the HTTP parser lacks: a limit for headers, and ignoring offers to upgrade
feeds.py       connections that stay open
schedules.py   timers instead of EventBridge
memory.py      memory that goes back to the system
threads.py     threads for requests, shared among tenants
workers.py     threads for queues, instead of Lambda's event sources
"""

from chalicelib.web.server.process import serve

__all__ = ["serve"]

"""
Mail in by SMTP, JSON out by WebSocket.

The rooms, from the outside in: `tap` (command line), `assembly` (the wiring), then `smtp`, `websocket`,
`delivery`, `api`, `dashboard`, `control`, `storage` and `web`, then `actions` (what a caller may do), `wire`
(the JSON), `state` (what the server knows) and `mail` (what mail is).
"""

__version__ = "0.1.0"

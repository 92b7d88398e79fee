"""Prints mail from a WebSocket the moment it arrives: one line for the Listening frame, one line for each mail."""

import asyncio
import json
import os
import signal
import sys
from urllib.parse import quote

import websockets


def address_of_socket() -> str:
    """Give the URL to connect to. For Mailsac itself: MAILSOCKD_URL=wss://sock.mailsac.com"""
    server = os.environ.get("MAILSOCKD_URL", "ws://127.0.0.1:8025")
    try:
        account, key, addresses = (os.environ[f"MAILSOCKD_{name}"] for name in ("ACCOUNT", "KEY", "ADDRESSES"))
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}; the README says to what.")
    return (
        f"{server}/incoming-messages"
        f"?_id={quote(account, safe='')}&key={quote(key, safe='')}&addresses={quote(addresses, safe='@,')}"
    )


async def listen(url: str) -> int:
    """Print every frame until the server closes or somebody presses Ctrl-C, and give the exit status."""
    status = 0
    # The library's own bound is 1 MiB a frame; a mail with an attachment is larger.
    async with websockets.connect(url, max_size=64 * 1024 * 1024) as socket:
        print(f"Connected to {url.partition('/incoming-messages')[0]}", flush=True)
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, lambda: asyncio.ensure_future(socket.close()))
        try:
            while True:
                text = await socket.recv()
                frame = json.loads(text)
                if frame["status"] != 200:
                    print(f"Refused: {frame['status']} {frame['error']}", file=sys.stderr, flush=True)
                    status = 1
                elif frame.get("msg") == "Listening":
                    print(f"Listening: {text}", flush=True)
                else:
                    print(f"Mail: {text}", flush=True)
        except websockets.ConnectionClosed:
            pass
    print(f"Closed: {socket.close_code} {socket.close_reason}".rstrip(), flush=True)
    return status if socket.close_code == 1000 else 1


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(listen(address_of_socket())))
    except (OSError, websockets.WebSocketException) as error:
        sys.exit(f"Error: {error}")

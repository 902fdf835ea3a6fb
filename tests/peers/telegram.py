"""Telegram's Bot API as telemelya emulates it, with what it keeps held in memory.

    telegram.py

Prints "listening on 127.0.0.1:PORT". Replies to the bot's calls, keeps what they say, calls the
bot's webhook; its own /api/v1/test/... lets a test be the person in the chat.

What is ours here, because telemelya lacks it or wants a server for it:
    the store      fakeredis in the place of a Redis, a dictionary in the place of S3
    attach://NAME  a file that stands in another part of the form, as the Bot API documents it
    the secret     setWebhook's secret_token is shown at the webhook, as Telegram does
    the commands   setMyCommands keeps them by scope and language, getMyCommands gives them back
"""

import asyncio
import functools
import socket
from types import SimpleNamespace

import aiohttp
import fakeredis
import uvicorn
from fastapi import Request

from telemelya.server import bot_api, state, webhook
from telemelya.server.app import app
from telemelya.server.media import media_manager

HEADER = "X-Telegram-Bot-Api-Secret-Token"

files = {}
headers = {}
commands = {}


async def nothing():
    pass


async def connect_state():
    state.state_manager._redis = fakeredis.FakeAsyncRedis(decode_responses=True)


async def upload(session_id, file_id, filename, data, content_type=""):
    key = f"{session_id}/{file_id}/{filename}"
    files[key] = data
    return key


async def download(session_id, file_id, filename):
    return files.get(f"{session_id}/{file_id}/{filename}")


async def download_by_key(key):
    return files.get(key)


def menu(body):
    scope = body.get("scope") or {"type": "default"}
    return scope["type"], body.get("language_code") or ""


@app.post("/bot{token}/setMyCommands")
async def set_my_commands(token: str, request: Request):
    body = await request.json()
    commands[token, *menu(body)] = body["commands"]
    return {"ok": True, "result": True}


@app.post("/bot{token}/getMyCommands")
async def get_my_commands(token: str, request: Request):
    found = commands.get((token, *menu(await request.json())), [])
    return {"ok": True, "result": found}


def attached(parse):
    async def parse_body(request):
        body = await parse(request)
        for name, value in list(body.items()):
            if isinstance(value, str) and value.startswith("attach://"):
                body[name] = body.pop(value.removeprefix("attach://"))
        if "secret_token" in body:
            headers[HEADER] = body["secret_token"]
        return body

    return parse_body


async def main():
    state.state_manager.connect = connect_state
    media_manager.connect = media_manager.close = nothing
    media_manager.upload = upload
    media_manager.download = download
    media_manager.download_by_key = download_by_key
    bot_api._parse_body = attached(bot_api._parse_body)
    session = functools.partial(aiohttp.ClientSession, headers=headers)
    webhook.aiohttp = SimpleNamespace(
        ClientSession=session, ClientTimeout=aiohttp.ClientTimeout
    )

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(main())

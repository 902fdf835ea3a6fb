"""A real SMTP server (aiosmtpd) for tests: keeps every mail, and fails where it is asked to.

    smtp_sink.py MAILBOX

Prints "listening on 127.0.0.1:PORT" and appends one JSON object a line to MAILBOX:
mail_from, rcpt_to, message_id, subject, text, html, raw, answered.

The recipient's local part chooses a fault:
    nouser*  is refused for good (550)
    grey*    is put off twice (451), then taken
    full*    is always put off (452)
    cut*     the mail is kept, then the connection is cut before the answer: the sender cannot know
    cutonce* as cut, the first time only
    slow*    the answer to the mail comes after SLOW_SECONDS
"""

import asyncio
import email
import email.policy
import json
import signal
import sys
from collections import Counter

from aiosmtpd.smtp import SMTP

SLOW_SECONDS = 3
GREY_REFUSALS = 2


def part(message, kind):
    body = message.get_body((kind,))
    return None if body is None else body.get_content()


class Sink:
    def __init__(self, mailbox):
        self.mailbox = mailbox
        self.seen = Counter()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nouser"):
            return "550 5.1.1 no such user"
        if address.startswith("full"):
            return "452 4.2.2 mailbox full"
        if address.startswith("grey"):
            self.seen[address] += 1
            if self.seen[address] <= GREY_REFUSALS:
                return "451 4.7.1 greylisted, try again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        cut = any(self.cuts(address) for address in envelope.rcpt_tos)
        self.keep(envelope, answered=not cut)
        if cut:
            server.transport.abort()
            return "421 4.3.2 gone"
        if any(address.startswith("slow") for address in envelope.rcpt_tos):
            await asyncio.sleep(SLOW_SECONDS)
        return "250 2.0.0 kept"

    def cuts(self, address):
        if address.startswith("cutonce"):
            self.seen[address] += 1
            return self.seen[address] == 1
        return address.startswith("cut")

    def keep(self, envelope, answered):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        line = {
            "mail_from": envelope.mail_from,
            "rcpt_to": envelope.rcpt_tos,
            "message_id": message["message-id"],
            "subject": message["subject"],
            "text": part(message, "plain"),
            "html": part(message, "html"),
            "raw": envelope.content.decode("utf-8", "surrogateescape"),
            "answered": answered,
        }
        self.mailbox.write(json.dumps(line) + "\n")
        self.mailbox.flush()


async def main(path):
    with open(path, "a", encoding="utf-8") as mailbox:
        sink = Sink(mailbox)
        loop = asyncio.get_running_loop()
        make = lambda: SMTP(sink, hostname="sink.test", enable_SMTPUTF8=True)
        server = await loop.create_server(make, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        print(f"listening on {host}:{port}", flush=True)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await stop.wait()
        server.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

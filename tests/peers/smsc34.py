"""An SMSC made of the package smpp34: a second engine, so that two disagree usefully.

It refuses every third submission as too fast (0x58), keeps the others and gives a receipt for
each that asks for one. The control port takes one line of JSON per connection:

    {"do": "got"}                               -> [{to, from, coding, esm_class, octets, id}], hex
    {"do": "deliver", "from": …, "to": …, "octets": hex, "coding": n, "esm_class": n}
                                                -> the status of each bound receiver's answer

Usage: smsc34.py; prints "listening on HOST:PORT HOST:PORT" (SMPP, control). Takes any account.
"""

import asyncio
import json
import socket

import smpp34

HOST = "127.0.0.1"

esmes = {}
got = []


def free_port():
    """The package takes a port, and says none if it is given 0."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


async def receipt(event, number):
    esme = esmes.get(event.session_id)
    receivers = [esme] if esme is not None and esme.can_receive else list(esmes.values())
    state = smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, bytes([2]))
    name = smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, number.encode() + b"\0")
    text = f"id:{number} sub:001 dlvrd:001 stat:DELIVRD err:000 text:".encode()
    await receivers[0].deliver_sm(
        event.source_addr, text, source_addr=event.destination_addr, esm_class=4, tlvs=[name, state]
    )


async def serve(server):
    count = 0
    tasks = set()
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Unbound):
            esmes.pop(event.session_id, None)
        elif isinstance(event, smpp34.SubmitSmEvent):
            count += 1
            if count % 3 == 0:
                event.reject(smpp34.ESME_RTHROTTLED)
                continue
            number = f"34-{count}"
            kept = {
                "to": event.destination_addr,
                "from": event.source_addr,
                "coding": event.data_coding,
                "esm_class": event.esm_class,
                "octets": event.short_message.hex(),
                "id": number,
            }
            got.append(kept)
            event.accept(number)
            if event.registered_delivery & 1:
                task = asyncio.ensure_future(receipt(event, number))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        else:
            esmes[event.session_id] = event


async def deliver(order):
    statuses = []
    for esme in [esme for esme in esmes.values() if esme.can_receive]:
        answer = await esme.deliver_sm(
            order["to"],
            bytes.fromhex(order["octets"]),
            source_addr=order["from"],
            data_coding=order.get("coding", 0),
            esm_class=order.get("esm_class", 0),
        )
        statuses.append(answer.command_status)
    return statuses


async def control(reader, writer):
    order = json.loads(await reader.readline())
    answer = got if order["do"] == "got" else await deliver(order)
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()
    writer.close()


async def main():
    port = free_port()
    server = smpp34.Server(HOST, port)
    await server.start()
    steering = await asyncio.start_server(control, HOST, 0)
    steered = steering.sockets[0].getsockname()[1]
    print(f"listening on {HOST}:{port} {HOST}:{steered}", flush=True)
    await serve(server)


asyncio.run(main())

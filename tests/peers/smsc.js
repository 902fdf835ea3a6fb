// An SMSC made of the npm package `smpp`, with faults on demand. Everything is set and asked over
// HTTP on a second port, one JSON object in, one out:
//
//   POST /set     {throttle, full, delay, silence, drop, mute, receipts, receipt_id, ussd}
//     throttle: every Nth submit is answered "too fast" (0x58)
//     delay: milliseconds before an answer
//     silence: every Nth submit is taken and never answered
//     drop: every Nth submit is taken and the connection cut instead of an answer
//     mute: enquire_link is not answered
//     receipts: "none", "early" (before the answer), "late" (after it)
//     receipt_id: "same", "decimal" (the answer is hexadecimal), "padded", "upper", "text" (no
//       parameters, only the text), "unterminated" (a parameter without its zero)
//   POST /deliver {pdus: [deliver_sm…], tries, at_once}  delivers in this order, all or `at_once`
//     at a time; again after a refusal or a cut, up to `tries` times; answers with the last
//     status of each and the milliseconds at which it began and ended
//   POST /ask     sends enquire_link on all connections, answers how many were answered
//   POST /cut     destroys all connections
//   POST /unbind  unbinds all connections
//   POST /forget  forgets what was got
//   GET  /got     {submits, binds, refused_binds, enquire_links, unbinds, most_in_flight, bound};
//     a submit has the milliseconds `at` which it came
//   GET  /counts  {submits, numbers, first_at, last_at, bound}: how many, to how many numbers, and
//     when the first and the last came; cheap enough to be asked under load
//
// A `ussd` list set by /set answers screens: each screen that asks is answered by the next item,
// a text or {hangup: true}.
//
// Usage: node smsc.js [host [port [control port]]], with KHAIBAO_PEERS_NODE naming the folder of the package; prints "listening on HOST:PORT HOST:PORT" (SMPP, control).
// Account: "khaibao" with the password "secret08".

"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { createRequire } = require("node:module");
// The packages are installed beside the cache, not into the tree.
const packages = process.env.KHAIBAO_PEERS_NODE || __dirname;
const smpp = createRequire(path.join(packages, "package.json"))("smpp");

const host = process.argv[2] || "127.0.0.1";
const [port, controlPort] = [process.argv[3], process.argv[4]].map((given) => Number(given || 0));
const usual = { throttle: 0, full: 0, delay: 0, silence: 0, drop: 0, mute: false, receipts: "none", receipt_id: "same", ussd: [] };
let settings = { ...usual };
let got;
let numbers;
let count = 0;
let messages = 1000;
const sessions = new Set();

function forget() {
  got = { submits: [], binds: [], refused_binds: 0, enquire_links: 0, unbinds: 0, most_in_flight: 0 };
  numbers = new Set();
}
forget();

const plain = (value) => (Buffer.isBuffer(value) ? value.toString("hex") : value);

// What the package read; it decodes texts by itself.
function kept(pdu) {
  const found = {};
  for (const [name, value] of Object.entries(pdu)) {
    if (typeof value !== "function" && name !== "short_message" && name !== "message_payload") found[name] = plain(value);
  }
  for (const name of ["short_message", "message_payload"]) {
    const message = pdu[name] && pdu[name].message !== undefined ? pdu[name] : { message: pdu[name] };
    if (message.udh) found.udh = message.udh.map((part) => part.toString("hex"));
    found[name] = plain(message.message);
  }
  return found;
}

function receipt(session, pdu, number) {
  const decimal = String(number);
  const ids = { decimal, padded: decimal.padStart(10, "0"), upper: number.toString(16).toUpperCase() };
  const id = ids[settings.receipt_id] || messageId(number);
  const text = `id:${id} sub:001 dlvrd:001 submit date:2611232327 done date:2611232328 stat:DELIVRD err:000 text:`;
  const deliver = {
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: { message: Buffer.from(text, "ascii") },
  };
  if (settings.receipt_id === "unterminated") {
    // The package would end the string with its zero.
    const whole = new smpp.PDU("deliver_sm", deliver);
    whole.sequence_number = ++session.sequence;
    const value = Buffer.from(id, "ascii");
    const tlv = Buffer.concat([Buffer.from([0, 0x1e, 0, value.length]), value, Buffer.from([4, 0x27, 0, 1, 2])]);
    const bytes = Buffer.concat([whole.toBuffer(), tlv]);
    bytes.writeUInt32BE(bytes.length, 0);
    session.socket.write(bytes);
    return;
  }
  if (settings.receipt_id !== "text") {
    deliver.receipted_message_id = id;
    deliver.message_state = 2;
  }
  session.deliver_sm(deliver);
}

// The id of an answer is hexadecimal where receipts say it otherwise.
function messageId(number) {
  return ["same", "text", "unterminated"].includes(settings.receipt_id) ? `m-${number}` : number.toString(16);
}

function receivers() {
  return [...sessions].filter((session) => session.mode && session.mode !== "bind_transmitter");
}

function screen(session, pdu) {
  if (pdu.ussd_service_op === undefined || pdu.ussd_service_op !== 2) return;
  const next = settings.ussd.shift();
  if (next === undefined) return;
  const receiver = session.mode === "bind_transmitter" ? receivers()[0] : session;
  const answer = { service_type: "USSD", source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, its_session_info: pdu.its_session_info };
  if (next.hangup) receiver.deliver_sm({ ...answer, ussd_service_op: 0x81, short_message: "" });
  else receiver.deliver_sm({ ...answer, ussd_service_op: 18, data_coding: 0, short_message: { message: Buffer.from(next, "ascii") } });
}

function every(nth) {
  return nth > 0 && count % nth === 0;
}

function submit(session, pdu) {
  count += 1;
  session.in_flight += 1;
  got.most_in_flight = Math.max(got.most_in_flight, session.in_flight);
  const number = count;
  const answer = (fields) => {
    const reply = () => {
      session.in_flight -= 1;
      session.send(pdu.response(fields));
    };
    if (settings.delay > 0) setTimeout(reply, settings.delay);
    else setImmediate(reply);
  };
  if (every(settings.throttle)) return answer({ command_status: 0x58 });
  if (every(settings.full)) return answer({ command_status: 0x14 });
  if (pdu.destination_addr.endsWith("000")) return answer({ command_status: 0x0b });
  const id = ++messages;
  got.submits.push({ ...kept(pdu), message_id: messageId(id), number, at: Date.now() });
  numbers.add(pdu.destination_addr);
  if (every(settings.drop)) return session.destroy();
  const wants = (pdu.registered_delivery & 1) === 1;
  if (wants && settings.receipts === "early") receipt(session, pdu, id);
  if (!every(settings.silence)) answer({ message_id: messageId(id) });
  if (wants && settings.receipts === "late") setTimeout(() => receipt(session, pdu, id), settings.delay + 50);
  screen(session, pdu);
}

function bind(session, mode, pdu) {
  if (pdu.system_id !== "khaibao" || pdu.password !== "secret08") {
    got.refused_binds += 1;
    session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
    session.close();
    return;
  }
  got.binds.push({ mode, version: pdu.interface_version, system_type: pdu.system_type });
  session.mode = mode;
  session.send(pdu.response({ system_id: "npm-smpp" }));
}

// With the names of two PEM files the SMSC speaks TLS.
const { TLS_KEY, TLS_CERTIFICATE } = process.env;
const tls = TLS_KEY ? { key: fs.readFileSync(TLS_KEY), cert: fs.readFileSync(TLS_CERTIFICATE) } : {};

const server = smpp.createServer(tls, (session) => {
  session.in_flight = 0;
  sessions.add(session);
  // Without a listener a reset by the client ends this process.
  session.on("error", () => session.destroy());
  session.on("close", () => sessions.delete(session));
  session.setMaxListeners(0);
  for (const mode of ["bind_transceiver", "bind_transmitter", "bind_receiver"]) {
    session.on(mode, (pdu) => bind(session, mode, pdu));
  }
  session.on("enquire_link", (pdu) => {
    got.enquire_links += 1;
    if (!settings.mute) session.send(pdu.response());
  });
  session.on("unbind", (pdu) => {
    got.unbinds += 1;
    session.send(pdu.response());
    session.close();
  });
  session.on("submit_sm", (pdu) => submit(session, pdu));
});

// `message` and `udh` of a PDU come in hexadecimal.
function prepared(fields) {
  const pdu = { ...fields };
  for (const name of ["short_message", "message_payload"]) {
    const value = fields[name];
    if (value && value.hex !== undefined) pdu[name] = { message: Buffer.from(value.hex, "hex") };
    if (value && value.udh) pdu[name].udh = Buffer.from(value.udh, "hex");
  }
  if (typeof fields.its_session_info === "string") pdu.its_session_info = Buffer.from(fields.its_session_info, "hex");
  return pdu;
}

let turn = 0;

// One delivery; it waits for a bound receiver, and a cut connection leaves it to be delivered
// again, as with a real SMSC.
function one(fields, left) {
  return new Promise((done) => {
    const chosen = receivers();
    const session = chosen[turn++ % chosen.length];
    const again = (status) => {
      if (left <= 1) done(status);
      else setTimeout(() => one(fields, left - 1).then(done), 50);
    };
    if (!session) return setTimeout(() => one(fields, left).then(done), 50);
    const cut = () => again(-1);
    session.once("close", cut);
    const { command, ...rest } = fields;
    session[command || "deliver_sm"](prepared(rest), (pdu) => {
      session.removeListener("close", cut);
      if (pdu.command_status === 0) done(0);
      else again(pdu.command_status);
    });
  });
}

// At most as many at once as a real SMSC's window has.
async function deliver({ pdus, tries, at_once }) {
  const statuses = new Array(pdus.length);
  let next = 0;
  const worker = async () => {
    while (next < pdus.length) {
      const mine = next++;
      statuses[mine] = await one(pdus[mine], tries || 1);
    }
  };
  const begun_at = Date.now();
  await Promise.all(Array.from({ length: at_once || pdus.length }, worker));
  return { statuses, begun_at, ended_at: Date.now() };
}

async function ask() {
  const asked = [...sessions].filter((session) => session.mode);
  const answers = asked.map((session) => new Promise((done) => session.enquire_link((pdu) => done(pdu.command_status))));
  return { answered: (await Promise.all(answers)).filter((status) => status === 0).length };
}

const bound = () => [...sessions].filter((session) => session.mode).length;

const control = {
  "/set": (wanted) => {
    settings = { ...settings, ...wanted };
    count = 0;
    return {};
  },
  "/deliver": deliver,
  "/ask": ask,
  "/cut": () => {
    for (const session of sessions) session.destroy();
    return {};
  },
  "/unbind": () => {
    for (const session of sessions) session.unbind();
    return {};
  },
  "/forget": () => {
    forget();
    return {};
  },
  "/got": () => ({ ...got, bound: bound() }),
  "/counts": () => ({
    submits: got.submits.length,
    numbers: numbers.size,
    first_at: got.submits.length ? got.submits[0].at : 0,
    last_at: got.submits.length ? got.submits[got.submits.length - 1].at : 0,
    bound: bound(),
  }),
};

const web = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const body = Buffer.concat(chunks).toString("utf8");
    const answer = control[request.url];
    const text = answer ? JSON.stringify(await answer(body ? JSON.parse(body) : {})) : "{}";
    response.writeHead(answer ? 200 : 404, { "Content-Type": "application/json", Connection: "close" });
    response.end(text);
  });
});

server.listen(port, host, () => {
  web.listen(controlPort, host, () => {
    console.log(`listening on ${host}:${server.address().port} ${host}:${web.address().port}`);
  });
});

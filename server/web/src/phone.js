// The demo's feature phone, made lively: keys type letters, the screen changes without a new page,
// new messages come by themselves. Without this every key is a plain button of a plain form.
import "./page.js";

const LOOK_EVERY_MS = 2_000;
/** A second press within this time takes the key's next letter. */
const NEXT_LETTER_MS = 1_000;
const LETTERS = {
  1: ".,?!1", 2: "ABC2", 3: "DEF3", 4: "GHI4", 5: "JKL5", 6: "MNO6", 7: "PQRS7", 8: "TUV8", 9: "WXYZ9",
  "*": "*+", 0: " 0",
};
const MODES = ["ABC", "abc", "123"];
const PARTS = ["lcd", "softs", "counters"];

const phone = document.getElementById("phone");
const keyboard = window.matchMedia("(hover: hover) and (pointer: fine)").matches;
let turn = Promise.resolve();
let waiting = 0;
let mode = 0;
let last = { key: "", at: 0, place: 0 };

const lcd = () => document.getElementById("lcd");
const entry = () => document.getElementById("entry");

/** Texts are written in letters; codes and answers are digits until # asks for letters. */
const letters = () => lcd().dataset.view === "texts" && MODES[mode] !== "123";

function showMode() {
  const label = lcd().querySelector("[data-mode]");
  if (lcd().dataset.view === "texts") label.textContent = `SMS · ${MODES[mode]}`;
}

function settle() {
  const body = lcd().querySelector("[role=log]");
  if (body && !body.classList.contains("idle")) body.scrollTop = body.scrollHeight;
  showMode();
}

/** One press after the other; a mere look gives way to all of them. */
function send(name, value, keep) {
  if (keep && waiting > 0) return;
  waiting += 1;
  turn = turn.then(() => post(name, value, keep)).finally(() => (waiting -= 1));
}

/** Sends one press, or a look, and puts the answer's parts in place. */
async function post(name, value, keep) {
  const body = new URLSearchParams(new FormData(phone));
  body.set(name, value);
  try {
    const answer = await fetch(phone.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("lcd");
    if (!fresh) {
      // Not a phone: the error page says why.
      if (!keep) phone.requestSubmit();
      return;
    }
    if (keep && fresh.dataset.version === lcd().dataset.version) return;
    const typed = keep ? entry()?.value : null;
    const focused = document.activeElement;
    const inside = focused && PARTS.some((id) => document.getElementById(id).contains(focused));
    for (const id of PARTS) document.getElementById(id).replaceWith(page.getElementById(id));
    if (typed != null && entry()) entry().value = typed;
    settle();
    if (inside && !(keep && !typed && !keyboard)) {
      const again = focused.value && document.querySelector(`#softs [value="${CSS.escape(focused.value)}"]`);
      if (focused.id !== "entry" && again) again.focus();
      else if (keyboard || focused.id === "entry") entry()?.focus();
    }
  } catch {
    // The server is away for a moment; the next press tries again.
  }
}

function type(key) {
  const field = entry();
  if (!field) return;
  if (letters() && key === "#") {
    mode = (mode + 1) % MODES.length;
    last = { key: "", at: 0, place: 0 };
    showMode();
    return;
  }
  const choices = letters() ? LETTERS[key] : lcd().dataset.view === "texts" && key === "#" ? "" : key;
  if (choices === "") {
    mode = (mode + 1) % MODES.length;
    showMode();
    return;
  }
  const now = performance.now();
  const again = choices.length > 1 && last.key === key && now - last.at < NEXT_LETTER_MS;
  const place = again ? (last.place + 1) % choices.length : 0;
  const sign = MODES[mode] === "abc" ? choices[place].toLowerCase() : choices[place];
  field.value = (again ? field.value.slice(0, -1) : field.value) + sign;
  field.scrollLeft = field.scrollWidth;
  last = { key, at: now, place };
}

phone.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (!button) return send("do", document.querySelector("#softs button").value);
  if (button.name === "key") return type(button.value);
  send(button.name, button.value);
});

// A physical keyboard presses the phone's keys too, unless it is typing into a field.
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select, button, a") || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = [...phone.querySelectorAll("[name=key]")].find((k) => k.value === event.key);
  if (key) type(key.value);
  if (event.key === "Backspace" && entry()) entry().value = entry().value.slice(0, -1);
  if (event.key === "Enter") send("do", document.querySelector("#softs button").value);
});

setInterval(() => {
  if (!document.hidden) send("do", "look", true);
}, LOOK_EVERY_MS);
settle();

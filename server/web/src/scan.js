// The scan page: camera where there is one, a focused field for wedge scanners, sent on reading.
import "./page.js";
import { openReader } from "./reader.js";

const REMEMBERED = "camera-on";
const LAST = "last-code";
/** The code just recorded may still be before the camera. */
const SAME_AGAIN_MS = 8_000;
const form = document.getElementById("scan");
const field = document.getElementById("f-input");
const frame = form.querySelector(".camera");
const video = frame.querySelector("video");
const button = form.querySelector("[data-camera]");
const torch = form.querySelector("[data-torch]");
const state = document.getElementById("camera-state");
const label = button.querySelector("span");
let [stream, reader, awake] = [null, null, null];

// A wedge scanner types into whatever has the focus and ends with Enter.
document.addEventListener("keydown", (event) => {
  const free = event.target === document.body || event.target.id === "main";
  if (free && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) field.focus();
});
for (const radio of form.querySelectorAll("[name=direction]")) {
  radio.addEventListener("change", () => field.focus());
}

if (navigator.mediaDevices?.getUserMedia) {
  form.querySelector(".camera-actions").hidden = false;
  button.addEventListener("click", () => (stream ? stop(true) : start()));
  torch.addEventListener("click", toggleTorch);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop(false);
    else if (sessionStorage.getItem(REMEMBERED)) start();
  });
  window.addEventListener("pagehide", () => stop(false));
  // Asked for once by a tap; after that each next scan starts by itself.
  if (sessionStorage.getItem(REMEMBERED)) start();
} else {
  state.textContent = form.dataset.none;
}

async function start() {
  if (stream) return;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (error) {
    sessionStorage.removeItem(REMEMBERED);
    state.textContent = error.name === "NotFoundError" ? form.dataset.none : form.dataset.denied;
    return;
  }
  sessionStorage.setItem(REMEMBERED, "yes");
  video.srcObject = stream;
  await video.play().catch(() => {});
  frame.hidden = false;
  label.textContent = label.dataset.on;
  state.textContent = form.dataset.reading;
  torch.hidden = !stream.getVideoTracks()[0].getCapabilities?.().torch;
  awake = await navigator.wakeLock?.request("screen").catch(() => null);
  reader ??= await openReader(form.dataset.wasm);
  look();
}

function stop(forget) {
  if (forget) sessionStorage.removeItem(REMEMBERED);
  stream?.getTracks().forEach((track) => track.stop());
  awake?.release().catch(() => {});
  [stream, awake] = [null, null];
  video.srcObject = null;
  frame.hidden = true;
  torch.hidden = true;
  label.textContent = label.dataset.off;
  state.textContent = "";
}

async function toggleTorch() {
  const on = torch.getAttribute("aria-pressed") !== "true";
  try {
    await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
    torch.setAttribute("aria-pressed", String(on));
  } catch {
    torch.hidden = true;
  }
}

/** Reads frame after frame until there is a code. */
async function look() {
  while (stream) {
    const text = video.readyState >= 2 ? await reader(video).catch(() => "") : "";
    if (text && stream && isNew(text)) return found(text);
    await new Promise((next) => setTimeout(next, 60));
  }
}

/** Only a short sum of the code is kept: this device may be shared. */
function isNew(text) {
  let sum = 0;
  for (const letter of text) sum = (Math.imul(sum, 31) + letter.codePointAt(0)) | 0;
  const [last, at] = (sessionStorage.getItem(LAST) ?? "").split("@");
  if (last === String(sum) && Date.now() - Number(at) < SAME_AGAIN_MS) return false;
  sessionStorage.setItem(LAST, `${sum}@${Date.now()}`);
  return true;
}

function found(text) {
  field.value = text;
  signal();
  stop(false);
  state.textContent = form.dataset.read;
  form.requestSubmit();
}

/** A short beep and buzz: the officer looks at the person, not at the screen. */
function signal() {
  navigator.vibrate?.(80);
  const Sound = window.AudioContext ?? window.webkitAudioContext;
  if (!Sound) return;
  const sound = new Sound();
  const [tone, volume] = [sound.createOscillator(), sound.createGain()];
  tone.frequency.value = 1_200;
  volume.gain.value = 0.15;
  tone.connect(volume).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.12);
}

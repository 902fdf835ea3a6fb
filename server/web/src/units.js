// Type-ahead for communes, an ARIA combobox over GET /api/v1/units.

const WAIT_MS = 180;
const LEAST = 2;
let count = 0;

/** `words`: texts `none`, `some` (with # for the number) and `list` (name of the list). */
export function unitPicker(input, words) {
  const box = input.closest(".combo");
  const fieldset = input.closest("fieldset");
  const id = `units-${++count}`;
  const list = Object.assign(document.createElement("ul"), { id, className: "options", hidden: true });
  const live = Object.assign(document.createElement("p"), { className: "unseen" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.list);
  live.setAttribute("role", "status");
  box.append(list, live);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", id]]) {
    input.setAttribute(name, value);
  }
  let [units, active, timer, asked] = [[], -1, 0, null];

  const hidden = () => {
    let field = box.querySelector("input[type=hidden]");
    if (!field) {
      field = Object.assign(document.createElement("input"), { type: "hidden", name: `${input.name}_unit` });
      box.append(field);
    }
    return field;
  };
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (unit) => {
    fieldset?.querySelector(".candidates")?.remove();
    hidden().value = `${unit.epoch}-${unit.province}-${unit.commune}`;
    input.value = unit.label;
    input.removeAttribute("aria-invalid");
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const move = (to) => {
    active = (to + units.length) % units.length;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
    list.children[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `${id}-${active}`);
  };
  const show = (found) => {
    [units, active] = [found, -1];
    list.replaceChildren(...found.map((unit, i) => {
      const item = Object.assign(document.createElement("li"), { id: `${id}-${i}`, textContent: unit.label });
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      // Before the input loses the focus.
      item.addEventListener("pointerdown", (event) => event.preventDefault());
      item.addEventListener("click", () => choose(unit));
      return item;
    }));
    live.textContent = found.length ? words.some.replace("#", found.length) : words.none;
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    input.removeAttribute("aria-activedescendant");
  };
  const ask = async () => {
    asked?.abort();
    const query = input.value.trim();
    if (query.length < LEAST) return close();
    asked = new AbortController();
    try {
      const answer = await fetch(`/api/v1/units?q=${encodeURIComponent(query)}`, { signal: asked.signal });
      if (answer.ok && document.activeElement === input) show(await answer.json());
    } catch {
      // Offline or overtaken by the next letter: the server resolves what was typed.
    }
  };

  input.addEventListener("input", () => {
    fieldset?.querySelectorAll(".candidates input").forEach((radio) => { radio.checked = false; });
    if (box.querySelector("input[type=hidden]")) hidden().value = "";
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("blur", () => { clearTimeout(timer); asked?.abort(); close(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) ask();
    if (list.hidden) return;
    if (event.key === "ArrowDown") move(active + 1);
    else if (event.key === "ArrowUp") move(active < 0 ? units.length - 1 : active - 1);
    else if (event.key === "Enter" && active >= 0) choose(units[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

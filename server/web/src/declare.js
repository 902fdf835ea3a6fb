// The declaration's form, made easier: the server accepts it just as well without this.
import "./page.js";
import { conditions } from "./conditions.js";
import { unitPicker } from "./units.js";

const form = document.querySelector("form[data-tests]");
if (form) {
  for (const input of form.querySelectorAll("[data-units]")) unitPicker(input, form.dataset);
  for (const button of form.querySelectorAll("[data-same-as]")) copyButton(button);
  conditions(form);
}

/** One tap copies commune and house from another address of the form. */
function copyButton(button) {
  const to = button.closest("[data-field]").dataset.field;
  const from = button.dataset.sameAs;
  const named = (name) => form.elements.namedItem(name);
  if (!named(from)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const part of ["", "_unit", "_house"]) {
      const [source, target] = [named(from + part), named(to + part)];
      if (source && target) target.value = source.value;
    }
    named(to).dispatchEvent(new Event("change", { bubbles: true }));
    named(to).focus();
  });
}

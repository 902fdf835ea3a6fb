// Shows and hides questions by the answers so far, by the same tests as the server
// (workflows/src/form.rs), which drops what was hidden.

const DAY = 86_400_000;

/** Keeps the conditional fields of a form in step with its answers. */
export function conditions(form) {
  const tests = JSON.parse(form.dataset.tests || "[]");
  const fields = [...form.querySelectorAll("[data-field]")];
  const update = () => {
    // In the form's order: a hidden question has no answer for those after it.
    const answers = new Map();
    for (const field of fields) {
      const shown = isShown(field, form, tests, answers);
      field.hidden = !shown;
      const number = /^q(\d+)$/.exec(field.dataset.field);
      const answer = shown && number ? answerOf(field, form) : undefined;
      if (answer !== undefined) answers.set(Number(number[1]), answer);
    }
  };
  form.addEventListener("change", update);
  form.addEventListener("input", update);
  window.addEventListener("pageshow", update);
  update();
}

function isShown(field, form, tests, answers) {
  const { shownWhen, onlyWith } = field.dataset;
  if (onlyWith) {
    const [name, values] = onlyWith.split("=");
    if (!values.split(",").includes(new FormData(form).get(name) ?? "")) return false;
  }
  return shownWhen === undefined || holds(Number(shownWhen), tests, answers, tests.length);
}

/** `depth` bounds circular tests. */
function holds(index, tests, answers, depth) {
  const test = tests[index];
  if (test === undefined || depth <= 0) return false;
  const inner = (i) => holds(i, tests, answers, depth - 1);
  if ("all" in test) return test.all.every(inner);
  if ("any" in test) return test.any.some(inner);
  if ("not" in test) return !inner(test.not);
  if ("equals" in test) return same(answers.get(test.equals.to), test.equals.answer);
  if ("at-least" in test) return answers.get(test["at-least"][0])?.number >= test["at-least"][1];
  if ("answered" in test) return answers.has(test.answered);
  return false;
}

const same = (a, b) => a !== undefined && JSON.stringify(a) === JSON.stringify(b);

/** A field's answer as the server would parse it, undefined when it has none. */
function answerOf(field, form) {
  const { field: name, kind } = field.dataset;
  const values = new FormData(form).getAll(name).map((v) => String(v).trim()).filter(Boolean);
  if (values.length === 0) return undefined;
  switch (kind) {
    case "yes-no": return values[0];
    case "number": return /^\d+$/.test(values[0]) ? { number: Number(values[0]) } : undefined;
    case "choice": return { choice: Number(values[0]) };
    case "choices": return { choices: values.map(Number).sort((a, b) => a - b) };
    case "date": return { on: Math.round(Date.parse(values[0]) / DAY) };
    default: return { text: values[0] };
  }
}

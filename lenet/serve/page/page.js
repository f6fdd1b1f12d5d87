const MOST_FIELDS = 64; // of a form; more numbers are written into one field
const REST = 250; // milliseconds without a stroke before layers are asked for
const api = new Api();
let models = [];
let model = null;
let rest = 0;
let sheet = 0; // the number of the paper: what was asked of an earlier one is of no interest

const predicting = new Newest((input) => show("predict", input, showAnswer));
const explaining = new Newest(async (input) => {
  find("wait").hidden = false; // the first time, it has to be compiled
  await show("explain", input, showExplanation);
  find("wait").hidden = true;
});
const pad = new Pad(find("pad"), find("pen"), find("pen-state"), drawn, forget);

/** Ask the model, and show its answer, unless the paper has been cleared or the model changed. */
async function show(what, input, shown) {
  const asked = model;
  const before = sheet;
  try {
    const { body, type } = await input();
    const query = asked.input.pictures ? "?resize=yes" : "";
    const path = `/v1/models/${asked.name}/versions/${asked.version}/${what}${query}`;
    const found = await api.ask(path, body, type);
    if (before !== sheet) return;
    problem("");
    await shown(what === "predict" ? found.answer : found, asked);
  } catch (error) {
    // What is only begun may be nothing yet.
    if (before === sheet && !(error.status === 400 && pad.isMoving)) refused(error);
  }
}

function ask(input, isMoving) {
  clearTimeout(rest);
  predicting.wish(input);
  rest = setTimeout(() => explaining.wish(input), isMoving ? 4 * REST : REST);
}

function drawn(isMoving) {
  ask(async () => ({ body: await pad.picture(), type: "image/png" }), isMoving);
}

function chosen(file) {
  if (!file) return;
  pad.show(file);
  const type = file.type.startsWith("image/") ? file.type : "application/octet-stream";
  ask(async () => ({ body: file, type }), false);
}

/** Nothing is asked any more, and nothing shown. */
function forget() {
  sheet += 1;
  clearTimeout(rest);
  predicting.forget();
  explaining.forget();
  for (const id of ["answers", "why", "seen"]) find(id).hidden = true;
  find("said").textContent = "Nothing yet.";
  find("done").textContent = "";
  problem("");
}

function problem(text) {
  find("problem").textContent = text;
}

function refused(error) {
  find("login").hidden = error.status !== 401;
  if (error.status === 401) find("token").focus();
  problem(error.message);
}

function choose(number) {
  model = models[number];
  const { shape, pictures, columns } = model.input;
  const given = columns.length ? `${columns.length} columns` : shape.join("x");
  find("about").textContent =
    `${model.parameters.toLocaleString("en")} parameters, ${given} → ` +
    `${model.answers.names.length} ${model.answers.kind}${model.outcome && `, ${model.outcome}`}`;
  find("drawing").hidden = !pictures;
  find("row").hidden = pictures;
  find("ink-choice").hidden = !(pictures && shape[0] === 3);
  pad.ink = pictures && shape[0] === 3 ? find("ink").value : "#000";
  forget();
  if (pictures) pad.resize(shape[2], shape[1]);
  else fields(model.input);
}

/** A form for a row: for its columns, or its numbers. */
function fields(input) {
  find("row").replaceChildren();
  if (input.columns.length) input.columns.forEach(columnField);
  else numberFields(input);
  written();
}

function labelled(name, kind, settings) {
  const label = element("label", name, find("row"));
  const field = element(kind, undefined, label);
  return Object.assign(field, settings);
}

function columnField(column) {
  if (column.kind === "number") {
    const value = Number(column.mean.toPrecision(3));
    labelled(column.name, "input", { type: "number", step: "any", value });
  } else if (column.kind === "category" && column.known.length <= MOST_FIELDS) {
    const field = labelled(column.name, "select", {});
    field.append(...column.known.map((known) => element("option", known)));
    element("option", "another one", field).value = "";
  } else {
    const between = column.kind === "categories" ? ", with | between" : "";
    const value = column.known[0] || "";
    labelled(column.name + between, "input", { type: "text", value });
  }
}

function numberFields(input) {
  const size = input.shape.reduce((one, other) => one * other, 1);
  const middle = ((input.least ?? 0) + (input.most ?? 0)) / 2;
  const start = input.whole ? Math.round(middle) : Number(middle.toPrecision(3));
  const known = input.most === null ? "" : `, ${brief(input.least)} to ${brief(input.most)}`;
  if (size <= MOST_FIELDS) {
    const settings = { type: "number", step: "any", value: start };
    for (let k = 1; k <= size; k += 1) labelled(`value ${k}${known}`, "input", settings);
  } else {
    const value = Array(size).fill(start).join(" ");
    const field = labelled(`${size} numbers${known}`, "textarea", { value, rows: 10 });
    field.parentElement.className = "wide";
  }
}

/** The row that is written: an object of columns, or a list of numbers. */
function rowWritten() {
  const fields = [...find("row").querySelectorAll("input, textarea, select")];
  if (!model.input.columns.length) {
    const texts = fields.flatMap((field) => field.value.trim().split(/[\s,;]+/));
    return texts.map((text, k) => numberOf(text, `value ${k + 1}`));
  }
  const values = model.input.columns.map(({ name, kind, optional }, k) => {
    const text = fields[k].value.trim();
    if (text === "" && optional) return [name, null];
    return [name, kind === "number" ? numberOf(text, name) : text];
  });
  return Object.fromEntries(values);
}

function numberOf(text, name) {
  const value = text === "" ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new Error(`${name} is no number`);
  return value;
}

function written() {
  try {
    const body = JSON.stringify({ row: rowWritten() });
    ask(async () => ({ body, type: "application/json" }), false);
  } catch (error) {
    problem(error.message);
  }
}

async function begin() {
  try {
    models = (await api.ask("/v1/models")).models;
  } catch (error) {
    return refused(error);
  }
  find("login").hidden = true;
  problem("");
  const options = models.map((each) => element("option", `${each.name} ${each.version}`));
  find("models").replaceChildren(...options);
  choose(0);
}

find("models").addEventListener("change", (event) => choose(event.target.selectedIndex));
find("clear").addEventListener("click", () => pad.clear());
find("ink").addEventListener("input", (event) => (pad.ink = event.target.value));
find("row").addEventListener("input", written);
find("row").addEventListener("submit", (event) => event.preventDefault());
find("file").addEventListener("change", (event) => {
  chosen(event.target.files[0]);
  event.target.value = ""; // so that the same one can be chosen again
});
find("login").addEventListener("submit", (event) => {
  event.preventDefault();
  api.token = find("token").value;
  begin();
});
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!model || !model.input.pictures) return;
    event.preventDefault();
    find("pad").classList.toggle("over", name === "dragover");
    if (name === "drop") chosen(event.dataTransfer.files[0]);
  });
}
begin();

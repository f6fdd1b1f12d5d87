const MOST_ROWS = 10; // of a table of answers
const DONE = {
  drawn: "the drawing was cut out, fitted in and centred",
  inverted: "dark and light were changed",
  resized: "it was brought to the net's size",
};
const percent = (share) => `${(100 * share).toFixed(share > 0.9995 && share < 1 ? 3 : 2)} %`;
const brief = (value) => (value === null ? "beyond all bounds" : String(Number(value.toPrecision(6))));

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function loaded(base64) {
  return new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => failed(new Error("the browser cannot show a picture"));
    image.src = `data:image/png;base64,${base64}`;
  });
}

/** Rows of [name, share of the bar or null, words], from what a model says. */
function rowsOf(answer, model) {
  if (answer.probabilities) {
    const rows = answer.probabilities.map((p, k) => [model.answers.names[k], p, percent(p)]);
    if (rows.length <= MOST_ROWS) return rows;
    return rows.sort((one, other) => other[1] - one[1]).slice(0, MOST_ROWS);
  }
  const isShare = model.answers.kind !== "numbers";
  const rows = Object.entries(answer.answers);
  return rows.map(([name, v]) => (isShare ? [name, v, percent(v)] : [name, null, brief(v)]));
}

function showAnswer(answer, model) {
  const rows = rowsOf(answer, model);
  const body = find("answers").tBodies[0];
  body.replaceChildren();
  for (const [name, share, words] of rows) {
    const row = element("tr", undefined, body);
    element("th", name, row).scope = "row";
    const cell = element("td", undefined, row);
    if (share !== null) {
      const bar = element("div", undefined, cell);
      bar.className = "bar";
      bar.style.width = `${100 * share}%`;
    }
    element("td", words, row);
  }
  find("answers").hidden = false;
  const likeliest = answer.probabilities && `${answer.label}, ${percent(answer.probability)}`;
  find("said").textContent = likeliest || rows.map(([name, , words]) => `${name} ${words}`)[0];
  const done = (answer.prepared || []).map((word) => DONE[word] || word);
  find("done").textContent = done.length ? `As for the training images, ${done.join(", and ")}.` : "";
  if (answer.mask) showMask(answer.mask);
}

async function showMask(mask) {
  const image = await loaded(mask);
  paint(find("heat"), image);
  find("why").hidden = false;
}

function paint(canvas, image, width = image.width, height = image.height) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, width, height);
  return context;
}

async function showExplanation(found, model) {
  const input = await loaded(found.input);
  paint(find("input"), input);
  const decided = found.occlusion;
  const isVector = Boolean(decided.falls);
  for (const id of ["given", "decides"]) find(id).hidden = isVector;
  find("falls").hidden = !isVector;
  if (isVector) showFalls(decided);
  else if (!found.answer.mask) await showHeat(input, decided);
  const shown = model.answers.kind === "numbers" ? brief : percent;
  const name = decided.columns ? "a column" : isVector ? "a value" : `a square of ${decided.side}x${decided.side} pixels`;
  find("fall").textContent =
    `${decided.label}: ${shown(decided.value)}, and ${shown(decided.least)} ` +
    `where hiding ${name} costs most.`;
  find("why").hidden = false;
  showLayers(found.layers);
}

/** What decides, in colours over the image. */
async function showHeat(input, decided) {
  const grey = await loaded(decided.picture);
  const context = paint(find("heat"), grey);
  const pixels = context.getImageData(0, 0, grey.width, grey.height);
  for (let k = 0; k < pixels.data.length; k += 4) {
    const fall = (pixels.data[k] - 128) / 127;
    pixels.data.set(fall > 0 ? [225, 20, 40] : [40, 90, 230], k);
    pixels.data[k + 3] = Math.round(200 * Math.min(1, Math.abs(fall)));
  }
  const colours = await createImageBitmap(pixels);
  paint(find("heat"), input).drawImage(colours, 0, 0, input.width, input.height);
}

function showFalls(decided) {
  const most = decided.falls.map((fall, k) => [fall, k]).sort((a, b) => Math.abs(b[0]) - Math.abs(a[0]));
  const items = most.slice(0, 5).map(([fall, k]) => {
    const name = decided.columns ? decided.columns[k] : `value ${k + 1}`;
    return element("li", `${name}: without it ${brief(Math.abs(fall))} ${fall < 0 ? "more" : "less"}`);
  });
  find("falls").replaceChildren(...items);
}

function showLayers(layers) {
  const items = layers.map((layer) => {
    const item = document.createElement("li");
    const image = element("img", undefined, item);
    image.src = `data:image/png;base64,${layer.picture}`;
    image.alt = layer.maps > 1 ? `${layer.maps} maps of ${layer.text}` : `values of ${layer.text}`;
    image.onload = () => {
      image.width = image.naturalWidth * Math.max(1, Math.round(150 / image.naturalWidth));
    };
    element("span", `${layer.text} → ${layer.shape.join("x")}`, item);
    element("span", `${brief(layer.least)} to ${brief(layer.most)}`, item);
    return item;
  });
  find("layers").replaceChildren(...items);
  find("seen").hidden = false;
}

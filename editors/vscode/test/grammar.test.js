"use strict";

// The grammar as the editor's own engine reads it: `npm test`.

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const ROOT = path.join(__dirname, "..");
const SPECS = path.join(ROOT, "..", "..", "specs");

async function grammar() {
  const wasm = fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => {
      const file = path.join(ROOT, "syntaxes", "lenet.tmLanguage.json");
      return textmate.parseRawGrammar(fs.readFileSync(file, "utf8"), file);
    },
  });
  return registry.loadGrammar("source.lenet");
}

const loaded = grammar();

/** [text, innermost scope] of all that is no white space. */
async function tokens(text) {
  const rules = await loaded;
  let state = textmate.INITIAL;
  const found = [];
  for (const line of text.split("\n")) {
    const read = rules.tokenizeLine(line, state);
    state = read.ruleStack;
    for (const { startIndex, endIndex, scopes } of read.tokens) {
      const part = line.slice(startIndex, endIndex).trim();
      if (part) {
        found.push([part, scopes[scopes.length - 1]]);
      }
    }
  }
  return found;
}

async function scopes(text) {
  return Object.fromEntries(await tokens(text));
}

test("a layer with sizes, options, a name and a shape", async () => {
  assert.deepStrictEqual(await tokens("conv 6x5x5 pad 1  as conv1 -> 6x24x24  # first"), [
    ["conv", "entity.name.function.lenet"],
    ["6", "constant.numeric.lenet"],
    ["x", "keyword.operator.by.lenet"],
    ["5", "constant.numeric.lenet"],
    ["x", "keyword.operator.by.lenet"],
    ["5", "constant.numeric.lenet"],
    ["pad", "entity.other.attribute-name.lenet"],
    ["1", "constant.numeric.lenet"],
    ["as", "keyword.other.as.lenet"],
    ["conv1", "entity.name.label.lenet"],
    ["->", "keyword.operator.arrow.lenet"],
    ["6x24x24", "entity.name.type.shape.lenet"],
    ["# first", "comment.line.number-sign.lenet"],
  ]);
});

test("names in sizes are no options", async () => {
  const found = await scopes("conv width x 3 x 3 stride step*2");
  assert.strictEqual(found.width, "variable.other.lenet");
  assert.strictEqual(found.step, "variable.other.lenet");
  assert.strictEqual(found.stride, "entity.other.attribute-name.lenet");
});

test("a section ends at the margin", async () => {
  for (const section of ["data", "augment", "train", "search"]) {
    const found = await scopes(`${section}\n  rate 0.1\nrelu`);
    assert.strictEqual(found[section], "keyword.other.section.lenet");
    assert.strictEqual(found.rate, "support.type.property-name.lenet");
    assert.strictEqual(found.relu, "entity.name.function.lenet");
  }
});

test("a table has crosses and points", async () => {
  const found = await scopes("table c3\n  X . y\nconv 3x5x5 connect c3");
  assert.strictEqual(found.c3, "entity.other.attribute-name.lenet");
  assert.strictEqual(found.X, "constant.language.connected.lenet");
  assert.strictEqual(found["."], "punctuation.unconnected.lenet");
  assert.strictEqual(found.y, "invalid.illegal.cell.lenet");
  assert.strictEqual(found.conv, "entity.name.function.lenet");
});

test("a block has a name and parameters", async () => {
  const found = await scopes("block basic(width, step = 1)\n  add\n    path");
  assert.strictEqual(found.basic, "entity.name.function.block.lenet");
  assert.strictEqual(found.step, "variable.parameter.lenet");
  assert.strictEqual(found.add, "keyword.control.lenet");
  assert.strictEqual(found.path, "keyword.control.lenet");
});

test("every spec is read to its end, and nothing in it is illegal", async () => {
  const files = fs.readdirSync(SPECS).filter((name) => name.endsWith(".lenet"));
  assert.ok(files.length > 20);
  for (const name of files) {
    const found = await tokens(fs.readFileSync(path.join(SPECS, name), "utf8"));
    const seen = found.map(([, scope]) => scope);
    assert.ok(!seen.some((scope) => scope.startsWith("invalid.")), name);
    for (const scope of ["comment.line.number-sign.lenet", "entity.name.function.lenet"]) {
      assert.ok(seen.includes(scope), `${name} has no ${scope}`);
    }
    const bare = found.filter(([, scope]) => scope === "source.lenet");
    assert.deepStrictEqual(bare, [], `${name}: without a colour`);
  }
});

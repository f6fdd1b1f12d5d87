"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;
let changes = Promise.resolve();

async function start() {
  const [command, ...args] = vscode.workspace.getConfiguration("lenet").get("command");
  // With a named transport the library would append an argument of its own, --stdio.
  const server = { command, args };
  client = new LanguageClient("lenet", "lenet", server, {
    documentSelector: [
      { scheme: "file", language: "lenet" },
      { scheme: "untitled", language: "lenet" },
    ],
  });
  try {
    await client.start();
  } catch {
    vscode.window.showErrorMessage(
      `\`${[command, ...args].join(" ")}\` does not start. Install lenet, ` +
        "or say in the setting lenet.command where it is.",
    );
  }
}

async function stop() {
  const old = client;
  client = undefined;
  try {
    await old?.stop();
  } catch {
    // A server that never started cannot be stopped.
  }
}

/** One start or stop after the other, however fast the setting changes. */
function then(...steps) {
  for (const step of steps) {
    changes = changes.then(step);
  }
  return changes;
}

exports.activate = function (context) {
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("lenet.command")) {
        then(stop, start);
      }
    }),
  );
  return then(start);
};

exports.deactivate = function () {
  return then(stop);
};

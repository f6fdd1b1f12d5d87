"use strict";

const find = (id) => document.getElementById(id);
const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

/** The server's API, with the visitor's token where there is one. */
class Api {
  constructor() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
      this.token = given;
      history.replaceState(null, "", location.pathname); // it is not to stay in the address
    }
  }

  get token() {
    return sessionStorage.getItem("token");
  }

  set token(text) {
    sessionStorage.setItem("token", text);
  }

  /** The JSON of an answer; an Error with its `status` where it is refused. Who asks too often
   * waits as long as the server says. */
  async ask(path, body, type) {
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    if (type) headers["Content-Type"] = type;
    for (;;) {
      const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body });
      if (answer.status === 429) {
        await pause(Number(answer.headers.get("Retry-After")) || 1);
        continue;
      }
      const found = await answer.json();
      if (answer.ok) return found;
      const problem = new Error(found.fix ? `${found.error}: ${found.fix}` : found.error);
      problem.status = answer.status;
      throw problem;
    }
  }
}

/** Does `work` for the newest wish only: one at a time, and what is wished meanwhile comes next. */
class Newest {
  constructor(work) {
    this.work = work;
    this.busy = false;
  }

  async wish(value) {
    this.next = { value };
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.next) {
        const wished = this.next;
        this.next = null;
        await this.work(wished.value);
      }
    } finally {
      this.busy = false;
    }
  }

  forget() {
    this.next = null;
  }
}

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SIDE = 280; // pixels of the paper's longer side
const LINE = 18; // of a stroke's width

/** Paper to draw on with mouse, finger or keys. `changed(isStroke)` is called while a stroke goes
 * on, and with false when it ends; `cleared()` when the paper is empty again. */
class Pad {
  constructor(canvas, pen, state, changed, cleared) {
    Object.assign(this, { canvas, pen, state, changed, cleared });
    this.ink = "#000";
    this.resize(1, 1);
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, () => this.end());
    }
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.showPen());
    canvas.addEventListener("blur", () => this.liftPen());
  }

  /** Paper of a net's proportions. */
  resize(width, height) {
    const scale = SIDE / Math.max(width, height);
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
    this.at = [this.canvas.width / 2, this.canvas.height / 2];
    this.wipe();
  }

  wipe() {
    const context = this.canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  clear() {
    this.wipe();
    this.cleared();
  }

  /** Whether a stroke goes on. */
  get isMoving() {
    return Boolean(this.from || this.isDown);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * this.canvas.width) / box.width,
      ((event.clientY - box.top) * this.canvas.height) / box.height,
    ];
  }

  begin(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.from = this.place(event);
    this.line(this.from, this.from);
    this.changed(true);
  }

  move(event) {
    if (!this.from) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of events.length ? events : [event]) {
      const to = this.place(each);
      this.line(this.from, to);
      this.from = to;
    }
    this.changed(true);
  }

  end() {
    if (!this.from) return;
    this.from = null;
    this.changed(false);
  }

  line(from, to) {
    const context = this.canvas.getContext("2d");
    context.strokeStyle = this.ink;
    context.lineWidth = LINE;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " || event.key === "Enter") {
      if (event.repeat) return event.preventDefault();
      this.isDown = !this.isDown;
      if (this.isDown) this.line(this.at, this.at);
      this.changed(this.isDown);
      this.state.textContent = this.isDown ? "The pen is down." : "The pen is up.";
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.isDown = false;
      this.clear();
      this.state.textContent = "The paper is empty.";
    } else if (KEYS[event.key]) {
      this.step(KEYS[event.key], event.shiftKey ? 2 : 10);
    } else return;
    event.preventDefault();
    this.showPen();
  }

  step([x, y], size) {
    const inside = (value, most) => Math.min(most, Math.max(0, value));
    const to = [
      inside(this.at[0] + x * size, this.canvas.width),
      inside(this.at[1] + y * size, this.canvas.height),
    ];
    if (this.isDown) {
      this.line(this.at, to);
      this.changed(true);
    }
    this.at = to;
  }

  showPen() {
    // The keyboard's pen is of no use to who has a mouse.
    this.pen.hidden = !this.canvas.matches(":focus-visible");
    this.pen.classList.toggle("down", Boolean(this.isDown));
    this.pen.style.left = `${(100 * this.at[0]) / this.canvas.width}%`;
    this.pen.style.top = `${(100 * this.at[1]) / this.canvas.height}%`;
  }

  liftPen() {
    this.pen.hidden = true;
    if (!this.isDown) return;
    this.isDown = false;
    this.changed(false);
  }

  /** The drawing as a PNG. */
  picture() {
    return new Promise((done) => this.canvas.toBlob(done, "image/png"));
  }

  /** Show a picture that was chosen, as far as the browser knows its kind. */
  async show(file) {
    this.wipe();
    const image = await createImageBitmap(file).catch(() => null);
    if (!image) return;
    const { width, height } = this.canvas;
    const scale = Math.min(width / image.width, height / image.height);
    const size = [image.width * scale, image.height * scale];
    this.canvas
      .getContext("2d")
      .drawImage(image, (width - size[0]) / 2, (height - size[1]) / 2, ...size);
  }
}

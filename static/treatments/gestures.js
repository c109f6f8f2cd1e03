// Mouse, pen and fingers on one map, as what they mean:
//
// tap    {id, place, add}         a point (id) or skin (null) was tapped; `add` with Ctrl, Shift or a long press
// twice  {id}                     a point was tapped twice
// drag   {id, dx, dy, phase}      a point is dragged; phase is start, move, end or cancel
// frame  {from, to, add}          a rectangle was drawn from skin, by mouse
// zoom                            what is shown has changed
//
// One finger on skin is left to the browser: the page scrolls. Two fingers, or Ctrl and the wheel, zoom.

const DRAG_STARTS_AT = 4; // screen pixels; less is a tap
const LONG_PRESS = 450; // ms
const TWICE_WITHIN = 350; // ms

export class Gestures extends EventTarget {
  #svg;
  #zoom;
  #pointAt;
  #held = null; // {id, from, place, moving, pointerId}
  #frame = null; // {from, place, moving}
  #pinch = null; // {place, span, factor}
  #press = null;
  #last = { id: null, at: 0 };
  #swallowClick = false;

  /** @param pointAt (event) the id of the point under it, or null */
  constructor(svg, zoom, pointAt) {
    super();
    this.#svg = svg;
    this.#zoom = zoom;
    this.#pointAt = pointAt;
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#moved(event));
    svg.addEventListener("pointerup", (event) => this.#up(event));
    svg.addEventListener("pointercancel", () => this.#cancel());
    svg.addEventListener("click", (event) => this.#click(event));
    svg.addEventListener("contextmenu", (event) => this.#held && event.preventDefault());
    for (const kind of ["touchstart", "touchmove"]) svg.addEventListener(kind, (event) => this.#touch(event), { passive: false });
    for (const kind of ["touchend", "touchcancel"]) svg.addEventListener(kind, (event) => event.touches.length < 2 && (this.#pinch = null));
    svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #down(event) {
    if (event.button > 0 || this.#pinch) return;
    clearTimeout(this.#press); // of another finger, which came down first
    const id = this.#pointAt(event);
    const start = { from: [event.clientX, event.clientY], place: this.#zoom.at(event), moving: false };
    if (id === null) {
      if (event.pointerType !== "mouse") return;
      this.#frame = start;
    } else {
      this.#held = { id, ...start, pointerId: event.pointerId };
      if (event.pointerType !== "mouse") this.#press = setTimeout(() => this.#longPressed(), LONG_PRESS);
    }
    this.#svg.setPointerCapture(event.pointerId);
  }

  #moved(event) {
    const now = this.#held ?? this.#frame;
    if (!now || now.done) return;
    const starts = !now.moving && Math.hypot(event.clientX - now.from[0], event.clientY - now.from[1]) > DRAG_STARTS_AT;
    now.moving ||= starts;
    if (!now.moving) return;
    clearTimeout(this.#press);
    if (this.#held) this.#drag(event, starts ? "start" : "move");
    else this.#tell("frame", { from: now.place, to: this.#zoom.at(event), done: false });
  }

  #up(event) {
    clearTimeout(this.#press);
    const [held, frame] = [this.#held, this.#frame];
    if (held?.moving) this.#drag(event, "end");
    else if (held && !held.done) this.#tapped(held.id, event);
    else if (frame?.moving) this.#tell("frame", { from: frame.place, to: this.#zoom.at(event), add: withKey(event), done: true });
    this.#held = this.#frame = null;
    if (!held && !frame?.moving) return;
    this.#swallowClick = true;
    setTimeout(() => (this.#swallowClick = false));
  }

  #cancel() {
    clearTimeout(this.#press);
    if (this.#held?.moving) this.#tell("drag", { id: this.#held.id, dx: 0, dy: 0, phase: "cancel" });
    if (this.#frame?.moving) this.#tell("frame", { done: true });
    this.#held = this.#frame = null;
  }

  #drag(event, phase) {
    const { id, place } = this.#held;
    const { x, y } = this.#zoom.at(event);
    this.#tell("drag", { id, dx: x - place.x, dy: y - place.y, phase });
  }

  #tapped(id, event) {
    const twice = this.#last.id === id && event.timeStamp - this.#last.at < TWICE_WITHIN;
    this.#last = { id, at: event.timeStamp };
    if (twice && !withKey(event)) this.#tell("twice", { id });
    else this.#tell("tap", { id, add: withKey(event) });
  }

  #longPressed() {
    this.#held.done = true; // what the finger does from here on means nothing more
    this.#tell("tap", { id: this.#held.id, add: true });
  }

  #click(event) {
    if (this.#swallowClick || this.#pointAt(event) !== null) return;
    this.#tell("tap", { id: null, place: this.#zoom.at(event), add: withKey(event) });
  }

  #touch(event) {
    if (this.#held && event.cancelable) event.preventDefault(); // a finger on a point never scrolls
    if (event.touches.length !== 2) return;
    if (event.cancelable) event.preventDefault();
    const [a, b] = event.touches;
    const middle = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
    const span = Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY));
    if (!this.#pinch || event.type === "touchstart") {
      this.#cancel();
      this.#pinch = { place: this.#zoom.at(middle), span, factor: this.#zoom.factor };
      return;
    }
    this.#zoom.hold(this.#pinch.place, middle, (this.#pinch.factor * span) / this.#pinch.span);
    this.#tell("zoom");
  }

  // A pinch on a trackpad comes as the wheel with Ctrl.
  #wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.#zoom.hold(this.#zoom.at(event), event, this.#zoom.factor * Math.exp(-event.deltaY * (event.deltaMode ? 0.1 : 0.004)));
    this.#tell("zoom");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function withKey(event) {
  return event.ctrlKey || event.metaKey || event.shiftKey;
}

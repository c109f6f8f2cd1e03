// One body map: draws the points of its view, and turns taps and drags into events. It knows no table and no dose.
//
// place   {muscle, side, view, x, y}     a region was tapped
// select  {id, add}                      a point was tapped; null when bare skin was; `add` takes it to the others
// like    {id}                           a point was tapped twice: all of its muscle are meant
// within  {ids, add}                     the points inside a rectangle
// drag    {id, dx, dy, phase}            a point is dragged so far from where it was: start, move, end, cancel
// zoom    {factor}                       what is shown has changed

import { Gestures } from "./gestures.js";
import { Zoom } from "./zoom.js";

const SVG = "http://www.w3.org/2000/svg";
const SAME_PLACE = 12; // of 1000: nearer than this, one point hides the other
const MIDDLE = 500; // where a map that shows both sides of the body has its midline
const OPPOSITE = { left: "right", right: "left" };

/** The view that shows the other side of the body; the same one where it shows both. */
export function oppositeView(view) {
  return view.replace(/(?<=_)(left|right)(?=_|$)/, (side) => OPPOSITE[side]);
}

/** The same place on the other side of the body, or null for the midline. */
export function mirrored({ side, view, x, y, ...rest }) {
  if (!OPPOSITE[side]) return null;
  const placed = view !== "" && x !== "" && y !== "";
  return { ...rest, side: OPPOSITE[side], view: oppositeView(view), x: placed ? 1000 - x : "", y: placed ? y : "" };
}

export class BodyMap extends EventTarget {
  #svg;
  #layer;
  #zoom;
  #frame = null;
  #ring = null;

  constructor(svg) {
    super();
    this.#svg = svg;
    this.view = svg.dataset.view;
    this.#layer = svg.querySelector(".bodymap-points");
    this.#layer.replaceChildren(); // those drawn for a page without scripts
    this.#zoom = new Zoom(svg);
    const gestures = new Gestures(svg, this.#zoom, (event) => this.#nearest(event)?.dataset.point ?? null);
    gestures.addEventListener("tap", ({ detail }) => this.#tapped(detail));
    gestures.addEventListener("twice", ({ detail }) => this.#tell("like", detail));
    gestures.addEventListener("drag", ({ detail }) => this.#tell("drag", detail));
    gestures.addEventListener("frame", ({ detail }) => this.#framed(detail));
    gestures.addEventListener("zoom", () => this.#zoomed());
  }

  /** @param points [{id, x, y, units, title, selected, wrong, group}] of this view; a point keeps its size on the screen */
  draw(points) {
    const scale = this.#zoom.scale;
    const coarse = matchMedia("(pointer: coarse)").matches;
    const radius = Math.min(26 / this.#zoom.factor, (coarse ? 10 : 8) * scale) * Math.min(1.5, Math.sqrt(this.#zoom.factor));
    const reach = Math.max(radius, (coarse ? 20 : 12) * scale);
    // A point keeps its element while it is there: a finger on one that were replaced would lose it.
    const drawn = new Map([...this.#layer.children].map((group) => [group.dataset.point, group]));
    const shown = [];
    const groups = points.map((point) => {
      const group = drawn.get(point.id) ?? pointElement(point.id);
      const states = { "is-selected": point.selected, "is-elsewhere": point.wrong, "is-empty": point.units === "" };
      const names = Object.keys(states).filter((name) => states[name]);
      if (point.group) names.push(`group-${point.group % 4}`);
      const size = sizes(point.units);
      const x = beside(shown, point, 2 * radius * size.dot);
      set(group, { class: ["point", ...names].join(" "), transform: `translate(${x} ${point.y})` });
      const [touched, halo, dot, label, title] = group.children;
      set(touched, { r: reach });
      set(halo, { r: point.selected ? radius * size.dot + 4 * scale : 0 });
      set(dot, { r: radius * size.dot });
      set(label, { "font-size": radius * size.text });
      if (label.textContent !== point.units) label.textContent = point.units;
      if (title.textContent !== point.title) title.textContent = point.title;
      return group;
    });
    const kept = new Set(groups);
    for (const group of drawn.values()) if (!kept.has(group)) group.remove();
    groups.forEach((group, at) => {
      if (this.#layer.children[at] !== group) this.#layer.insertBefore(group, this.#layer.children[at] ?? null);
    });
  }

  /** A ring where a site may be placed, and where on the screen that is; none for null. */
  mark(place) {
    this.#ring?.remove();
    this.#ring = place && make("circle", { class: "pending", cx: place.x, cy: place.y, r: 11 * this.#zoom.scale });
    if (!place) return null;
    this.#svg.append(this.#ring);
    return this.#zoom.on(place);
  }

  /** The muscle under a point of this map: {muscle, side}, or null on bare skin. */
  regionAt(x, y) {
    const spot = this.#svg.createSVGPoint();
    [spot.x, spot.y] = [x, y];
    const path = [...this.#svg.querySelectorAll(".muscle")].reverse().find((region) => region.isPointInFill(spot));
    return path ? { muscle: path.dataset.muscle, side: path.dataset.side } : null;
  }

  get zoomFactor() {
    return this.#zoom.factor;
  }

  /** Show the regions of these sites large; the middle of the map when it has none of them. */
  zoomTo(sites) {
    const paths = sites.map(({ muscle, side }) => this.#svg.querySelector(`.muscle[data-muscle="${muscle}"][data-side="${side}"]`));
    const boxes = paths.filter(Boolean).map((path) => path.getBBox());
    const [x, y] = [Math.min(...boxes.map((box) => box.x)), Math.min(...boxes.map((box) => box.y))];
    const width = Math.max(...boxes.map((box) => box.x + box.width)) - x;
    const height = Math.max(...boxes.map((box) => box.y + box.height)) - y;
    this.#zoom.to(boxes.length ? { x, y, width, height } : { x: 300, y: 300, width: 400, height: 400 });
    this.#zoomed();
  }

  zoomOut() {
    this.#zoom.reset();
    this.#zoomed();
  }

  pan(across, down) {
    this.#zoom.pan(across, down);
    this.#zoomed();
  }

  #zoomed() {
    this.#markSides();
    this.#tell("zoom", { factor: this.#zoom.factor });
  }

  // R and L stay in the corners of what is shown; where only one half of the body is, its own letter alone.
  #markSides() {
    const { x, y, width } = this.#zoom.shown;
    const sides = this.#svg.querySelector(".bodymap-sides");
    set(sides, { transform: `translate(${x} ${y}) scale(${1 / this.#zoom.factor})` });
    const [first, second] = sides.children;
    if (!second) return;
    set(first, { visibility: x >= MIDDLE ? "hidden" : "visible" });
    set(second, { visibility: x + width <= MIDDLE ? "hidden" : "visible" });
  }

  // Targets of neighbouring points overlap on a small screen: the nearest one is meant.
  #nearest(event) {
    const { x, y } = this.#zoom.at(event);
    const hit = document.elementsFromPoint(event.clientX, event.clientY).map((element) => element.closest?.("[data-point]"));
    const groups = [...new Set(hit.filter((group) => group && this.#layer.contains(group)))];
    const away = (group) => {
      const { e, f } = group.transform.baseVal.consolidate().matrix;
      return Math.hypot(e - x, f - y);
    };
    return groups.sort((a, b) => away(a) - away(b))[0] ?? null;
  }

  #tapped({ id, place, add }) {
    if (id !== null) {
      this.#tell("select", { id, add });
      return;
    }
    if (add) return; // a slip beside a point while choosing several
    const [x, y] = [place.x, place.y].map((value) => Math.round(Math.min(1000, Math.max(0, value))));
    const region = this.regionAt(x, y);
    if (region) this.#tell("place", { ...region, view: this.view, x, y });
    else this.#tell("select", { id: null });
  }

  #framed({ from, to, add, done }) {
    this.#frame?.remove();
    this.#frame = null;
    if (!from) return;
    const [left, top] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
    const [width, height] = [Math.abs(from.x - to.x), Math.abs(from.y - to.y)];
    if (!done) {
      this.#frame = make("rect", { class: "frame", x: left, y: top, width, height });
      this.#svg.append(this.#frame);
      return;
    }
    const inside = [...this.#layer.querySelectorAll("[data-point]")].filter((group) => {
      const { e, f } = group.transform.baseVal.consolidate().matrix;
      return e >= left && e <= left + width && f >= top && f <= top + height;
    });
    this.#tell("within", { ids: inside.map((group) => group.dataset.point), add });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// Two courses may treat the same place: the later one is drawn beside it, towards the middle. Where it lies stays as it is.
function beside(shown, { x, y, group }, step) {
  const hidden = (at) => shown.some((other) => other.group !== group && Math.hypot(other.x - at, other.y - y) < SAME_PLACE);
  let at = x;
  while (hidden(at)) at += x < 500 ? step : -step;
  shown.push({ x: at, y, group });
  return at;
}

// Of a point by what it says, in its usual radius: three digits need a larger one to be read. The same as in points.html.
function sizes(units) {
  if (units.length < 3) return { dot: units.length > 1 ? 1.1 : 1, text: 1.25 };
  return { dot: 1.5, text: units.length > 3 ? 1.1 : 1.3 };
}

function pointElement(id) {
  const group = make("g", { "data-point": id });
  group.append(
    make("circle", { class: "reach" }),
    make("circle", { class: "halo" }),
    make("circle", { class: "dot" }),
    make("text", { "text-anchor": "middle", dy: "0.35em" }),
    make("title", {}),
  );
  return group;
}

function make(name, attributes) {
  return set(document.createElementNS(SVG, name), attributes);
}

function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (element.getAttribute(key) !== String(value)) element.setAttribute(key, value);
  }
  return element;
}

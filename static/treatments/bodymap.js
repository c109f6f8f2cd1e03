// One body map: draws the points of its view, and turns taps and drags into events. It knows no table and no dose.
//
// place  {muscle, side, view, x, y}     a region was tapped
// select {id}                           a point was tapped; null when bare skin was
// move   {id, x, y, region, done}       a point is dragged; `done` on release

const SVG = "http://www.w3.org/2000/svg";
const DRAG_STARTS_AT = 4; // screen pixels; less is a tap
const OPPOSITE = { left: "right", right: "left" };
const OPPOSITE_VIEW = { head_left: "head_right", head_right: "head_left" };

/** The same place on the other side of the body, or null for the midline. */
export function mirrored({ side, view, x, y, ...rest }) {
  if (!OPPOSITE[side]) return null;
  const placed = view !== "" && x !== "" && y !== "";
  return { ...rest, side: OPPOSITE[side], view: OPPOSITE_VIEW[view] ?? view, x: placed ? 1000 - x : "", y: placed ? y : "" };
}

export class BodyMap extends EventTarget {
  #svg;
  #layer;
  #drag = null;
  #swallowClick = false;

  constructor(svg) {
    super();
    this.#svg = svg;
    this.view = svg.dataset.view;
    this.#layer = svg.querySelector(".bodymap-points");
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#moved(event));
    svg.addEventListener("pointerup", (event) => this.#up(event));
    svg.addEventListener("pointercancel", (event) => this.#up(event));
    svg.addEventListener("click", (event) => this.#click(event));
  }

  /** @param points [{id, x, y, units, selected, wrong, group}] of this view */
  draw(points) {
    const scale = 1000 / (this.#svg.getBoundingClientRect().width || 400);
    const coarse = matchMedia("(pointer: coarse)").matches;
    const radius = Math.min(26, (coarse ? 10 : 8) * scale);
    const reach = Math.max(radius, (coarse ? 20 : 12) * scale);
    this.#layer.replaceChildren(
      ...points.map((point) => {
        const group = make("g", { class: "point", transform: `translate(${point.x} ${point.y})`, "data-point": point.id });
        if (point.selected) group.classList.add("is-selected");
        if (point.wrong) group.classList.add("is-elsewhere");
        if (point.units === "") group.classList.add("is-empty");
        if (point.group) group.classList.add(`group-${point.group % 4}`);
        group.append(make("circle", { class: "reach", r: reach }));
        if (point.selected) group.append(make("circle", { class: "halo", r: radius + 5 * scale }));
        group.append(make("circle", { class: "dot", r: radius }));
        const label = make("text", { "text-anchor": "middle", dy: "0.35em", "font-size": radius * (point.units.length > 2 ? 0.85 : 1.15) });
        label.textContent = point.units;
        group.append(label);
        return group;
      }),
    );
  }

  /** The muscle under a point of this map: {muscle, side}, or null on bare skin. */
  regionAt(x, y) {
    const spot = this.#svg.createSVGPoint();
    [spot.x, spot.y] = [x, y];
    const path = [...this.#svg.querySelectorAll(".muscle")].reverse().find((region) => region.isPointInFill(spot));
    return path ? { muscle: path.dataset.muscle, side: path.dataset.side } : null;
  }

  #at(event) {
    const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.#svg.getScreenCTM().inverse());
    return { x: Math.round(Math.min(1000, Math.max(0, spot.x))), y: Math.round(Math.min(1000, Math.max(0, spot.y))) };
  }

  // Targets of neighbouring points overlap on a small screen: the nearest one is meant.
  #nearest(event) {
    const { x, y } = this.#at(event);
    const hit = document.elementsFromPoint(event.clientX, event.clientY).map((element) => element.closest?.("[data-point]"));
    const groups = [...new Set(hit.filter((group) => group && this.#layer.contains(group)))];
    const away = (group) => {
      const { e, f } = group.transform.baseVal.consolidate().matrix;
      return Math.hypot(e - x, f - y);
    };
    return groups.sort((a, b) => away(a) - away(b))[0] ?? null;
  }

  #down(event) {
    if (event.button > 0) return;
    const group = this.#nearest(event);
    if (!group) return;
    this.#drag = { id: group.dataset.point, from: [event.clientX, event.clientY], moving: false };
    this.#svg.setPointerCapture(event.pointerId);
    this.#tell("select", { id: group.dataset.point });
  }

  #moved(event) {
    if (!this.#drag) return;
    const [x0, y0] = this.#drag.from;
    this.#drag.moving ||= Math.hypot(event.clientX - x0, event.clientY - y0) > DRAG_STARTS_AT;
    if (this.#drag.moving) this.#report(event, false);
  }

  #up(event) {
    if (!this.#drag) return;
    if (this.#drag.moving) this.#report(event, true);
    this.#drag = null;
    this.#swallowClick = true;
    setTimeout(() => (this.#swallowClick = false));
  }

  #report(event, done) {
    const { x, y } = this.#at(event);
    this.#tell("move", { id: this.#drag.id, x, y, region: this.regionAt(x, y), done });
  }

  #click(event) {
    if (this.#swallowClick || this.#nearest(event)) return;
    const { x, y } = this.#at(event);
    const region = this.regionAt(x, y);
    if (region) this.#tell("place", { ...region, view: this.view, x, y });
    else this.#tell("select", { id: null });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

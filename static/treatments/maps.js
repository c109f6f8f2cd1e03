// The maps of the page: draws the table's points on them, and does to the table what is done on them.

import { BodyMap } from "./bodymap.js";
import { short } from "./sites.js";
import { clamp } from "./table.js";

const NUDGE = 4; // of 1000
const FAR = 5; // times, with Shift
const PAN = 0.2; // of what is shown

/**
 * place  {muscle, side, view, x, y}   a region was tapped; whoever listens knows the dose
 */
export class Maps extends EventTarget {
  #table;
  #sites;
  #setup;
  #maps;
  #ids = new WeakMap();
  #count = 0;
  #from = null; // where dragged rows were: [{row, x, y, muscle, side}]

  constructor(table, sites, setup) {
    super();
    [this.#table, this.#sites, this.#setup] = [table, sites, setup];
    this.#maps = new Map([...document.querySelectorAll("[data-canvas] .bodymap")].map((svg) => [svg.dataset.view, new BodyMap(svg)]));
    for (const map of this.#maps.values()) this.#listen(map);
    // A map shows the whole part of the body: what no course of this session treats stands back.
    for (const part of document.querySelectorAll("[data-canvas] :is([data-muscle], [data-of])")) {
      part.classList.toggle("is-untreated", !((part.dataset.muscle ?? part.dataset.of) in setup.coursesOf));
    }
  }

  draw() {
    const points = new Map([...this.#maps.keys()].map((view) => [view, []]));
    const chosen = new Set(this.#table.selection);
    for (const row of this.#table.rows) {
      const site = this.#table.read(row);
      const placed = points.has(site.view) && site.x !== "";
      const region = placed ? this.#maps.get(site.view).regionAt(Number(site.x), Number(site.y)) : null;
      const elsewhere = placed ? this.#elsewhere(site, region) : "";
      sayElsewhere(row, elsewhere);
      if (!placed) continue;
      points.get(site.view).push({
        id: this.#idOf(row),
        x: Number(site.x),
        y: Number(site.y),
        units: short(site.units),
        selected: chosen.has(row),
        title: `${this.#name(site)}${site.units && `, ${short(site.units)} U`}${elsewhere && `: ${elsewhere}`}`,
        wrong: elsewhere !== "",
        group: Math.max(0, this.#setup.courses.indexOf(site.course)),
      });
    }
    for (const [view, map] of this.#maps) map.draw(points.get(view));
  }

  // Where a point lies that is not on the muscle it stands for, in words; empty when it is.
  #elsewhere(site, region) {
    if (region?.muscle === site.muscle && region.side === site.side) return "";
    return region ? `its point lies on ${this.#name(region)}` : "its point lies on no muscle";
  }

  #name({ muscle, side }) {
    return `${this.#setup.muscles[muscle] ?? muscle}, ${side}`;
  }

  /** A ring on that map where a site may be placed, or none; the place of it on the screen. */
  mark(view, place) {
    return this.#maps.get(view).mark(place);
  }

  /** Show the regions of the chosen sites large, of all its sites when none is chosen there; or all of the map again. */
  zoom(view) {
    const map = this.#maps.get(view);
    if (map.zoomFactor > 1) {
      map.zoomOut();
      return;
    }
    const chosen = this.#chosenOn(map);
    const rows = chosen.length ? chosen : this.#table.rows;
    map.zoomTo(rows.map((row) => this.#table.read(row)).filter(({ view: on }) => on === view));
  }

  #idOf(row) {
    if (!this.#ids.has(row)) this.#ids.set(row, String(++this.#count));
    return this.#ids.get(row);
  }

  #rowOf(id) {
    return this.#table.rows.find((row) => this.#idOf(row) === id) ?? null;
  }

  #listen(map) {
    const table = this.#table;
    const canvas = document.querySelector(`[data-canvas="${map.view}"]`);
    const figure = canvas.closest("figure");
    const focus = () => canvas.focus({ preventScroll: true });
    map.addEventListener("place", ({ detail }) => {
      focus(); // before: who listens may lead elsewhere
      this.dispatchEvent(new CustomEvent("place", { detail }));
    });
    map.addEventListener("select", ({ detail }) => {
      const row = this.#rowOf(detail.id);
      if (detail.add && row) table.toggle(row);
      else table.select(row);
      this.dispatchEvent(new Event("chosen"));
      focus();
    });
    map.addEventListener("like", ({ detail }) => {
      table.select(this.#rowOf(detail.id));
      this.#sites.chooseAlike();
      this.dispatchEvent(new Event("chosen"));
      focus();
    });
    map.addEventListener("within", ({ detail }) => {
      const rows = detail.ids.map((id) => this.#rowOf(id));
      table.choose(detail.add ? [...new Set([...table.selection, ...rows])] : rows);
      this.dispatchEvent(new Event("chosen"));
      focus();
    });
    map.addEventListener("drag", ({ detail }) => this.#drag(map, detail));
    map.addEventListener("zoom", ({ detail }) => {
      const zoomed = detail.factor > 1.01;
      const button = figure.querySelector("[data-zoom]");
      button.firstChild.textContent = zoomed ? `Whole (${detail.factor.toFixed(1)}×)` : "Zoom";
      button.setAttribute("aria-pressed", String(zoomed));
      this.draw();
    });
    canvas.addEventListener("keydown", (event) => this.#key(event, map));
    const caption = figure.querySelector("[data-region]");
    canvas.querySelector("svg").addEventListener("pointerover", (event) => {
      caption.textContent = event.target.closest(".muscle")?.dataset.label ?? "";
    });
  }

  // All chosen points of this map go along with the one under the hand.
  #drag(map, { id, dx, dy, phase }) {
    const table = this.#table;
    if (phase === "start") {
      const row = this.#rowOf(id);
      if (!row) return;
      if (!table.selection.includes(row)) table.select(row);
      this.dispatchEvent(new Event("chosen"));
      this.#from = this.#chosenOn(map).map((chosen) => ({ row: chosen, site: table.read(chosen) }));
    }
    if (!this.#from) return;
    if (phase === "cancel") {
      const back = ({ row, site: { x, y, muscle, side } }) => table.write(row, { x, y, muscle, side }, { commit: false });
      table.batch(() => this.#from.forEach(back), { commit: false });
    } else this.#shift(map, this.#from, dx, dy, phase === "end");
    if (phase === "end" || phase === "cancel") this.#from = null;
  }

  // Together, and no further than the first of them reaches the edge.
  #shift(map, from, dx, dy, commit) {
    const within = (values, by) => clamp(by, -Math.min(...values), 1000 - Math.max(...values));
    const right = within(from.map(({ site }) => Number(site.x)), dx);
    const down = within(from.map(({ site }) => Number(site.y)), dy);
    const move = ({ row, site }) => {
      const [x, y] = [Math.round(Number(site.x) + right), Math.round(Number(site.y) + down)];
      const region = site.overruled ? null : map.regionAt(x, y);
      this.#table.write(row, { x, y, ...(region ?? {}) }, { commit: false });
    };
    this.#table.batch(() => from.forEach(move), { commit });
  }

  #chosenOn(map) {
    return this.#table.selection.filter((row) => this.#table.read(row).view === map.view);
  }

  #key(event, map) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const table = this.#table;
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const here = this.#chosenOn(map);
    const any = table.selection.length > 0;
    if (way && here.length) {
      const by = NUDGE * (event.shiftKey ? FAR : 1);
      this.#shift(map, here.map((row) => ({ row, site: table.read(row) })), way[0] * by, way[1] * by, true);
    } else if (way && map.zoomFactor > 1) map.pan(way[0] * PAN, way[1] * PAN);
    else if ((event.key === "+" || event.key === "=") && any) this.#sites.step(1);
    else if (event.key === "-" && any) this.#sites.step(-1);
    else if ((event.key === "Delete" || event.key === "Backspace") && any) this.#sites.remove();
    else if (event.key === "Escape" && any) table.select(null);
    else if (event.key === "m" && any) this.#sites.mirror();
    else if (event.key === "s" && any) this.#sites.chooseAlike();
    else if (event.key === "a") table.choose(table.rows.filter((row) => table.read(row).view === map.view));
    else if (event.key === "n" || event.key === "p") this.#walk(map, event.key === "n" ? 1 : -1);
    else if (event.key === "z") this.zoom(map.view);
    else if (event.key === "0") map.zoomOut();
    else return;
    event.preventDefault();
  }

  #walk(map, step) {
    const rows = this.#table.rows.filter((row) => this.#table.read(row).view === map.view);
    const at = rows.indexOf(this.#table.selected);
    this.#table.select(rows.at(at < 0 ? (step > 0 ? 0 : -1) : (at + step) % rows.length) ?? null);
    this.dispatchEvent(new Event("chosen"));
  }
}

function sayElsewhere(row, words) {
  const note = row.querySelector("[data-elsewhere]");
  if (note.textContent === words) return;
  note.textContent = words;
  note.hidden = words === "";
}

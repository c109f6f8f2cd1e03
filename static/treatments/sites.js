// What is done to the sites of the table: placed, mirrored, given units, removed; to all that are chosen, as one step.

import { mirrored } from "./bodymap.js";
import { clamp } from "./table.js";

const SAME_PLACE = 14; // of 1000: two points nearer than this are one site
const MOST = 99_999;

/** Digits and a point, as the server takes them; NaN for anything else, 1e3 too. */
export const number = (text) => (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : NaN);

/** 5 not 5.00, 2.5 not 2.50. */
export const short = (units) => units.replace(/\.0+$|(\.\d*?)0+$/, "$1");

/** Sends `remark` when that has changed. */
export class Sites extends EventTarget {
  #table;
  #setup;
  #form;
  #remark = "";

  constructor(table, form, setup) {
    super();
    [this.#table, this.#form, this.#setup] = [table, form, setup];
    for (const kind of ["change", "select"]) table.addEventListener(kind, () => this.say(""));
  }

  isMidline(muscle) {
    return this.#setup.midline.includes(muscle);
  }

  /** One step of the product's palette more (1) or less (-1). */
  step(direction) {
    const step = this.#setup.steps[this.#form.elements.product.value] ?? 1;
    this.#each((site) => ({ units: String(clamp((number(site.units) || 0) + direction * step, step, MOST)) }));
  }

  give(units) {
    this.#each(() => ({ units }));
  }

  remove() {
    const rows = this.#table.selection;
    if (rows.length) this.#table.batch(() => rows.forEach((row) => this.#table.remove(row, { commit: false })));
  }

  clear() {
    this.#table.batch(() => this.#table.rows.forEach((row) => this.#table.remove(row, { commit: false })));
    this.#form.elements.protocol.value = "";
  }

  /** The chosen sites, or all of them, also on the other side, where no like site is yet; why there is none is the remark. */
  mirror() {
    const table = this.#table;
    const sites = table.rows.map((row) => table.read(row));
    const chosen = table.selection;
    const wanted = chosen.length ? chosen.map((row) => table.read(row)) : sites;
    const others = wanted.map(mirrored).filter((other) => other && !sites.some((existing) => alike(existing, other)));
    if (!others.length) return this.say(notMirrored(wanted));
    let made = [];
    table.batch(() => (made = others.map((other) => table.add(other, { commit: false }))));
    if (chosen.length) table.choose(made);
  }

  /** What a press could not do, in words; until the sites or what is chosen of them change. Empty when there is nothing to say. */
  get remark() {
    return this.#remark;
  }

  say(remark) {
    if (this.#remark === remark) return;
    this.#remark = remark;
    this.dispatchEvent(new Event("remark"));
  }

  /** Choose all sites of the muscles that are chosen, both sides, in the same course. */
  chooseAlike() {
    const table = this.#table;
    const wanted = new Set(table.selection.map((row) => key(table.read(row))));
    table.choose(table.rows.filter((row) => wanted.has(key(table.read(row)))));
  }

  /** Add sites that were planned elsewhere, just as they are; one that is there without units takes them instead. */
  add(sites) {
    const table = this.#table;
    const waits = (row, { muscle, side, course }) => {
      const site = table.read(row);
      return site.units.trim() === "" && site.muscle === muscle && site.side === side && site.course === String(course);
    };
    const put = (site) => {
      const row = table.rows.find((other) => waits(other, site));
      if (row) table.write(row, { units: site.units }, { commit: false });
      return row ?? table.add({ ...site, course: String(site.course) }, { commit: false });
    };
    let rows = [];
    table.batch(() => (rows = sites.map(put)));
    return rows;
  }

  /**
   * Place a plan; again adds nothing: a site of that muscle and side counts, wherever it was moved to. The units of one
   * product are not those of another: a plan of another product than the chosen one is refused. Returns why, or "".
   */
  place(plan) {
    const table = this.#table;
    const product = this.#form.elements.product;
    if (plan.product && product.value !== "" && String(plan.product) !== product.value) {
      return `${plan.whose}; the product chosen is ${product.selectedOptions[0].text}.`;
    }
    if (product.value === "" && plan.product) {
      product.value = plan.product;
      product.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (plan.protocol) this.#form.elements.protocol.value = plan.protocol;
    const there = table.rows.map((row) => ({ ...table.read(row), row }));
    table.batch(() => {
      for (const site of plan.sites) {
        const course = String(site.course ?? this.#setup.coursesOf[site.muscle]?.[0] ?? this.#setup.courses[0]);
        const found = there.findIndex((row) => row.muscle === site.muscle && row.side === site.side && row.course === course);
        if (found < 0) table.add({ ...site, course }, { commit: false });
        else {
          // A site that is there without units takes those of the plan.
          if (there[found].units === "" && site.units !== "") table.write(there[found].row, { units: site.units }, { commit: false });
          there.splice(found, 1);
        }
      }
    });
    return "";
  }

  /** The dose that all sites with units have; empty when they differ. */
  usualDose() {
    const doses = new Set(this.#table.rows.map((row) => short(this.#table.read(row).units.trim())).filter(Boolean));
    return doses.size === 1 ? [...doses][0] : "";
  }

  /** How many are chosen and their units, in words; empty when none is. */
  words() {
    const rows = this.#table.selection.map((row) => this.#table.read(row));
    if (!rows.length) return "";
    const units = rows.reduce((sum, site) => sum + (number(site.units) || 0), 0);
    const muscles = new Set(rows.map((site) => this.#setup.muscles[site.muscle]));
    const what = muscles.size === 1 ? ` of ${[...muscles][0]}` : "";
    const courses = new Set(rows.map((site) => site.course));
    const whose = this.#setup.courses.length > 1 && courses.size === 1 ? ` for ${this.#setup.courseNames[[...courses][0]]}` : "";
    return `${rows.length} ${rows.length === 1 ? "site" : "sites"}${what}${whose} chosen, ${short(units.toFixed(2))} U`;
  }

  #each(values) {
    const table = this.#table;
    const rows = table.selection;
    if (rows.length) table.batch(() => rows.forEach((row) => table.write(row, values(table.read(row)), { commit: false })));
  }
}

function notMirrored(sites) {
  if (!sites.length) return "Nothing to mirror yet.";
  const middle = sites.filter((site) => !mirrored(site)).length;
  if (middle === 0) return "Nothing mirrored: the other side is there already.";
  if (middle < sites.length) return "Nothing mirrored: the other side is there already, and the midline has none.";
  return "Nothing mirrored: the midline has no other side.";
}

const key = (site) => `${site.course}|${site.muscle}`;

function alike(a, b) {
  if (a.muscle !== b.muscle || a.side !== b.side || a.view !== b.view) return false;
  if (a.view === "") return b.view === "";
  return Math.hypot(a.x - b.x, a.y - b.y) < SAME_PLACE;
}

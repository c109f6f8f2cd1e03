// The charting page: joins the table, the maps, undo and the draft's saving.

import { Autosave } from "./autosave.js";
import { BodyMap, mirrored } from "./bodymap.js";
import { showErrors } from "./errors.js";
import { History } from "./history.js";
import { clamp, SiteTable } from "./table.js";

const NUDGE = 4; // of 1000
const SAME_PLACE = 14; // of 1000: two points nearer than this are one site
const LARGEST = 20_000; // units; the server refuses more

const form = document.getElementById("charting");
const setup = JSON.parse(document.getElementById("charting-setup").textContent);
const table = new SiteTable(form, setup.muscles);
const history = new History(table);
const autosave = new Autosave(form);
const maps = new Map([...document.querySelectorAll(".bodymap")].map((svg) => [svg.dataset.view, new BodyMap(svg)]));
const ids = new WeakMap();
let count = 0;
let chosenProduct = form.elements.product.value;

const idOf = (row) => ids.get(row) ?? (ids.set(row, String(++count)), String(count));
const rowOf = (id) => table.rows.find((row) => idOf(row) === id) ?? null;
const number = (text) => (text.trim() === "" ? NaN : Number(text));
const product = () => form.elements.product;
const field = (name) => form.querySelector(`[data-charting="${name}"]`);

function draw() {
  const { courses } = setup;
  const points = new Map([...maps.keys()].map((view) => [view, []]));
  for (const row of table.rows) {
    const site = table.read(row);
    if (!points.has(site.view) || site.x === "") continue;
    const region = maps.get(site.view).regionAt(Number(site.x), Number(site.y));
    points.get(site.view).push({
      id: idOf(row),
      x: Number(site.x),
      y: Number(site.y),
      units: site.units.replace(/\.0+$|(\.\d*?)0+$/, "$1"),
      selected: row === table.selected,
      wrong: !region || region.muscle !== site.muscle || region.side !== site.side,
      group: Math.max(0, courses.indexOf(site.course)),
    });
  }
  for (const [view, map] of maps) map.draw(points.get(view));
}

// Beside each dose its volume, and in an empty field the range that a protocol of this product gives.
function annotate() {
  const perMl = Number(document.getElementById("charting-totals").dataset.unitsPerMl);
  const hints = JSON.parse(document.getElementById("protocol-buttons").dataset.hints);
  for (const row of table.rows) {
    const field = table.field(row, "units");
    const units = number(field.value);
    const muscle = table.field(row, "muscle");
    muscle.title = muscle.selectedOptions[0]?.text ?? ""; // a long name does not fit the cell
    field.placeholder = hints[`${muscle.value}|${table.field(row, "side").value}`] ?? "U";
    row.querySelector("[data-volume]").textContent =
      perMl > 0 && units > 0 && units < LARGEST ? (units / perMl).toLocaleString("en-US", { maximumFractionDigits: 3 }) : "";
  }
}

function tools() {
  const chosen = table.selected !== null;
  for (const name of ["minus", "plus", "remove"]) field(name).disabled = !chosen;
  field("undo").disabled = !history.canUndo;
  field("redo").disabled = !history.canRedo;
  form.classList.toggle("is-without-product", product().value === "");
  field("needs-product").hidden = product().value !== "";
  field("no-sites").hidden = table.rows.length > 0;
}

function refresh() {
  draw();
  annotate();
  tools();
}

// --- doses

const palette = () => form.querySelector("[data-charting=palette] input:checked")?.value ?? "";
const paletteDose = () => (palette() === "other" ? field("other-dose").value.trim() : palette());

function changeUnits(direction) {
  const row = table.selected;
  if (!row) return;
  const step = setup.steps[product().value] ?? 1;
  const units = number(table.field(row, "units").value) || 0;
  table.write(row, { units: String(clamp(units + direction * step, step, 99999)) });
}

// --- sites

const courseOf = (muscle) => String(setup.courseOf[muscle] ?? setup.courses[0] ?? "");

function alike(a, b) {
  if (a.muscle !== b.muscle || a.side !== b.side || a.view !== b.view) return false;
  if (a.view === "") return b.view === "";
  return Math.hypot(a.x - b.x, a.y - b.y) < SAME_PLACE;
}

function mirror() {
  const sites = table.rows.map((row) => table.read(row));
  const chosen = table.selected ? [table.read(table.selected)] : sites;
  let last = null;
  for (const site of chosen) {
    const other = mirrored(site);
    if (other && !sites.some((existing) => alike(existing, other))) last = table.add(other, { commit: false });
  }
  if (last && table.selected) table.select(last);
  table.commit();
}

// Placing again adds nothing: a site of that muscle and side already there counts, wherever it was moved to.
function place(plan) {
  if (product().value === "" && plan.product) {
    product().value = plan.product;
    product().dispatchEvent(new Event("change", { bubbles: true }));
  }
  if (plan.protocol) form.elements.protocol.value = plan.protocol;
  const there = table.rows.map((row) => ({ ...table.read(row), row }));
  for (const site of plan.sites) {
    const course = String(site.course ?? courseOf(site.muscle));
    const found = there.findIndex((row) => row.muscle === site.muscle && row.side === site.side && row.course === course);
    if (found >= 0) {
      // A site that is there without units takes those of the plan.
      if (there[found].units === "" && site.units !== "") table.write(there[found].row, { units: site.units }, { commit: false });
      there.splice(found, 1);
    }
    else table.add({ ...site, course }, { commit: false });
  }
  table.commit();
}

function clear() {
  table.rows.forEach((row) => table.remove(row, { commit: false }));
  form.elements.protocol.value = "";
  table.commit();
}

function undo() {
  history.undo();
  autosave.touch();
  refresh();
}

function redo() {
  history.redo();
  autosave.touch();
  refresh();
}

// --- events

table.addEventListener("change", (event) => {
  if (event.detail.commit) history.record();
  autosave.touch();
  refresh();
});
table.addEventListener("select", () => {
  draw();
  tools();
  reveal(table.selected);
});

// Only inside the table's own box: a tap on a map must not move the page under the finger.
function reveal(row) {
  const box = row?.closest(".sites-scroll");
  if (!box || box.scrollHeight <= box.clientHeight) return;
  const [inner, outer] = [row.getBoundingClientRect(), box.getBoundingClientRect()];
  const head = box.querySelector("thead").offsetHeight;
  if (inner.top < outer.top + head) box.scrollTop -= outer.top + head - inner.top;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
}

for (const map of maps.values()) {
  const canvas = document.querySelector(`[data-canvas="${map.view}"]`);
  map.addEventListener("place", ({ detail }) => {
    if (product().value === "") {
      field("needs-product").hidden = false;
      product().focus();
      return;
    }
    table.select(table.add({ ...detail, units: paletteDose(), course: courseOf(detail.muscle) }));
    canvas.focus({ preventScroll: true });
  });
  map.addEventListener("select", ({ detail }) => {
    table.select(detail.id === null ? null : rowOf(detail.id));
    canvas.focus({ preventScroll: true });
  });
  map.addEventListener("move", ({ detail }) => {
    const row = rowOf(detail.id);
    if (!row) return;
    const follow = detail.region && !table.read(row).overruled ? detail.region : {};
    table.write(row, { x: detail.x, y: detail.y, ...follow }, { commit: detail.done });
  });
  canvas.addEventListener("keydown", (event) => mapKey(event, map));
  const svg = canvas.querySelector("svg");
  const caption = canvas.closest("figure").querySelector("[data-region]");
  svg.addEventListener("pointerover", (event) => {
    caption.textContent = event.target.closest(".muscle")?.dataset.label ?? "";
  });
}

function mapKey(event, map) {
  const row = table.selected;
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const far = event.shiftKey ? 5 : 1;
  const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  const site = table.read(row);
  if (way && site.view === map.view) {
    const x = clamp(Number(site.x) + way[0] * NUDGE * far, 0, 1000);
    const y = clamp(Number(site.y) + way[1] * NUDGE * far, 0, 1000);
    const region = map.regionAt(x, y);
    table.write(row, { x, y, ...(region && !site.overruled ? region : {}) });
  } else if (event.key === "+" || event.key === "=") changeUnits(1);
  else if (event.key === "-") changeUnits(-1);
  else if (event.key === "Delete" || event.key === "Backspace") table.remove(row);
  else if (event.key === "Escape") table.select(null);
  else if (event.key === "m") mirror();
  else return;
  event.preventDefault();
}

addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  if (event.target.matches?.("textarea, input[type=text]:not([data-field])")) return;
  event.preventDefault();
  if (event.shiftKey) redo();
  else undo();
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const act = {
    minus: () => changeUnits(-1),
    plus: () => changeUnits(1),
    remove: () => table.selected && table.remove(table.selected),
    mirror,
    undo,
    redo,
  }[button.dataset.charting];
  if (act) act();
  else if (button.dataset.plan) place(JSON.parse(document.getElementById(button.dataset.plan).textContent));
  else if (button.value === "clear") clear();
  else if (button.value === "add-row") addRow();
  else if (button.dataset.step) stepVial(button);
  else if (button.dataset.enlarge) enlarge(button);
  else if (button.value === "suggest-vials") suggestVials(button);
  else if (button.value === "save") autosave.save();
  else {
    if (button.type === "submit") autosave.leaving = true;
    return;
  }
  event.preventDefault();
});

// Enter in a field of the header would press the first button of the form; here it adds the row being typed, or nothing.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input:not([type=checkbox], [type=radio])")) return;
  event.preventDefault();
  if (event.target.name === "add-units") addRow();
});

for (const kind of ["input", "change"]) {
  form.addEventListener(kind, (event) => {
    if (event.target.closest("[data-sites], [data-no-save]")) return;
    if (event.target === product() && kind === "change") changeProduct();
    autosave.touch();
  });
}

// Units stay with their product: another product empties them, and undo does not bring them back.
function changeProduct() {
  const filled = table.rows.filter((row) => table.field(row, "units").value.trim() !== "");
  const emptied = chosenProduct !== "" && chosenProduct !== product().value && filled.length > 0;
  chosenProduct = product().value;
  field("product-changed").hidden = !emptied;
  if (emptied) {
    for (const row of filled) table.write(row, { units: "" }, { commit: false });
    history.forget();
  }
  refresh();
}

function addRow() {
  const muscle = form.elements["add-muscle"];
  if (!muscle.value) {
    muscle.focus();
    return;
  }
  const units = form.elements["add-units"];
  const midline = setup.midline.includes(muscle.value);
  const side = midline ? "midline" : form.elements["add-side"].value;
  table.select(table.add({ muscle: muscle.value, side, units: units.value.trim(), course: courseOf(muscle.value) }));
  units.value = "";
  muscle.focus();
}

function stepVial(button) {
  const input = document.getElementById(button.dataset.for);
  input.value = clamp((Number(input.value) || 0) + Number(button.dataset.step), 0, Number(input.max) || 99);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function suggestVials(button) {
  const plan = JSON.parse(button.dataset.vials);
  for (const input of form.querySelectorAll("[data-vial-count]")) input.value = plan[input.dataset.vialCount] ?? 0;
  autosave.touch();
  autosave.save();
}

function enlarge(button) {
  const large = button.closest("figure").classList.toggle("is-large");
  button.setAttribute("aria-pressed", String(large));
  draw();
}

autosave.addEventListener("saved", ({ detail }) => {
  annotate();
  tools();
  if (detail.current) showErrors(form, document.getElementById("charting-errors"));
});

new ResizeObserver(draw).observe(document.querySelector(".charting-maps") ?? form);
form.classList.add("is-live");
refresh();

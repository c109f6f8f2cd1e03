// The charting page: joins the table, the maps, undo and the draft's saving.

import { Autosave } from "./autosave.js";
import { CourseChooser } from "./chooser.js";
import { edited } from "./contents.js";
import { showErrors } from "./errors.js";
import { History } from "./history.js";
import { guardLeaving } from "./leaving.js";
import { Maps } from "./maps.js";
import { Shorthand } from "./shorthand.js";
import { number, short, Sites } from "./sites.js";
import { clamp, SiteTable } from "./table.js";

const LARGEST = 20_000; // units; the server refuses more
const EMPTIED = "The units were emptied: those of one product are not those of another.";

const form = document.getElementById("charting");
const setup = JSON.parse(document.getElementById("charting-setup").textContent);
const table = new SiteTable(form, setup);
const sites = new Sites(table, form, setup);
const maps = new Maps(table, sites, setup);
const chooser = new CourseChooser(form, setup);
const history = new History(table);
const autosave = new Autosave(form, table);
// The stored one, whose units they are: a product chosen before this script was ready empties them like any other change.
let chosenProduct = form.dataset.product;
let planned = false; // a plan was placed: its dose is the one to go on with
let placed = new Set(); // rows just placed: a palette press is for what is placed next, not for them

const product = () => form.elements.product;
const field = (name) => form.querySelector(`[data-charting="${name}"]`);

// Beside each dose its volume, and in an empty field the range that a protocol of this product gives.
function annotate() {
  const perMl = Number(document.getElementById("charting-totals").dataset.unitsPerMl);
  const plans = document.getElementById("protocol-buttons");
  // Until the server has answered, or without a network, they are those of the product before.
  const hints = plans.dataset.swapKey === product().value ? JSON.parse(plans.dataset.hints) : {};
  for (const row of table.rows) {
    const field = table.field(row, "units");
    const units = number(field.value);
    const muscle = table.field(row, "muscle");
    // A list shows one line, and two muscles may begin alike: the whole name stands over it.
    const name = row.querySelector("[data-muscle-name]");
    const words = muscle.selectedOptions[0]?.text ?? "";
    if (name.textContent !== words) name.textContent = words;
    nameCourse(row);
    field.placeholder = hints[`${muscle.value}|${table.field(row, "side").value}`] ?? "U";
    row.querySelector("[data-volume]").textContent =
      perMl > 0 && units > 0 && units < LARGEST ? (units / perMl).toLocaleString("en-US", { maximumFractionDigits: 3 }) : "";
  }
}

// Its name and the colour of its points; there is none where the session treats one course.
function nameCourse(row) {
  const name = row.querySelector("[data-course-name]");
  if (!name) return;
  const { course } = table.read(row);
  const look = `course-mark group-${setup.courses.indexOf(course) % 4}`;
  if (name.className !== look) name.className = look;
  const words = (setup.courseNames[course] ?? "").replace("/", "/\u200b"); // a long name may break there
  if (name.textContent !== words) name.textContent = words;
}

function tools() {
  const words = sites.words();
  for (const name of ["minus", "plus", "remove"]) field(name).disabled = words === "";
  for (const name of ["like", "none"]) field(name).hidden = words === "";
  const chosen = field("chosen");
  const waits = product().value === "" && chosen.dataset.needsProduct;
  const text = sites.remark || words || waits || chosen.dataset.hint;
  if (chosen.textContent !== text) chosen.textContent = text;
  field("undo").disabled = !history.canUndo;
  field("redo").disabled = !history.canRedo;
  form.classList.toggle("is-without-product", product().value === "");
  field("no-sites").hidden = table.rows.length > 0;
}

function refresh() {
  maps.draw();
  annotate();
  tools();
  addUp();
}

// The totals are those of the table as it stands, also while nothing can be saved; what is discarded the server says.
function addUp() {
  const box = document.getElementById("charting-totals");
  const rows = table.rows.map((row) => table.read(row)).filter((site) => site.muscle || site.units);
  const units = (sites) => sites.reduce((sum, site) => sum + Math.max(0, number(site.units) || 0), 0);
  const [count, given, volume] = box.querySelectorAll("dd");
  const total = units(rows);
  const perMl = Number(box.dataset.unitsPerMl);
  write(count, String(rows.length));
  write(given, `${short(total.toFixed(2))} U`);
  write(volume, perMl > 0 && total > 0 ? `${short((total / perMl).toFixed(3))} mL` : "–");
  for (const part of box.querySelectorAll("[data-course]")) {
    write(part, `${short(units(rows.filter((site) => site.course === part.dataset.course)).toFixed(2))} U`);
  }
  courseUnits();
  sayTotals();
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

// On a tablet the totals stand far below the maps: there they are said over them too, with what stands against signing.
function sayTotals() {
  const [count, units, volume] = document.querySelectorAll("#charting-totals dd");
  const words = [`${count.textContent} ${count.textContent === "1" ? "site" : "sites"}`, units.textContent, volume.textContent].filter((part) => part !== "–");
  const worst = document.querySelector("#charting-count :is(.tag-alert, .tag-warn)");
  field("sum").replaceChildren(words.join(", "), ...(worst ? [worst.cloneNode(true)] : []));
}

// The units over the maps are those of the totals.
function courseUnits() {
  for (const part of form.querySelectorAll("[data-course-units]")) {
    const total = form.querySelector(`#charting-totals [data-course="${part.dataset.courseUnits}"]`);
    if (total) part.textContent = total.textContent;
  }
}

// --- doses

const palette = () => form.querySelector("[data-charting=palette] input:checked")?.value ?? "";
const paletteDose = () => (palette() === "other" ? field("other-dose").value.trim() : palette());

// A dose pressed goes to all that is chosen, and to what is placed next.
function giveDose() {
  const chosen = table.selection;
  if (paletteDose() === "" || product().value === "" || chosen.every((row) => placed.has(row))) return;
  sites.give(paletteDose());
}

// After a plan that gives every site the same, that is the dose of the next one too, unless another was pressed.
function chooseUsualDose() {
  const dose = sites.usualDose();
  if (!planned || palette() !== "" || dose === "") return;
  const radio = (value) => form.querySelector(`[data-charting=palette] input[type=radio][value="${value}"]`);
  if (!radio(dose)) field("other-dose").value = dose;
  (radio(dose) ?? radio("other")).checked = true;
}

function place(plan) {
  const refused = sites.place(plan);
  field("other-product").textContent = refused;
  field("other-product").hidden = refused === "";
  if (refused) return;
  planned = true;
  chooseUsualDose();
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
  maps.draw();
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

sites.addEventListener("remark", tools);

maps.addEventListener("place", async ({ detail }) => {
  if (product().value === "") {
    product().focus();
    return;
  }
  const course = await chooser.courseFor(detail, maps.mark(detail.view, detail));
  maps.mark(detail.view, null);
  if (course !== null) choosePlaced([table.add({ ...detail, units: paletteDose(), course })]);
});
maps.addEventListener("chosen", () => {
  placed.clear();
  sites.say("");
});

new Shorthand(form).addEventListener("apply", ({ detail }) => choosePlaced(sites.add(detail.sites)));

function choosePlaced(rows) {
  placed = new Set(rows);
  table.choose(rows);
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
    minus: () => sites.step(-1),
    plus: () => sites.step(1),
    remove: () => sites.remove(),
    mirror: () => sites.mirror(),
    like: () => sites.chooseAlike(),
    none: () => table.select(null),
    undo,
    redo,
  }[button.dataset.charting];
  if (act) act();
  else if (button.dataset.plan) place(JSON.parse(document.getElementById(button.dataset.plan).textContent));
  else if (button.value === "clear") sites.clear();
  else if (button.value === "add-row") addRow();
  else if (button.dataset.step) stepVial(button);
  else if (button.dataset.zoom) maps.zoom(button.dataset.zoom);
  else if (button.dataset.enlarge) enlarge(button);
  else if (button.value === "suggest-vials") suggestVials(button);
  else if (button.value === "save") autosave.save();
  else return;
  event.preventDefault();
});

// Enter in a field of the header would press the first button of the form; here it adds the row being typed, or nothing.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("input:not([type=checkbox], [type=radio])")) return;
  event.preventDefault();
  if (event.target.name === "add-units") addRow();
  if (event.target === field("other-dose")) giveDose();
});

field("palette-box").addEventListener("click", (event) => {
  if (event.target.matches("input[type=radio]")) giveDose();
});
field("palette-box").addEventListener("focusin", (event) => {
  if (event.target === field("other-dose")) event.target.closest("label").querySelector("[type=radio]").checked = true;
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
  if (chosenProduct !== product().value) forgetDoses();
  chosenProduct = product().value;
  if (emptied) {
    table.writeAll(filled, { units: "" }, { commit: false });
    history.forget();
  }
  refresh();
  sites.say(emptied ? EMPTIED : "");
}

function forgetDoses() {
  for (const radio of form.querySelectorAll("[data-charting=palette] input[type=radio]")) radio.checked = false;
  field("other-dose").value = "";
  field("other-product").hidden = true;
  planned = false;
}

function addRow() {
  const muscle = form.elements["add-muscle"];
  if (!muscle.value) {
    muscle.focus();
    return;
  }
  const units = form.elements["add-units"];
  const side = sites.isMidline(muscle.value) ? "midline" : form.elements["add-side"].value;
  table.select(table.add({ muscle: muscle.value, side, units: units.value.trim(), course: chooser.usual(muscle.value) }));
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
  maps.draw();
}

guardLeaving(form, {
  ready: () => autosave.finish(),
  going: () => (autosave.leaving = true),
  held: () => autosave.cutOff(),
});

// What was kept, or saved elsewhere, stands in the form now: with its own product, which no step back may mix up.
autosave.addEventListener("written", () => {
  if (chosenProduct !== product().value) {
    forgetDoses();
    history.forget();
  }
  chosenProduct = product().value;
});
autosave.addEventListener("saved", ({ detail }) => {
  annotate();
  tools();
  addUp();
  chooseUsualDose();
  if (detail.current) showErrors(form, document.getElementById("charting-errors"));
});

new ResizeObserver(() => maps.draw()).observe(document.querySelector(".charting-maps") ?? form);
form.classList.add("is-live");
refresh();
if (chosenProduct !== product().value) changeProduct();
// What was changed before this script was ready is saved like the rest.
autosave.ready.then(() => edited(form) && autosave.touch());

// The table of sites: the one truth, which the maps draw and the server gets.

const FIELDS = ["course", "muscle", "side", "view", "x", "y", "units"];

export class SiteTable extends EventTarget {
  #body;
  #template;
  #total;
  #muscles;
  #midline;
  #chosen = new Set(); // rows
  #selected = null; // the one of them chosen last
  #extending = false;
  #batching = false;

  /**
   * @param form the charting form
   * @param muscles {key: name} for options that a row does not offer yet; midline: the keys of those without a side
   */
  constructor(form, { muscles, midline }) {
    super();
    this.#body = form.querySelector("[data-sites]");
    this.#template = form.querySelector("template[data-empty-site]");
    this.#total = form.elements["injections-TOTAL_FORMS"];
    this.#muscles = muscles;
    this.#midline = new Set(midline);
    this.rows.forEach((row) => this.#prepare(row));
    this.#body.addEventListener("input", (event) => this.#edited(event, false));
    this.#body.addEventListener("change", (event) => this.#edited(event, true));
    this.#body.addEventListener("focusin", (event) => {
      if (!this.#extending) this.select(event.target.closest("[data-site]"));
    });
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("mousedown", (event) => this.#pick(event));
    this.#body.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove]");
      if (button) this.remove(button.closest("[data-site]"));
      // By finger there is no Ctrl: the number in front of a row chooses it and lets it go.
      else if (event.target.closest("[data-number]") && event.pointerType !== "mouse") this.toggle(event.target.closest("[data-site]"));
    });
  }

  get rows() {
    return [...this.#body.querySelectorAll("[data-site]")];
  }

  /** The row chosen last; null when none is. */
  get selected() {
    return this.#selected;
  }

  /** All chosen rows, in the order of the table. */
  get selection() {
    return this.rows.filter((row) => this.#chosen.has(row));
  }

  field(row, name) {
    return row.querySelector(`[data-field="${name}"]`);
  }

  read(row) {
    const values = Object.fromEntries(FIELDS.map((name) => [name, this.field(row, name)?.value ?? ""]));
    values.overruled = row.dataset.overruled === "true";
    return values;
  }

  /** Change some values of a row. A number out of a map is kept whole and inside 0 to 1000. */
  write(row, values, options) {
    this.writeAll([row], values, options);
  }

  /** The same values into several rows, told once. */
  writeAll(rows, values, { commit = true } = {}) {
    for (const row of rows) this.#put(row, values);
    this.#changed(commit);
  }

  #put(row, values) {
    for (const [name, value] of Object.entries(values)) {
      if (name === "overruled") {
        row.dataset.overruled = value ? "true" : "false";
        continue;
      }
      const field = this.field(row, name);
      if (!field) continue;
      if (name === "muscle") this.#offer(field, value);
      field.value = (name === "x" || name === "y") && value !== "" ? clamp(Math.round(value), 0, 1000) : value;
    }
  }

  add(values, { after = null, commit = true } = {}) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    this.#prepare(row);
    if (after) after.after(row);
    else this.#body.append(row);
    this.#renumber();
    this.write(row, values, { commit: false });
    if (commit) this.#changed(true);
    return row;
  }

  remove(row, { commit = true } = {}) {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    const held = row.contains(document.activeElement);
    if (this.#chosen.has(row)) this.choose(this.selection.filter((other) => other !== row));
    row.remove();
    this.#renumber();
    if (held && neighbour) this.field(neighbour, "units").focus();
    if (commit) this.#changed(true);
  }

  /** Choose this row alone; none for null. */
  select(row) {
    this.choose(row ? [row] : []);
  }

  toggle(row) {
    this.choose(this.#chosen.has(row) ? this.selection.filter((other) => other !== row) : [...this.selection, row]);
  }

  /** Choose exactly these rows; the last of them is `selected`. */
  choose(rows) {
    const last = rows.at(-1) ?? null;
    if (last === this.#selected && rows.length === this.#chosen.size && rows.every((row) => this.#chosen.has(row))) return;
    for (const row of this.#chosen) row.removeAttribute("aria-selected");
    this.#chosen = new Set(rows);
    this.#selected = last;
    for (const row of rows) row.setAttribute("aria-selected", "true");
    this.dispatchEvent(new Event("select"));
  }

  snapshot() {
    return JSON.stringify(this.rows.map((row) => this.read(row)));
  }

  /** Also the cell that has the focus, or the same one of the last row: who steps back by keyboard stays in the table. */
  restore(snapshot) {
    const cell = document.activeElement?.closest("[data-field]");
    const held = this.rows.indexOf(cell?.closest("[data-site]"));
    const chosen = this.selection.map((row) => this.rows.indexOf(row));
    this.choose([]);
    this.rows.forEach((row) => row.remove());
    for (const values of JSON.parse(snapshot)) this.add(values, { commit: false });
    this.#renumber();
    const rows = this.rows;
    this.choose(chosen.map((at) => rows[at]).filter(Boolean));
    const row = held < 0 ? null : (rows[held] ?? rows.at(-1));
    if (row) {
      this.#extending = true; // the focus comes back, it chooses nothing
      this.#enter(this.field(row, cell.dataset.field));
      this.#extending = false;
    }
    this.#changed(false);
  }

  commit() {
    this.#changed(true);
  }

  /** Many changes told as one. */
  batch(changes, { commit = true } = {}) {
    this.#batching = true;
    try {
      changes();
    } finally {
      this.#batching = false;
    }
    this.#changed(commit);
  }

  #changed(commit) {
    if (this.#batching) return;
    this.dispatchEvent(new CustomEvent("change", { detail: { commit } }));
  }

  #edited(event, commit) {
    const name = event.target.dataset.field;
    const row = event.target.closest("[data-site]");
    // A muscle chosen by hand stays when the point is dragged elsewhere.
    if (commit && (name === "muscle" || name === "side")) {
      row.dataset.overruled = "true";
      if (this.#midline.has(this.field(row, "muscle").value)) this.field(row, "side").value = "midline";
    }
    this.#changed(commit);
  }

  #prepare(row) {
    const remove = row.querySelector("[data-remove-box]");
    if (!remove) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "site-remove";
    button.dataset.remove = "";
    button.textContent = "×";
    button.setAttribute("aria-label", "Remove this site");
    remove.replaceWith(button);
  }

  #offer(select, key) {
    if (!key || [...select.options].some((option) => option.value === key)) return;
    select.add(new Option(this.#muscles[key] ?? key, key));
  }

  #renumber() {
    this.rows.forEach((row, index) => {
      row.querySelector("[data-number]").textContent = index + 1;
      for (const element of row.querySelectorAll("[name], [id], [for], [aria-describedby]")) {
        for (const attribute of ["name", "id", "for", "aria-describedby"]) {
          const value = element.getAttribute(attribute);
          if (value) element.setAttribute(attribute, value.replace(/injections-(\d+|__prefix__)-/, `injections-${index}-`));
        }
        if (element.dataset.label) element.setAttribute("aria-label", `${element.dataset.label}, site ${index + 1}`);
      }
    });
    this.#total.value = this.rows.length;
  }

  // With Shift the rows from the one chosen last to this one, with Ctrl this one more or less.
  #pick(event) {
    const row = event.target.closest("[data-site]");
    const number = event.target.closest("[data-number]") && event.button === 0;
    if (!row || event.target.closest("[data-remove]")) return;
    if (event.shiftKey && this.#selected) this.choose([...this.#between(this.#selected, row), this.#selected]);
    else if (event.ctrlKey || event.metaKey || event.shiftKey) this.toggle(row);
    else if (number && matchMedia("(pointer: fine)").matches) this.select(row);
    else return;
    event.preventDefault();
  }

  #between(a, b) {
    const rows = this.rows;
    const [from, to] = [rows.indexOf(a), rows.indexOf(b)].sort((x, y) => x - y);
    return rows.slice(from, to + 1).filter((row) => row !== a);
  }

  // Arrow keys walk the cells, with Shift they choose the rows on the way; Enter goes to the next row and past the last one makes another like it.
  #key(event) {
    const cell = event.target;
    if (!cell.dataset.field || event.altKey) return;
    const row = cell.closest("[data-site]");
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "d" || event.shiftKey) return;
      this.#fill(cell, row);
      event.preventDefault();
      return;
    }
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], Enter: [0, 1] }[event.key];
    if (!step) return;
    if (step[0] && cell.matches("input") && !this.#caretAtEdge(cell, step[0])) return;
    event.preventDefault();
    if (step[0]) {
      const cells = [...row.querySelectorAll("select[data-field], input[data-field]:not([type=hidden])")];
      this.#enter(cells[cells.indexOf(cell) + step[0]]);
      return;
    }
    const rows = this.rows;
    const next = rows[rows.indexOf(row) + step[1]];
    if (next && event.shiftKey && event.key !== "Enter") {
      const back = this.#chosen.has(next);
      this.choose([...this.selection.filter((other) => other !== next && !(back && other === row)), ...(back ? [] : [row]), next]);
      this.#extending = true;
      this.#enter(this.field(next, cell.dataset.field));
      this.#extending = false;
    } else if (next) this.#enter(this.field(next, cell.dataset.field));
    else if (event.key === "Enter") {
      const { course, muscle, side, units } = this.read(row);
      this.#enter(this.field(this.add({ course, muscle, side, units }), "units"));
    }
  }

  // Ctrl+D in a cell, as in a spreadsheet, puts what it says into the same cell of every chosen row.
  #fill(cell, row) {
    const rows = this.#chosen.has(row) ? this.selection : [row];
    this.writeAll(rows, { [cell.dataset.field]: cell.value });
  }

  #caretAtEdge(input, direction) {
    const length = input.value.length;
    if (input.selectionStart === 0 && input.selectionEnd === length) return true;
    return direction < 0 ? input.selectionEnd === 0 : input.selectionStart === length;
  }

  #enter(cell) {
    cell?.focus();
    cell?.select?.();
  }
}

export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

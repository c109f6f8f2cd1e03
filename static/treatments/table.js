// The table of sites: the one truth, which the maps draw and the server gets.

const FIELDS = ["course", "muscle", "side", "view", "x", "y", "units"];

export class SiteTable extends EventTarget {
  #body;
  #template;
  #total;
  #muscles;
  #selected = null;

  /** @param form the charting form; @param muscles {key: name} for options that a row does not offer yet */
  constructor(form, muscles) {
    super();
    this.#body = form.querySelector("[data-sites]");
    this.#template = form.querySelector("template[data-empty-site]");
    this.#total = form.elements["injections-TOTAL_FORMS"];
    this.#muscles = muscles;
    this.rows.forEach((row) => this.#prepare(row));
    this.#body.addEventListener("input", (event) => this.#edited(event, false));
    this.#body.addEventListener("change", (event) => this.#edited(event, true));
    this.#body.addEventListener("focusin", (event) => this.select(event.target.closest("[data-site]")));
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove]");
      if (button) this.remove(button.closest("[data-site]"));
    });
  }

  get rows() {
    return [...this.#body.querySelectorAll("[data-site]")];
  }

  get selected() {
    return this.#selected;
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
  write(row, values, { commit = true } = {}) {
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
    this.#changed(commit);
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
    if (row === this.#selected) this.select(null);
    row.remove();
    this.#renumber();
    if (held && neighbour) this.field(neighbour, "units").focus();
    if (commit) this.#changed(true);
  }

  select(row) {
    if (row === this.#selected) return;
    this.#selected?.removeAttribute("aria-selected");
    this.#selected = row;
    row?.setAttribute("aria-selected", "true");
    this.dispatchEvent(new Event("select"));
  }

  snapshot() {
    return JSON.stringify(this.rows.map((row) => this.read(row)));
  }

  restore(snapshot) {
    const at = this.rows.indexOf(this.#selected);
    this.select(null);
    this.rows.forEach((row) => row.remove());
    for (const values of JSON.parse(snapshot)) this.add(values, { commit: false });
    this.#renumber();
    this.select(this.rows[at] ?? null);
    this.#changed(false);
  }

  commit() {
    this.#changed(true);
  }

  #changed(commit) {
    this.dispatchEvent(new CustomEvent("change", { detail: { commit } }));
  }

  #edited(event, commit) {
    const name = event.target.dataset.field;
    const row = event.target.closest("[data-site]");
    // A muscle chosen by hand stays when the point is dragged elsewhere.
    if (commit && (name === "muscle" || name === "side")) row.dataset.overruled = "true";
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

  // Arrow keys walk the cells, Enter goes to the next row and past the last one makes another like it.
  #key(event) {
    const cell = event.target;
    if (!cell.dataset.field || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = cell.closest("[data-site]");
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
    if (next) this.#enter(this.field(next, cell.dataset.field));
    else if (event.key === "Enter") {
      const { course, muscle, side, units } = this.read(row);
      this.#enter(this.field(this.add({ course, muscle, side, units }), "units"));
    }
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

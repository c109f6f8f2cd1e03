// What a charting form says, as plain values: to keep, to compare and to put back. Reads the live form and a fetched one.

const SITE = ["course", "muscle", "side", "view", "x", "y", "units"];
const NOT_OURS = /^(csrfmiddlewaretoken|version|action|dose|shorthand|courses|.*-(TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS)$/;
// Rows of these go by what they are about, not by their place in the list.
const KEYED = { vials: ["lot", "size"], mixings: ["vial"] };

const valueOf = (field) => (field.type === "checkbox" ? (field.checked ? "on" : "") : field.value);

/** {fields: {key: text}, sites: [{course, muscle, side, view, x, y, units}]} */
export function read(form) {
  const fields = {};
  const sites = [];
  for (const [name, field] of named(form)) {
    const site = /^injections-(\d+)-(\w+)$/.exec(name);
    if (!site) fields[keyOf(form, name)] = valueOf(field);
    else if (site[2] === "DELETE") (sites[site[1]] ??= {}).gone = field.checked;
    else if (SITE.includes(site[2])) (sites[site[1]] ??= {})[site[2]] = field.value.trim();
  }
  return { fields, sites: sites.filter((row) => row && !row.gone && (row.muscle || row.units)).map(({ gone, ...row }) => row) };
}

/** Put the contents into the live form. */
export function write(form, table, contents) {
  for (const [name, field] of named(form, { every: true })) {
    if (name.startsWith("injections-")) continue;
    const value = contents.fields[keyOf(form, name)];
    if (value === undefined) continue;
    if (field.type === "checkbox") field.checked = value === "on";
    else if (field.type === "radio") field.checked = field.value === value;
    else {
      if (field.matches("select") && value && ![...field.options].some((option) => option.value === value)) {
        field.add(new Option(value, value));
      }
      field.value = value;
    }
  }
  table.restore(JSON.stringify(contents.sites));
}

/** Whether a control of the live form no longer says what the server sent. */
export function edited(form) {
  return [...named(form, { every: true })].some(([, field]) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (!field.matches("select")) return field.value !== field.defaultValue;
    const served = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
    return field.value !== (served?.value ?? "");
  });
}

export function same(a, b) {
  return differences(a, b).length === 0;
}

/** [{key, mine, theirs}]: fields by their key, sites by "site|course|muscle|side" with lists of sites. */
export function differences(mine, theirs) {
  const found = [];
  for (const key of new Set([...Object.keys(mine.fields), ...Object.keys(theirs.fields)])) {
    const [a, b] = [mine.fields[key], theirs.fields[key]];
    // A field that one page does not have is no difference: what it offers depends on the rest.
    if (a !== undefined && b !== undefined && plain(a) !== plain(b)) found.push({ key, mine: a, theirs: b });
  }
  const [ours, others] = [bySite(mine.sites), bySite(theirs.sites)];
  for (const key of new Set([...ours.keys(), ...others.keys()])) {
    const [a, b] = [ours.get(key) ?? [], others.get(key) ?? []];
    if (text(a) !== text(b)) found.push({ key, mine: a, theirs: b });
  }
  return found;
}

/** Mine, with theirs where `chosen` says so: a set of keys of differences. */
export function merge(mine, theirs, chosen) {
  const fields = { ...mine.fields };
  for (const key of chosen) if (key in theirs.fields) fields[key] = theirs.fields[key];
  // Units stay with their product: a site that comes with another one loses them.
  const of = ({ fields: { product } }) => (row) => (product === fields.product ? row : { ...row, units: "" });
  const kept = mine.sites.filter((row) => !chosen.has(siteKey(row))).map(of(mine));
  return { fields, sites: [...kept, ...theirs.sites.filter((row) => chosen.has(siteKey(row))).map(of(theirs))] };
}

/** Words for one difference, read from the forms: {label, mine, theirs}. */
export function words(difference, form, other) {
  const { key } = difference;
  if (key.startsWith("site|")) {
    const [, course, muscle, side] = key.split("|");
    const name = [optionText(form, "muscle", muscle), side].filter(Boolean).join(", ");
    const many = form.querySelector('select[data-field="course"]') ? ` (${optionText(form, "course", course)})` : "";
    return { label: name + many, mine: doses(difference.mine), theirs: doses(difference.theirs) };
  }
  return {
    label: labelOf(form, key) ?? labelOf(other, key) ?? key,
    mine: shown(form, key, difference.mine),
    theirs: shown(other, key, difference.theirs),
  };
}

function* named(form, { every = false } = {}) {
  for (const field of form.elements) {
    if (!field.name || field.matches("button, fieldset, [type=submit]") || field.disabled) continue;
    if (NOT_OURS.test(field.name) || field.closest("[data-no-save], template")) continue;
    if (!every && field.type === "radio" && !field.checked) continue;
    yield [field.name, field];
  }
}

function keyOf(form, name) {
  const [, kind, number, field] = /^(\w+)-(\d+)-(\w+)$/.exec(name) ?? [];
  if (!(kind in KEYED)) return name;
  return [kind, KEYED[kind].map((part) => form.elements[`${kind}-${number}-${part}`]?.value ?? "").join("-"), field].join("|");
}

function fieldOf(form, key) {
  for (const [name, field] of named(form)) if (keyOf(form, name) === key) return field;
  return null;
}

function labelOf(form, key) {
  const field = fieldOf(form, key);
  if (!field) return null;
  const group = field.type === "radio" ? field.closest("fieldset")?.querySelector("legend") : null;
  const label = group ?? form.querySelector(`label[for="${field.id}"]`) ?? field.closest("label");
  return (field.getAttribute("aria-label") ?? label?.textContent ?? field.name).trim();
}

function shown(form, key, value) {
  const field = fieldOf(form, key);
  if (field?.type === "checkbox") return value ? "yes" : "no";
  if (field?.matches("select")) return [...field.options].find((option) => option.value === value)?.text ?? value;
  if (field?.type === "radio") {
    const radio = [...form.elements].find((other) => other.name === field.name && other.value === value);
    return radio?.closest("label")?.textContent.trim() || value || "–";
  }
  return value || "–";
}

const optionText = (form, name, value) =>
  [...form.querySelectorAll(`template, [data-field="${name}"]`)]
    .flatMap((part) => [...((part.content ?? part.parentElement).querySelector(`[data-field="${name}"]`)?.options ?? [])])
    .find((option) => option.value === value)?.text ?? value;

const siteKey = (row) => `site|${row.course}|${row.muscle}|${row.side}`;

function bySite(sites) {
  const groups = new Map();
  for (const row of sites) groups.set(siteKey(row), [...(groups.get(siteKey(row)) ?? []), row]);
  return groups;
}

const plain = (value) => (/^-?\d+(\.\d+)?$/.test(value) ? String(Number(value)) : value.trim().replace(/\r\n/g, "\n"));
const text = (rows) => rows.map((row) => [row.view, row.x, row.y, plain(row.units)].join(" ")).sort().join("; ");

function doses(rows) {
  if (!rows.length) return "no site";
  const units = rows.map((row) => (row.units ? `${plain(row.units)} U` : "no units")).join(" + ");
  return rows.length === 1 ? units : `${rows.length} sites: ${units}`;
}

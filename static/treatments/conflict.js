// Two versions of one draft side by side: the person chooses for each difference, or one of the two as a whole.

import { differences, merge, words } from "./contents.js";

let box = null;
const theirsChosen = new Set();

/**
 * Show the differences above the form; returns when the person has chosen: merged contents, or null for "the saved one".
 * Called again while it is open it shows what differs now and keeps the choices.
 */
export function choose({ form, mine, saved, savedForm, when }) {
  return new Promise((done) => {
    const fresh = document.createElement("section");
    fresh.id = "charting-conflict";
    fresh.className = "panel charting-conflict";
    fresh.setAttribute("role", "group");
    fresh.setAttribute("aria-labelledby", "conflict-title");
    fresh.tabIndex = -1;
    const head = part("div", "panel-head", part("h2", "", "Two versions of this draft"));
    head.firstChild.id = "conflict-title";
    const found = differences(mine, saved);
    const table = part("table", "grid");
    const top = part("tr", "", part("th", "", "What"), part("th", "", "Yours, not saved"), part("th", "", when));
    table.append(part("thead", "", top), part("tbody", "", ...found.map((item) => row(item, form, savedForm))));
    const scroll = part("div", "grid-scroll", table);
    const close = (contents) => {
      fresh.remove();
      box = null;
      theirsChosen.clear();
      done(contents);
    };
    const buttons = part(
      "div",
      "form-actions",
      button("Save what is chosen", "btn btn-primary", () => close(merge(mine, saved, theirsChosen))),
      button("Keep mine", "btn", () => close(mine)),
      button("Load the saved one", "btn", () => close(null)),
    );
    const hint = part("p", "muted", "Nothing is lost: choose for each line which one counts. Yours is chosen to begin with.");
    fresh.append(head, hint, scroll, buttons);
    const held = box?.contains(document.activeElement);
    if (box) box.replaceWith(fresh);
    else form.before(fresh);
    if (!box || held) fresh.focus({ preventScroll: Boolean(box) });
    box = fresh;
  });
}

function row(item, form, savedForm) {
  const said = words(item, form, savedForm);
  const cell = (text, isTheirs) => {
    const radio = document.createElement("input");
    radio.type = "radio";
    radio.name = `conflict-${item.key}`;
    radio.className = "form-check-input";
    radio.checked = theirsChosen.has(item.key) === isTheirs;
    radio.addEventListener("change", () => (isTheirs ? theirsChosen.add(item.key) : theirsChosen.delete(item.key)));
    return part("td", "", part("label", "form-check", radio, ` ${text}`));
  };
  const title = part("th", "", said.label);
  title.scope = "row";
  return part("tr", "", title, cell(said.mine, false), cell(said.theirs, true));
}

function part(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function button(text, className, act) {
  const made = part("button", className, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

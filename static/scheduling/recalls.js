// Keys of the recall list, who is being called, and where the focus goes when something opens beside or under a row.

const LETTER_WAIT_MS = 1200; // after `g` a letter belongs to the rail (clinic/js/keys.js)
const ACTS = { b: "book", c: "log", s: "hold", w: "why" };

const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select, dialog[open]") !== null;

export function setUpRecalls(root) {
  const list = root.querySelector("#recalls");
  const side = () => root.querySelector("#side");
  const dialog = root.querySelector("#keys-dialog");
  const help = root.querySelector("#recall-keys");
  const live = root.querySelector("#recall-live");
  if (!list) return;
  let courseId = null; // the patient the keys are about
  let place = 0; // where that row stood, for when it has left the list
  let railUntil = 0;

  const rows = () => [...list.querySelectorAll("tr[data-course]")];
  const current = () => rows().find((row) => row.dataset.course === courseId);

  function choose(row, { focus = true } = {}) {
    for (const other of rows()) other.classList.toggle("is-current", other === row);
    if (!row) return;
    courseId = row.dataset.course;
    place = rows().indexOf(row);
    if (focus) {
      row.focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
    }
  }

  function move(by) {
    const all = rows();
    if (!all.length) return;
    const at = current() ? all.indexOf(current()) + by : Math.min(place, all.length - 1);
    choose(all[Math.max(0, Math.min(at, all.length - 1))]);
  }

  // After something was done: the same row when it still stands where it stood, else the one that stands there now.
  function goOn() {
    const all = rows();
    choose(current() && all.indexOf(current()) === place ? current() : all[Math.min(place, all.length - 1)]);
  }

  function closeSide() {
    if (!side().childElementCount) return false;
    side().replaceChildren();
    choose(current());
    return true;
  }

  // An open call that is put away was none: others may call the patient again.
  function removeRows() {
    const open = [...list.querySelectorAll("tr.row-form")];
    for (const row of open) {
      const claimed = row.querySelector("form[data-claimed]");
      if (claimed) window.htmx.ajax("POST", claimed.dataset.claimed, { source: list, swap: "none" });
      row.remove();
    }
    return open.length > 0;
  }

  function closeRows() {
    const open = removeRows();
    if (open) choose(current());
    return open;
  }

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || dialog.open) return;
    if (event.key === "Escape") {
      if (closeSide() || closeRows()) event.preventDefault();
      return;
    }
    if (isTyping(event.target)) return;
    const outcome = list.querySelector(`tr.row-form [data-digit="${CSS.escape(event.key)}"]`);
    if (event.key === "g") railUntil = event.timeStamp + LETTER_WAIT_MS;
    else if (event.timeStamp < railUntil) railUntil = 0;
    else if (outcome) {
      outcome.focus();
      event.preventDefault();
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?") dialog.showModal();
    else if (event.key in ACTS) {
      if (!current()) move(0);
      current()?.querySelector(`[data-act="${ACTS[event.key]}"]`)?.click();
      event.preventDefault();
    }
  });

  root.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-course]");
    if (row) choose(row, { focus: false });
    if (event.target.closest("[data-close-side]")) {
      closeSide();
      event.preventDefault();
    }
    if (event.target.closest("[data-close-row]")) {
      closeRows();
      event.preventDefault();
    }
    // A row opens one thing at a time; whoever books may still be on the telephone.
    const act = event.target.closest("[data-act]");
    if (!act) return;
    if (act.dataset.act === "book") for (const open of list.querySelectorAll("tr.row-form")) open.remove();
    else removeRows();
  });

  // A filter was chosen while an answer was on its way: the next one, which is asked for already, has both.
  root.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, formData } = event.detail.requestConfig;
    if (!elt.matches("form.recall-filters")) return;
    const asked = (values) => new URLSearchParams(values).toString();
    if (asked(formData) !== asked(new FormData(elt))) event.detail.shouldSwap = false;
  });

  root.addEventListener("htmx:afterSettle", (event) => {
    const { target } = event.detail;
    if (target.id === "side") {
      const wrong = target.querySelector("[role=alert]");
      if (wrong) wrong.tabIndex = -1;
      const wanted = [".is-invalid", "[role=alert]", "button[name=slot], .booking-times .btn-primary", "select, summary"];
      wanted.map((selector) => target.querySelector(selector)).find(Boolean)?.focus();
    } else if (target.id === "recalls") {
      live.textContent = root.querySelector("#recall-said p, .notice-stop p")?.textContent ?? "";
      // Whoever chooses a filter goes on choosing.
      if (!root.activeElement?.closest(".recall-filters")) goOn();
    } else if (target.closest?.("tr.row-form, tr[data-course]")) {
      const form = list.querySelector("tr.row-form");
      const wanted = [".is-invalid", "button[name=take_over]", "button[name=outcome]", "input[name=reason]", ".recall-why"];
      wanted.map((selector) => form?.querySelector(selector)).find(Boolean)?.focus();
      const words = form?.querySelector("[role=alert]")?.textContent.trim().replace(/\s+/g, " ");
      if (words) live.textContent = words;
    }
  });

  // A stop has no day.
  list.addEventListener("change", (event) => {
    if (event.target.name !== "kind") return;
    const until = event.target.closest("form").querySelector("[data-until]");
    if (until) until.hidden = event.target.value === "stop";
  });

  if (help) {
    help.hidden = false;
    help.addEventListener("click", () => dialog.showModal());
  }
}

setUpRecalls(document);

// Moving visits in the calendar, by mouse, finger or keys. A drop is a request: the diary decides, and what it answers
// is drawn by the server, so that a refused visit stands where it stood.

const ROW_MINUTES = 5;
const NEAR_PX = 4; // a press that moves less is a click
const EDGE_PX = 56; // from the window's edge, where it scrolls along

const clamp = (number, least, most) => Math.max(least, Math.min(number, most));

export function wallTime(minute, zone) {
  const words = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return words.format(new Date(minute * 60_000));
}

export function rowAt(column, y) {
  const box = column.getBoundingClientRect();
  return ((y - box.top) / box.height) * Number(column.dataset.rows);
}

export function setUpMoving(day, { say, htmx, tells }) {
  let held = null; // what is being moved, and where it would go
  let pressed = null; // a pointer that is down and has not moved yet
  let saving = null; // the key of the card whose move is on its way: where the focus was

  const columns = () => [...day.querySelectorAll(".day-cards")];
  const grid = () => day.querySelector(".day-grid");
  const at = (column, row) => wallTime(Number(column.dataset.origin) + row * ROW_MINUTES, grid().dataset.zone);

  function words() {
    const { column, row, rows } = held;
    const where = new Set(columns().map((one) => one.dataset.day)).size > 1 ? `, ${column.dataset.day}` : "";
    return `${at(column, row)} to ${at(column, row + rows)}${where}, ${column.dataset.words}`;
  }

  function draw() {
    const { ghost, column, row, rows } = held;
    if (ghost.parentElement !== column) column.append(ghost);
    // Written through the object model: the content policy refuses style attributes only.
    ghost.style.gridRow = `${row + 1} / span ${rows}`;
    ghost.querySelector(".card-name .num").textContent = at(column, row);
    ghost.querySelector(".card-to").textContent = `to ${at(column, row + rows)}`;
  }

  function take(card, by) {
    const column = card.closest(".day-cards");
    const ghost = card.cloneNode(true);
    for (const one of [ghost, ...ghost.querySelectorAll("[id]")]) one.removeAttribute("id");
    for (const one of ghost.querySelectorAll("form, .card-grip, .card-edge")) one.remove();
    const to = document.createElement("span");
    to.className = "card-to num";
    ghost.querySelector(".card-name").after(to);
    ghost.classList.add("is-ghost");
    ghost.inert = true;
    const row = Number(card.dataset.row);
    const rows = Number(card.dataset.rows);
    held = { card, ghost, by, column, row, rows, from: { column, row, rows } };
    card.classList.add("is-held");
    draw();
  }

  const isHome = () => ["column", "row", "rows"].every((name) => held[name] === held.from[name]);

  function leave(told) {
    if (!held) return;
    held.ghost.remove();
    held.card.classList.remove("is-held");
    if (told) say(`${held.card.dataset.name} stays at ${at(held.from.column, held.from.row)}.`);
    held = null;
  }

  function save() {
    if (isHome()) return leave(true);
    const { card, ghost, column, row, rows } = held;
    const starts = new Date((Number(column.dataset.origin) + row * ROW_MINUTES) * 60_000);
    ghost.classList.add("is-saving");
    saving = card;
    htmx.ajax("POST", `${card.dataset.place}?${grid().dataset.query}`, {
      source: card,
      target: "#day",
      swap: "innerHTML",
      values: {
        starts_at: starts.toISOString(),
        minutes: rows * ROW_MINUTES,
        provider: column.dataset.provider,
        version: card.dataset.version,
        ...(tells() ? { notify: "on" } : {}),
      },
    });
  }

  function moveTo(column, row, rows) {
    const most = Number(column.dataset.rows);
    held.column = column;
    held.rows = clamp(rows, 1, most);
    held.row = clamp(row, 0, most - held.rows);
    draw();
  }

  // By pointer

  function follow(event) {
    if (!held) {
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < NEAR_PX) return;
      take(pressed.card, "pointer");
      held.grabbed = rowAt(held.column, pressed.y) - held.row;
    }
    event.preventDefault();
    const { clientX: x, clientY: y } = event;
    if (y < EDGE_PX) scrollBy(0, y - EDGE_PX);
    else if (y > innerHeight - EDGE_PX) scrollBy(0, y - innerHeight + EDGE_PX);
    if (pressed.resizes) {
      moveTo(held.column, held.row, Math.round(rowAt(held.column, y)) - held.row);
      return;
    }
    const over = columns().find((one) => {
      const box = one.getBoundingClientRect();
      return x >= box.left && x < box.right;
    });
    moveTo(over ?? held.column, Math.round(rowAt(held.column, y) - held.grabbed), held.rows);
  }

  function letGo(event) {
    stopFollowing();
    if (!held) return;
    swallowClick();
    if (event.type === "pointercancel") leave(true);
    else save();
  }

  // The click that ends a drag opens nothing.
  function swallowClick() {
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
  }

  function swallow(event) {
    event.preventDefault();
    event.stopPropagation();
  }

  function stopFollowing() {
    pressed = null;
    removeEventListener("pointermove", follow);
    removeEventListener("pointerup", letGo);
    removeEventListener("pointercancel", letGo);
  }

  day.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".card-visit[data-place]");
    if (!card || event.button !== 0 || held || saving || event.target.closest("form")) return;
    const handle = event.target.closest(".card-grip, .card-edge");
    // A finger that is not on a handle scrolls the page.
    if (event.pointerType === "touch" && !handle) return;
    pressed = { card, x: event.clientX, y: event.clientY, resizes: Boolean(handle?.matches(".card-edge")) };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", letGo);
    addEventListener("pointercancel", letGo);
  });

  // By keys

  day.addEventListener("click", (event) => {
    const grip = event.target.closest(".card-grip");
    if (!grip || event.detail > 0 || saving) return;
    if (held) {
      save();
    } else {
      take(grip.closest(".card-visit"), "keys");
      say(`Moving ${held.card.dataset.name}: ${words()}. Arrows move it, Enter saves, Escape leaves it.`);
    }
  });

  addEventListener("keydown", (event) => {
    if (!held || saving) return;
    if (event.key === "Escape") {
      event.preventDefault();
      if (held.by === "pointer") {
        stopFollowing();
        addEventListener("pointerup", swallowClick, { once: true });
      }
      leave(true);
      return;
    }
    if (held.by !== "keys") return;
    const all = columns();
    const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -12, PageDown: 12 }[event.key];
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && event.shiftKey) moveTo(held.column, held.row, held.rows + step);
    else if (step) moveTo(held.column, held.row + step, held.rows);
    else if (side) moveTo(all[clamp(all.indexOf(held.column) + side, 0, all.length - 1)], held.row, held.rows);
    else return;
    event.preventDefault();
    held.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
    say(words());
  });

  day.addEventListener("focusout", () => {
    if (held?.by === "keys" && !saving) leave(false);
  });

  // What the diary answered

  addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== day || !saving) return;
    held = saving = null;
    const told = day.querySelector(".day-said[data-visit]");
    if (!told) return;
    const { visit } = told.dataset;
    (day.querySelector(`#grip-${visit}:not([hidden])`) ?? day.querySelector(`#visit-${visit}`))?.focus({ preventScroll: true });
  });

  for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    addEventListener(failed, (event) => {
      if (event.detail.elt !== saving) return;
      saving = null;
      leave(true);
    });
  }

  return {
    isBusy: () => Boolean(held || pressed || saving),
    /** Shows the handles of the cards that were just drawn. */
    dress() {
      for (const card of day.querySelectorAll(".card-visit[data-place]")) {
        card.querySelector(".card-grip").hidden = false;
        const edge = document.createElement("span");
        edge.className = "card-edge";
        card.append(edge);
      }
    },
  };
}

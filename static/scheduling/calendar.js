// The calendar page: moving visits, booking on free time, and how it refreshes itself without getting in the way.

import { addClose } from "../clinic/js/notices.js";
import { rowAt, setUpMoving, wallTime } from "./moving.js";

const TICK_MS = 10_000;
const TYPING_MS = 30_000; // so long after the last touch of a field nothing is drawn anew under it
const QUARTER = 3; // rows

export function setUpCalendar(root, htmx) {
  const day = root.querySelector("#day");
  const live = root.querySelector("#day-live");
  if (!day || !htmx) return;
  const chosen = new Map(); // rooms that were chosen and not pressed yet, by the select's id
  let touched = 0;

  const say = (words) => {
    live.textContent = words;
  };
  let tells = true; // as the tick of the last move was left
  const moving = setUpMoving(day, { say, htmx, tells: () => tells });

  function dress() {
    moving.dress();
    for (const one of day.querySelectorAll("#day-print, #day-help")) one.hidden = false;
    const said = day.querySelector("#day-said");
    if (said) addClose(said);
    for (const [id, value] of chosen) {
      const select = day.querySelector(`#${id}`);
      if (select?.querySelector(`option[value="${value}"]`)) select.value = value;
      else chosen.delete(id);
    }
  }

  const isBusy = () =>
    document.hidden ||
    moving.isBusy() ||
    day.querySelector(".day-said:focus-within, details[open]") !== null ||
    (day.querySelector("input:focus, select:focus, textarea:focus") !== null && Date.now() - touched < TYPING_MS);

  for (const kind of ["keydown", "pointerdown", "input"]) {
    day.addEventListener(kind, () => {
      touched = Date.now();
    });
  }

  day.addEventListener("change", (event) => {
    if (event.target.matches("#day-notify")) tells = event.target.checked;
    if (event.target.matches("select[name=room]")) chosen.set(event.target.id, event.target.value);
  });

  root.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt.id === "day-refresh" && isBusy()) event.preventDefault();
    else if (elt.matches("form.presses")) chosen.delete(elt.id.replace("press-form", "room"));
  });
  root.addEventListener("htmx:beforeSwap", (event) => {
    // Somebody took hold of a card while the answer was on its way.
    if (event.detail.requestConfig.elt.id === "day-refresh" && isBusy()) event.detail.shouldSwap = false;
  });
  root.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === day) dress();
  });

  // Free time, pressed: a quarter of an hour of it is where booking begins.
  day.addEventListener("click", (event) => {
    if (event.target.closest("#day-print")) print();
    const grid = event.target.closest(".day-grid[data-book]");
    const column = event.target.closest(".day-cards");
    if (!grid || !column || event.target.closest(".card-visit")) return;
    const row = Math.floor(rowAt(column, event.clientY) / QUARTER) * QUARTER;
    const minute = Number(column.dataset.origin) + row * 5;
    if (minute * 60_000 < Date.now()) return;
    const wanted = new URLSearchParams({
      provider: column.dataset.provider,
      looking_from: column.dataset.day,
      day: column.dataset.day,
      time: wallTime(minute, grid.dataset.zone),
    });
    location.assign(`${grid.dataset.book}&${wanted}`);
  });

  setInterval(() => {
    for (const one of day.querySelectorAll("[data-since]")) {
      const minutes = Math.max(0, Math.floor((Date.now() / 1000 - Number(one.dataset.since)) / 60));
      one.textContent = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
    }
  }, TICK_MS);

  dress();
}

setUpCalendar(document, window.htmx);

// Signs out whoever does nothing for as long as the site says, after a warning; what was typed stays in the window.
// The server counts for itself (accounts/middleware.py): this page only warns, and covers itself in time.

const WARN = 120; // seconds before the end
const TOUCH = 60; // seconds between two words to the server that somebody is here
const KEY = "cadence:seen"; // the same for all windows of this browser; signing out removes it

export class Idle {
  constructor({ seconds, user, ask, end, cover, warning, now = () => Date.now() / 1000, store = localStorage }) {
    Object.assign(this, { seconds, user, ask, end, cover, warning, now, store });
    this.told = this.now();
    this.seen();
  }

  /** Somebody pressed a key or a button here. */
  seen() {
    if (this.isCovered) return;
    this.store.setItem(KEY, String(this.now()));
    if (this.now() - this.told < TOUCH) return;
    this.told = this.now();
    this.ask(false);
  }

  get left() {
    return this.seconds - (this.now() - Number(this.store.getItem(KEY)));
  }

  async tick() {
    if (this.isCovered) {
      this.hasEnded ||= await this.end(); // until it is over on the server too, also after a lost connection
      if (!this.hasEnded) return;
      const state = await this.ask(true);
      if (state?.user === this.user) this.#uncover(state.token);
      else if (state?.user) location.assign("/");
    } else if (this.left <= 0) {
      this.isCovered = true;
      this.hasEnded = false;
      this.warning.close();
      this.cover.showModal();
      this.hasEnded = await this.end();
    } else if (this.left <= WARN) {
      this.warning.querySelector("[data-left]").textContent = words(this.left);
      if (!this.warning.open) this.warning.showModal();
    } else if (this.warning.open) {
      this.warning.close(); // somebody went on in another window
    }
  }

  #uncover(token) {
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    this.isCovered = false;
    this.seen();
    this.cover.close();
  }
}

export function words(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function setUp() {
  const cover = document.getElementById("signed-out");
  const warning = document.getElementById("still-there");
  if (!cover || !warning) return;
  const { seconds, user, state, leave } = cover.dataset;
  const ask = async (inBackground) => {
    try {
      const headers = inBackground ? { "X-Background": "1" } : {};
      const answer = await fetch(state, { headers, cache: "no-store" });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null; // no connection: the page stays as it is
    }
  };
  const end = async () => {
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    const answer = await fetch(leave, { method: "POST", headers, redirect: "manual" }).catch(() => null);
    return answer !== null && (answer.type === "opaqueredirect" || [401, 403].includes(answer.status));
  };
  const idle = new Idle({ seconds: Number(seconds), user: Number(user), ask, end, cover, warning });
  for (const kind of ["keydown", "pointerdown", "input"]) {
    addEventListener(kind, () => !warning.open && idle.seen(), { capture: true, passive: true });
  }
  for (const dialog of [cover, warning]) dialog.addEventListener("cancel", (event) => event.preventDefault());
  warning.querySelector("button").addEventListener("click", () => {
    warning.close();
    idle.told = 0;
    idle.seen();
  });
  // What runs by itself is nobody's doing.
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.triggeringEvent) event.detail.headers["X-Background"] = "1";
  });
  setInterval(() => idle.tick(), 1000);
  addEventListener("focus", () => idle.tick());
}

if (typeof document !== "undefined") setUp();

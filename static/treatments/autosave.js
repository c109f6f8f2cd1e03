// Saves the draft while it is charted. The form is posted to its own URL; the parts of the answer marked data-swap
// replace those of the page, except what the person is in. A failed save is said in words and tried again.

const PAUSE = 400; // ms without a change before a save
const RETRY = [2, 5, 10, 20, 30]; // seconds

export class Autosave extends EventTarget {
  #form;
  #status;
  #timer = null;
  #ticking = null;
  #saving = false;
  #serial = 0; // of the last change
  #saved = 0; // of the last change the server has
  #failures = 0;
  #stopped = false; // a conflict waits for the person's decision

  constructor(form) {
    super();
    this.#form = form;
    this.#status = () => document.getElementById("charting-status");
    addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.leaving) event.preventDefault();
    });
    addEventListener("online", () => this.dirty && this.save());
    document.addEventListener("visibilitychange", () => document.hidden && this.dirty && this.save());
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-keep-mine]")) this.#keepMine();
      if (event.target.closest("[data-save-now]")) this.save();
    });
  }

  get dirty() {
    return this.#serial !== this.#saved;
  }

  touch() {
    this.#serial += 1;
    if (this.#failures === 0 && !this.#stopped) this.#say("Saving…", "saving");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), PAUSE);
  }

  async save() {
    clearTimeout(this.#timer);
    clearInterval(this.#ticking);
    if (this.#saving || this.#stopped) return;
    this.#saving = true;
    const serial = this.#serial;
    const body = new FormData(this.#form);
    body.set("action", "autosave");
    if (this.#failures === 0) this.#say("Saving…", "saving");
    let answer;
    try {
      answer = await fetch(location.pathname, {
        method: "POST",
        body: new URLSearchParams(body),
        headers: { "HX-Request": "true", Accept: "text/html" },
        credentials: "same-origin",
        redirect: "manual",
      });
    } catch {
      answer = null;
    }
    this.#saving = false;
    if (answer?.ok || answer?.status === 422) {
      this.#failures = 0;
      if (answer.ok) this.#saved = serial;
      this.#swap(await answer.text(), serial);
    } else if (answer?.status === 409) {
      this.#stopped = true;
      this.#swap(await answer.text(), serial);
      return;
    } else this.#failed(answer);
    if (this.#serial !== serial) this.touch();
  }

  #swap(html, serial) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const part of fresh.querySelectorAll("[data-swap]")) {
      const old = document.getElementById(part.id);
      if (!old || !old.isConnected || !part.id) continue;
      // Same product, same choices: what the person typed there stays; only the parts within are renewed.
      if (part.dataset.swapKey !== undefined && part.dataset.swapKey === old.dataset.swapKey) continue;
      if (old.outerHTML === part.outerHTML) continue;
      if (old.contains(document.activeElement) && old.dataset.swapKey === undefined && !old.matches("[data-swap=always]")) continue;
      old.replaceWith(document.adoptNode(part));
    }
    this.dispatchEvent(new CustomEvent("saved", { detail: { current: serial === this.#serial } }));
  }

  #failed(answer) {
    if (answer?.type === "opaqueredirect" || answer?.status === 401 || answer?.status === 403) {
      this.#say(
        "Not saved: you are signed out, or may no longer chart this session. Sign in again in another tab, then save here. What you typed is still on this page.",
        "failed",
        true,
      );
      return;
    }
    const why = answer ? `the server answered ${answer.status}` : "no connection";
    let wait = RETRY[Math.min(this.#failures, RETRY.length - 1)];
    this.#failures += 1;
    const tell = () =>
      this.#say(`Not saved: ${why}. Trying again in ${wait} s. Keep this page open; nothing you typed is lost.`, "failed", true);
    tell();
    this.#ticking = setInterval(() => {
      wait -= 1;
      if (wait > 0) tell();
      else this.save();
    }, 1000);
  }

  #say(text, state, offer = false) {
    const status = this.#status();
    status.className = `charting-status is-${state}`;
    status.textContent = text;
    if (!offer) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.dataset.saveNow = "";
    button.textContent = "Save now";
    status.append(" ", button);
  }

  #keepMine() {
    const version = this.#status().querySelector("[data-current-version]")?.dataset.currentVersion;
    if (version) this.#form.elements.version.value = version;
    this.#stopped = false;
    this.#serial += 1;
    this.save();
  }
}

// The line above the table: what is typed is read by the server, shown below the line, and put into the table by Enter.

const PAUSE = 60; // ms without a key before it is read

/**
 * apply {sites}   the line was applied; its sites as the table takes them
 */
export class Shorthand extends EventTarget {
  #form;
  #input;
  #timer = null;
  #reading = 0; // serial of the last reading asked for
  #applying = false;

  constructor(form) {
    super();
    this.#form = form;
    this.#input = form.elements.shorthand;
    if (!this.#input) return;
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#read(), PAUSE);
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    form.elements.product.addEventListener("change", () => this.#input.value && this.#read());
    form.addEventListener(
      "click",
      (event) => {
        if (event.target.closest("button")?.value !== "shorthand") return;
        event.preventDefault();
        event.stopPropagation();
        this.#apply();
      },
      true,
    );
  }

  #key(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") this.#apply();
    else if (event.key === "Escape" && this.#input.value !== "") this.#clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #clear() {
    this.#input.value = "";
    this.#read();
  }

  async #apply() {
    if (this.#applying) return; // Enter twice puts the sites once
    this.#applying = true;
    clearTimeout(this.#timer);
    const preview = await this.#read();
    this.#applying = false;
    const sites = JSON.parse(preview?.dataset.sites ?? "null");
    if (!sites) {
      this.#input.focus();
      return;
    }
    this.dispatchEvent(new CustomEvent("apply", { detail: { sites } }));
    const done = preview.dataset.done;
    this.#input.value = "";
    preview.replaceChildren(Object.assign(document.createElement("p"), { className: "muted small", textContent: done }));
    this.#input.focus();
  }

  /** Ask the server what the line says; the new preview, or null when it was overtaken or nobody answered. */
  async #read() {
    const serial = ++this.#reading;
    const body = new FormData(this.#form);
    body.set("action", "preview-shorthand");
    let html = null;
    try {
      const answer = await fetch(location.pathname, {
        method: "POST",
        body: new URLSearchParams(body),
        headers: { "HX-Request": "true", Accept: "text/html" },
        credentials: "same-origin",
        redirect: "manual",
      });
      if (answer.ok) html = await answer.text();
    } catch {
      html = null;
    }
    if (serial !== this.#reading) return null;
    const old = document.getElementById("shorthand-preview");
    if (html === null) {
      old.replaceChildren(Object.assign(document.createElement("p"), { className: "field-error", textContent: "The line cannot be read now: no answer from the server. It stays here." }));
      return null;
    }
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("shorthand-preview");
    // The element stays and its content goes: a screen reader speaks what changes in a live region it knows.
    old.replaceChildren(...fresh.childNodes);
    if (fresh.dataset.sites === undefined) delete old.dataset.sites;
    else old.dataset.sites = fresh.dataset.sites;
    old.dataset.done = fresh.dataset.done ?? "";
    this.#input.setAttribute("aria-invalid", String(fresh.dataset.invalid === "true"));
    return old;
  }
}

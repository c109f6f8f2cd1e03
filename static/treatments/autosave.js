// Saves the draft while it is charted. The form is posted to its own URL; the parts of the answer marked data-swap
// replace those of the page, except what the person is in. What cannot be saved is kept in the browser (kept.js), said
// in words, and sent when the server is back; a version saved elsewhere meanwhile is shown beside it (conflict.js).

import { choose } from "./conflict.js";
import { read, same, write } from "./contents.js";
import { Kept } from "./kept.js";
import { Tabs } from "./tabs.js";

const PAUSE = 60; // ms without a change before a save
const REST = 400; // ms without a change, after which the next one is sent at once
const RETRY = [2, 5, 10, 20, 30]; // seconds

/**
 * saved {current}   the server answered; current when nothing was changed since it was asked
 * written           what was kept or saved elsewhere was put into the form
 */
export class Autosave extends EventTarget {
  #form;
  #table;
  #kept;
  #tabs;
  #timer = null;
  #touched = -REST; // when the last change was made
  #atOnce = false; // the timer is that of a change that does not wait
  #ticking = null;
  #saving = null; // the save that is under way
  #held = false; // a press leaves the page and carries all of it: nothing is saved beside it
  #serial = 0; // of the last change
  #saved = 0; // of the last change the server has
  #written = 0; // of the last change it has but for what it refused
  #failures = 0;
  #signedOut = false;
  #over = false; // signed or thrown away meanwhile: nothing can be saved any more
  #meeting = false;
  #conflict = null; // {version, contents, form, when} of the one saved elsewhere, while the person decides

  /** @param table the table of sites, which puts sites back */
  constructor(form, table) {
    super();
    this.#form = form;
    this.#table = table;
    this.#kept = new Kept(form.dataset.draft, form.dataset.draftKey);
    this.#tabs = new Tabs(form.dataset.draft, this.#kept);
    this.#tabs.addEventListener("others", () => this.#sayWhoElse());
    this.#tabs.addEventListener("saved", ({ detail }) => this.#savedElsewhere(detail.version));
    addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.leaving && !this.#kept.safe) event.preventDefault();
    });
    addEventListener("pageshow", ({ persisted }) => persisted && (this.leaving = this.#held = false));
    addEventListener("online", () => this.dirty && this.save());
    document.addEventListener("visibilitychange", () => document.hidden && this.#serial !== this.#written && this.save());
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-keep-mine]")) this.#settle(read(this.#form));
      if (event.target.closest("[data-save-now]")) this.save();
      if (event.target.closest("[data-load-saved]")) {
        this.leaving = true;
        this.#kept.drop();
      }
    });
    this.ready = this.#takeUp();
  }

  get dirty() {
    return this.#serial !== this.#saved;
  }

  get #version() {
    return Number(this.#form.elements.version.value);
  }

  touch() {
    this.#serial += 1;
    this.#keep();
    if (this.#over) return;
    if (this.#failures === 0 && !this.#conflict) this.#say("Saving…", "saving");
    const rested = performance.now() - this.#touched >= REST;
    this.#touched = performance.now();
    if (this.#atOnce) return;
    this.#atOnce = rested;
    clearTimeout(this.#timer);
    // At once is still after this task: one press may change many fields.
    this.#timer = setTimeout(() => (this.#conflict ? this.#ask() : this.save()), rested ? 0 : PAUSE);
  }

  async save() {
    clearTimeout(this.#timer);
    this.#atOnce = false;
    clearInterval(this.#ticking);
    if (this.#saving || this.#held || this.#conflict || this.#over) return;
    this.#saving = this.#send();
    await this.#saving;
  }

  async #send() {
    const serial = this.#serial;
    if (this.#signedOut) await this.#renewToken();
    const body = new FormData(this.#form);
    body.set("action", "autosave");
    if (this.#failures === 0) this.#say("Saving…", "saving");
    const answer = await ask("POST", new URLSearchParams(body));
    const text = answer ? await answer.text().catch(() => null) : null;
    this.#saving = null;
    if (text !== null && (answer.ok || answer.status === 422)) {
      this.#failures = 0;
      if (answer.ok) this.#saved = serial;
      const before = this.#version;
      this.#swap(text, serial);
      // A refused number does not hold up the rest: that is a new version, and what is refused stays here only.
      const written = answer.ok || this.#version !== before;
      if (written) {
        this.#written = serial;
        this.#tabs.saved(this.#version);
      }
      if (!this.dirty) this.#kept.drop();
      else if (written) this.#keep(); // with the version it follows now
    } else if (answer?.status === 409 && text !== null) {
      this.#swap(text, serial);
      this.#meet(); // not waited for: it ends when the person has chosen
      return;
    } else this.#failed(answer);
    if (this.#serial !== serial && this.#failures === 0) this.save();
  }

  /** A press leaves the page with the version of the last save: one under way comes first. False when that one failed. */
  async finish() {
    const known = this.#conflict || this.#over; // what the server then says of it, it says better
    this.#held = true;
    clearTimeout(this.#timer);
    this.#atOnce = false;
    await this.#saving;
    this.#held = Boolean(known) || !(this.#conflict || this.#over);
    return this.#held;
  }

  /** A press that leaves the page was held: no server answered it. */
  cutOff() {
    this.leaving = this.#held = false;
    clearInterval(this.#ticking);
    this.#failures ||= 1;
    this.#say("No connection: your draft is kept here; try again when it is back.", "failed", this.dirty);
    if (this.dirty) this.#timer = setTimeout(() => this.save(), RETRY[1] * 1000);
  }

  // --- what was kept

  #keep() {
    this.#kept.keep({ at: Date.now(), version: this.#version, contents: read(this.#form) });
  }

  /** What a closed or reloaded tab had not saved is put back, or shown beside what was saved since. */
  async #takeUp() {
    await this.#tabs.greet();
    const entry = await this.#kept.newest(this.#tabs.others);
    if (!entry || this.dirty) return;
    const saved = read(this.#form);
    this.#kept.drop(entry.tab);
    if (same(entry.contents, saved)) return;
    const version = this.#version;
    this.#write(entry.contents);
    this.touch();
    const at = clock(entry.at, this.#form.dataset.zone);
    if (entry.version === version) this.#tell(`What you typed at ${at} had not been saved. It was put back.`);
    else await this.#meet();
  }

  // --- saved elsewhere

  #sayWhoElse() {
    const open = this.#tabs.others.size > 0;
    const words = "This draft is also open in another tab of this browser. Chart in one of them only.";
    this.#tell(open ? words : "", "charting-elsewhere");
  }

  #savedElsewhere(version) {
    if (version <= this.#version || this.#over) return;
    if (this.dirty || this.#conflict?.contents) return this.#meet();
    // What is typed here from now on stands beside the newer one.
    this.#conflict = { waiting: true };
    this.#say("This draft was just saved in another tab. ", "stale");
    const link = document.createElement("a");
    link.href = location.pathname;
    link.className = "btn btn-sm";
    link.dataset.loadSaved = "";
    link.textContent = "Load the saved one";
    document.getElementById("charting-status").append(link);
  }

  /** Look at what is saved now: adopt it when it says the same, else let the person choose. */
  async #meet() {
    clearTimeout(this.#timer);
    this.#atOnce = false;
    if (this.#meeting) return;
    this.#meeting = true;
    this.#conflict ??= { waiting: true };
    const answer = await ask("GET");
    this.#meeting = false;
    const html = answer?.ok ? await answer.text().catch(() => null) : null;
    if (html === null) {
      if (answer?.type === "opaqueredirect") return this.#end();
      this.#conflict = null;
      this.#failed(answer);
      return;
    }
    const page = new DOMParser().parseFromString(html, "text/html");
    const form = page.getElementById("charting");
    if (!form) return this.#end();
    const contents = read(form);
    const version = Number(form.elements.version.value);
    if (same(read(this.#form), contents)) {
      this.#conflict = null;
      this.#form.elements.version.value = version;
      await this.save(); // the same once more, for an answer that fits the page
      return;
    }
    const when = `Saved elsewhere ${page.getElementById("charting-status")?.textContent.match(/\d\d:\d\d:\d\d/)?.[0] ?? ""}`.trim();
    this.#conflict = { version, contents, form, when };
    await this.#ask();
  }

  async #ask() {
    this.#atOnce = false;
    const { contents, form, when } = this.#conflict;
    if (!contents) return this.#meet();
    this.#say("Not saved: this session was saved elsewhere. Choose above the chart which version counts.", "stale");
    const chosen = await choose({ form: this.#form, mine: read(this.#form), saved: contents, savedForm: form, when });
    if (chosen) this.#settle(chosen);
    else {
      this.leaving = true;
      this.#kept.drop();
      location.reload();
    }
  }

  #settle(contents) {
    const offered = document.querySelector("[data-current-version]")?.dataset.currentVersion;
    const version = this.#conflict?.version ?? offered;
    this.#conflict = null;
    document.getElementById("charting-conflict")?.remove();
    if (version) this.#form.elements.version.value = version;
    this.#write(contents);
    this.#serial += 1;
    this.#keep();
    this.save();
  }

  #write(contents) {
    write(this.#form, this.#table, contents);
    this.dispatchEvent(new Event("written"));
  }

  #end() {
    this.#over = true;
    this.leaving = true;
    this.#kept.drop();
    this.#say("This session has been signed or thrown away; nothing more can be saved.", "stale");
  }

  // --- the page

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
    this.#signedOut = answer?.type === "opaqueredirect" || answer?.status === 401 || answer?.status === 403;
    if (this.#signedOut) {
      this.#say(
        "Not saved: you are signed out, or may no longer chart this session. Sign in again in another tab, then save here. What you typed is still on this page.",
        "failed",
        true,
      );
      return;
    }
    const away = answer?.status === 503 ? "Cadence cannot reach its data for a moment" : "";
    const why = away || (answer ? `the server answered ${answer.status}` : "no connection");
    let wait = RETRY[Math.min(this.#failures, RETRY.length - 1)];
    this.#failures += 1;
    const tell = () =>
      this.#say(`Not saved: ${why}. Kept in this browser, trying again in ${wait} s: nothing you typed is lost.`, "failed", true);
    tell();
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => {
      wait -= 1;
      if (wait > 0) tell();
      else this.save();
    }, 1000);
  }

  /** Signing in again made a new token; the one of this page is refused. */
  async #renewToken() {
    const answer = await ask("GET");
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("#charting [name=csrfmiddlewaretoken]")?.value;
    if (token) this.#form.elements.csrfmiddlewaretoken.value = token;
  }

  #say(text, state, offer = false) {
    const status = document.getElementById("charting-status");
    // What is wrong stays said until it is right: words that come and go would move the page under the hand.
    if (state === "saving" && status.classList.contains("is-failed")) return;
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

  #tell(text, id = "charting-told") {
    let notice = document.getElementById(id);
    if (!text) notice?.remove();
    if (!text || notice?.textContent === text) return;
    if (!notice) {
      notice = document.createElement("p");
      notice.id = id;
      notice.className = "notice notice-warn";
      notice.setAttribute("role", "status");
      this.#form.before(notice);
    }
    notice.textContent = text;
  }
}

async function ask(method, body) {
  try {
    return await fetch(location.pathname, {
      method,
      body,
      headers: method === "POST" ? { "HX-Request": "true", Accept: "text/html" } : { Accept: "text/html" },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "manual",
    });
  } catch {
    return null;
  }
}

/** The time of day at the site, as the page itself says it. */
function clock(moment, timeZone) {
  return new Date(moment).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
}

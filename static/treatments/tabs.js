// The same draft in several tabs of one browser: each knows of the others at once.

const ANSWER_WITHIN = 150; // ms

export class Tabs extends EventTarget {
  #channel;
  #kept;
  #page = Math.random().toString(36).slice(2);
  #pages = new Map(); // page -> tab

  constructor(draft, kept) {
    super();
    this.#kept = kept;
    this.#channel = new BroadcastChannel(`cadence-draft-${draft}`);
    this.#channel.onmessage = ({ data }) => this.#heard(data);
    addEventListener("pagehide", () => this.#tell("bye"));
    addEventListener("pageshow", (event) => event.persisted && this.#tell("hello"));
  }

  /** The names of the other tabs. */
  get others() {
    return new Set(this.#pages.values());
  }

  /** Ask who else has this draft open; done when all had time to answer. */
  async greet() {
    this.#tell("hello");
    await new Promise((done) => setTimeout(done, ANSWER_WITHIN));
  }

  saved(version) {
    this.#tell("saved", version);
  }

  #tell(what, version = null) {
    this.#channel.postMessage({ what, version, page: this.#page, tab: this.#kept.tab });
  }

  #heard({ what, version, page, tab }) {
    // A tab that was duplicated begins with the name of the other one.
    if (what === "here" && tab === this.#kept.tab) this.#kept.rename();
    if (what === "bye") this.#pages.delete(page);
    else this.#pages.set(page, tab);
    if (what === "hello") this.#tell("here");
    if (what === "saved") this.dispatchEvent(new CustomEvent("saved", { detail: { version } }));
    this.dispatchEvent(new Event("others"));
  }
}

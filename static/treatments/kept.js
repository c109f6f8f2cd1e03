// What is typed and not yet saved, kept in this browser: through a reload, a closed tab, a stopped server. Encrypted with
// a key that only the signed-in person's page has; removed when it is saved and at sign-out (clinic/js/sign_out.js).

const PREFIX = "cadence:draft:";
const LONGEST = 14 * 24 * 60 * 60 * 1000; // ms
const TAB = "cadence:tab";

export class Kept {
  #name;
  #key = null;
  #writing = null;
  #next = null;
  safe = true; // nothing waits to be kept

  /** @param draft person and session, as "7-1203"; @param key 64 hexadecimal digits */
  constructor(draft, key) {
    this.tab = sessionStorage.getItem(TAB);
    if (!this.tab) this.rename();
    this.#name = `${PREFIX}${draft}:`;
    // Without TLS a browser has no cryptography: then only this tab keeps it.
    if (globalThis.crypto?.subtle) {
      const bytes = Uint8Array.from(key.match(/../g), (pair) => parseInt(pair, 16));
      this.#key = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    }
  }

  rename() {
    this.tab = Math.random().toString(36).slice(2, 10);
    sessionStorage.setItem(TAB, this.tab);
  }

  get #store() {
    return this.#key ? localStorage : sessionStorage;
  }

  /** Keep this instead of what was kept before; the last of several calls wins. */
  async keep(entry) {
    this.safe = false;
    this.#next = entry;
    this.#writing ??= this.#write();
    await this.#writing;
  }

  async #write() {
    while (this.#next) {
      const entry = this.#next;
      this.#next = null;
      const sealed = await this.#encrypted(JSON.stringify(entry));
      if (this.#next === null && !this.safe) {
        try {
          this.#store.setItem(this.#name + this.tab, sealed);
          this.safe = true;
        } catch {
          // The browser has no room, or does not allow it: the page asks before it is left.
        }
      }
    }
    this.#writing = null;
  }

  /** It is saved, or nobody wants it any more. */
  drop(tab = this.tab) {
    if (tab === this.tab) {
      this.#next = null;
      this.safe = true;
    }
    this.#store.removeItem(this.#name + tab);
  }

  /** The newest entry that no other open tab still works on: {tab, at, version, contents}; null when there is none. */
  async newest(openTabs) {
    const found = [];
    for (const name of Object.keys(this.#store)) {
      if (!name.startsWith(PREFIX)) continue;
      const [when] = this.#store.getItem(name).split("|", 1);
      if (Date.now() - Number(when) > LONGEST) this.#store.removeItem(name);
      const tab = name.slice(this.#name.length);
      if (!name.startsWith(this.#name) || openTabs.has(tab)) continue;
      const text = await this.#decrypted(this.#store.getItem(name) ?? "");
      if (text === null) this.#store.removeItem(name);
      else found.push({ ...JSON.parse(text), tab });
    }
    return found.sort((a, b) => b.at - a.at)[0] ?? null;
  }

  async #encrypted(text) {
    if (!this.#key) return `${Date.now()}||${text}`;
    const start = crypto.getRandomValues(new Uint8Array(12));
    const bytes = await crypto.subtle.encrypt({ name: "AES-GCM", iv: start }, await this.#key, new TextEncoder().encode(text));
    return [Date.now(), base64(start), base64(new Uint8Array(bytes))].join("|");
  }

  async #decrypted(sealed) {
    const [, start, ...rest] = sealed.split("|");
    if (!this.#key) return rest.join("|");
    try {
      const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytesOf(start) }, await this.#key, bytesOf(rest[0]));
      return new TextDecoder().decode(opened);
    } catch {
      return null;
    }
  }
}

const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// Undo and redo of the table of sites.

const DEPTH = 200;

export class History {
  #table;
  #past = [];
  #future = [];
  #now;

  constructor(table) {
    this.#table = table;
    this.#now = table.snapshot();
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Remember where the table stands now, when it has changed. */
  record() {
    const now = this.#table.snapshot();
    if (now === this.#now) return;
    this.#past.push(this.#now);
    if (this.#past.length > DEPTH) this.#past.shift();
    this.#future = [];
    this.#now = now;
  }

  /** Start anew from where the table stands. */
  forget() {
    this.#past = [];
    this.#future = [];
    this.#now = this.#table.snapshot();
  }

  undo() {
    this.record();
    this.#step(this.#past, this.#future);
  }

  redo() {
    this.#step(this.#future, this.#past);
  }

  #step(from, to) {
    if (!from.length) return;
    to.push(this.#now);
    this.#now = from.pop();
    this.#table.restore(this.#now);
  }
}

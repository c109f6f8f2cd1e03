// What part of a map is shown: its viewBox. Coordinates stay those of the drawing.

const LARGEST = 8;

export class Zoom {
  #svg;
  #whole;
  #shown;

  constructor(svg) {
    this.#svg = svg;
    const { x, y, width, height } = svg.viewBox.baseVal;
    this.#whole = { x, y, width, height };
    this.#shown = { ...this.#whole };
  }

  get factor() {
    return this.#whole.width / this.#shown.width;
  }

  /** The part of the drawing that is shown: {x, y, width, height}. */
  get shown() {
    return this.#shown;
  }

  /** How many units of the drawing one pixel of the screen shows. */
  get scale() {
    return this.#shown.width / (this.#svg.getBoundingClientRect().width || 400);
  }

  /** The place of the drawing under a place of the screen. */
  at({ clientX, clientY }) {
    const box = this.#svg.getBoundingClientRect();
    return {
      x: this.#shown.x + ((clientX - box.left) / box.width) * this.#shown.width,
      y: this.#shown.y + ((clientY - box.top) / box.height) * this.#shown.height,
    };
  }

  /** The place of the screen over a place of the drawing. */
  on({ x, y }) {
    const box = this.#svg.getBoundingClientRect();
    return {
      x: box.left + ((x - this.#shown.x) / this.#shown.width) * box.width,
      y: box.top + ((y - this.#shown.y) / this.#shown.height) * box.height,
    };
  }

  /** Show so many times as large, with this place of the drawing under this place of the screen. */
  hold(place, screen, factor) {
    const box = this.#svg.getBoundingClientRect();
    const { width, height } = this.#sized(factor);
    this.#show({
      x: place.x - ((screen.clientX - box.left) / box.width) * width,
      y: place.y - ((screen.clientY - box.top) / box.height) * height,
      width,
      height,
    });
  }

  /** Move what is shown, in parts of its width and height. */
  pan(across, down) {
    const { x, y, width, height } = this.#shown;
    this.#show({ x: x + across * width, y: y + down * height, width, height });
  }

  /** Show a box of the drawing, with room around it. */
  to(part) {
    const { width, height } = this.#whole;
    const size = this.#sized(Math.min(width / (part.width * 1.6), height / (part.height * 1.6), 5));
    this.#show({
      x: part.x + part.width / 2 - size.width / 2,
      y: part.y + part.height / 2 - size.height / 2,
      ...size,
    });
  }

  reset() {
    this.#show(this.#whole);
  }

  #sized(factor) {
    const by = Math.min(LARGEST, Math.max(1, factor));
    return { width: this.#whole.width / by, height: this.#whole.height / by };
  }

  #show({ x, y, width, height }) {
    const whole = this.#whole;
    const inside = (value, from, room, size) => Math.min(from + room - size, Math.max(from, value));
    this.#shown = { x: inside(x, whole.x, whole.width, width), y: inside(y, whole.y, whole.height, height), width, height };
    this.#svg.setAttribute("viewBox", [this.#shown.x, this.#shown.y, width, height].map((part) => +part.toFixed(2)).join(" "));
  }
}

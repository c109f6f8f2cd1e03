// Signing on the screen: what is drawn goes into the form as SVG path data in a box of 600 by 200.

import SignaturePad from "../signature_pad/signature_pad.js";

const BOX = { width: 600, height: 200 };

function within(value, most) {
  return Math.min(Math.max(Math.round(value * 10) / 10, 0), most);
}

/** The drawn strokes as path data: curves through the middles between the points, so that the line is smooth. */
export function pathOf(strokes, width, height) {
  const at = (point) => [within((point.x / width) * BOX.width, BOX.width), within((point.y / height) * BOX.height, BOX.height)];
  const parts = [];
  for (const { points } of strokes) {
    const places = points.map(at);
    const [first, ...rest] = places;
    if (!first) continue;
    parts.push(`M ${first.join(" ")}`);
    if (rest.length === 0) {
      parts.push(`L ${within(first[0] + 0.5, BOX.width)} ${first[1]}`);
      continue;
    }
    rest.forEach((place, index) => {
      const next = rest[index + 1];
      if (!next) {
        parts.push(`L ${place.join(" ")}`);
        return;
      }
      const middle = [within((place[0] + next[0]) / 2, BOX.width), within((place[1] + next[1]) / 2, BOX.height)];
      parts.push(`Q ${place.join(" ")} ${middle.join(" ")}`);
    });
  }
  return parts.join(" ");
}

/** The same strokes in a canvas of another size. */
function scaled(strokes, x, y) {
  return strokes.map((stroke) => ({
    ...stroke,
    points: stroke.points.map((point) => ({ ...point, x: point.x * x, y: point.y * y })),
  }));
}

export function setUpSignature(form) {
  const place = form.querySelector("[data-signature]");
  const canvas = place.querySelector("canvas");
  const field = form.elements.signature;
  place.hidden = false;
  form.querySelector("[data-no-script]").hidden = true;

  const pad = new SignaturePad(canvas, { minWidth: 1, maxWidth: 2.4, minDistance: 3 });
  let size = null;

  function fit() {
    const box = canvas.getBoundingClientRect();
    // It has no size while the paper form is chosen; what was drawn is kept until it has one again.
    if (!box.width || (size && size.width === box.width)) return;
    const strokes = pad.toData();
    const ratio = Math.max(window.devicePixelRatio || 1, 1);
    canvas.width = box.width * ratio;
    canvas.height = box.height * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.penColor = getComputedStyle(canvas).color;
    pad.clear();
    if (size) pad.fromData(scaled(strokes, box.width / size.width, box.height / size.height));
    size = { width: box.width, height: box.height };
  }

  function keep() {
    field.value = pad.isEmpty() || !size ? "" : pathOf(pad.toData(), size.width, size.height);
  }

  new ResizeObserver(fit).observe(canvas);
  fit();
  pad.addEventListener("endStroke", keep);
  place.querySelector("[data-clear]").addEventListener("click", () => {
    pad.clear();
    keep();
  });
  // What was drawn before an answer with an error is not in the canvas any more, and is signed again.
  field.value = "";

  const who = form.elements.signer;
  const name = form.elements.signer_name;
  const patientsName = name.defaultValue;
  form.addEventListener("change", (event) => {
    if (event.target.name !== "signer") return;
    if (who.value !== "patient" && name.value === patientsName) name.value = "";
    if (who.value === "patient" && !name.value) name.value = patientsName;
  });
}

const form = document.getElementById("consent");
if (form) setUpSignature(form);

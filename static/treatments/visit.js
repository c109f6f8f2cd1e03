// The vials' reconstitution and the visit's details: fields that one press fills. What is saved, the form's own saving does.

const form = document.getElementById("charting");
const visit = form.querySelector(".visit");
const opened = Date.now();
const siteThen = new Date(`${visit.dataset.siteNow}Z`).getTime();

// The site's clock, not the browser's: the page brought the one, the other only says how much time went by.
const siteNow = () => new Date(siteThen + Date.now() - opened).toISOString().slice(0, 16);

function put(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function reconstitute(which) {
  for (const row of form.querySelectorAll("[data-vial]")) {
    if (which && row.dataset.vial !== which) continue;
    const field = (name) => row.querySelector(`[name$="-${name}"]`);
    if (field("at").value) continue;
    field("diluent").value ||= "saline";
    field("ml").value ||= row.dataset.ml;
    put(field("at"), siteNow());
  }
}

// Who is named for one vial has mostly made the others ready too: those still to be reconstituted follow.
form.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-vial] [name$='-by']")) return;
  const others = [...form.querySelectorAll("[data-vial]")].filter((row) => !row.contains(target));
  for (const row of others) {
    if (!row.querySelector("[name$='-at']").value) row.querySelector("[name$='-by']").value = target.value;
  }
});

function press(name, value) {
  const radio = form.querySelector(`input[name="${name}"][value="${value}"]`);
  if (!radio || radio.checked) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

// "Same as last time" proposes guidance and numbing where none was chosen.
function propose({ guidance, guidance_reason: reason, numbing }) {
  const chosen = (name) => form.elements[name].value;
  if (chosen("guidance") === "none" && guidance !== "none") {
    press("guidance", guidance);
    if (!chosen("guidance_reason")) put(form.elements.guidance_reason, reason);
  }
  if (chosen("numbing") === "none") press("numbing", numbing);
}

// Before the page's own listener, which would post the whole form for a button it does not know.
form.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.now) put(document.getElementById(button.dataset.now), siteNow().slice(11));
    else if (button.name === "action" && button.value.startsWith("reconstitute")) {
      event.preventDefault();
      event.stopPropagation();
      reconstitute(button.value.split(":")[1]);
    } else if (button.dataset.plan) {
      const plan = JSON.parse(document.getElementById(button.dataset.plan).textContent);
      // A plan of another product is refused: nothing of it is taken.
      const { value } = form.elements.product;
      if (plan.visit && (value === "" || value === String(plan.product))) propose(plan.visit);
    }
  },
  { capture: true },
);

// A second press takes a choice back where none at all is an answer too.
let before = null;
visit.addEventListener("pointerdown", (event) => {
  const radio = event.target.closest("[data-can-clear] label")?.querySelector("input");
  before = radio?.checked ? radio : null;
});
visit.addEventListener("click", (event) => {
  if (event.target !== before) return;
  before.checked = false;
  before.dispatchEvent(new Event("change", { bubbles: true }));
  before = null;
});

visit.addEventListener("change", (event) => {
  const note = form.elements.aftercare_note;
  if (event.target === form.elements.aftercare_given && event.target.checked && !note.value) put(note, visit.dataset.aftercare);
});

// --- the in-use clock

function left(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const words = [hours ? `${hours} h` : "", hours < 2 && (rest || !hours) ? `${rest} min` : ""].filter(Boolean).join(" ");
  return milliseconds < 0 ? `over for ${words}` : `${words} left`;
}

setInterval(() => {
  for (const tag of form.querySelectorAll("[data-use-by]")) {
    const still = Number(tag.dataset.useBy) * 1000 - Date.now();
    tag.querySelector("[data-left]").textContent = left(still);
    tag.classList.toggle("tag-alert", still < 0);
  }
}, 20_000);

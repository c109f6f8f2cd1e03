// One press signs: a second one while the first is under way is ignored here, and by the server.

import { guardLeaving } from "./leaving.js";
import { forget } from "./reasons.js";

const form = document.getElementById("signing");
const told = document.getElementById("signing-told");

form.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
});
guardLeaving(form, {
  going: () => {
    told.hidden = true;
    forget();
  },
  held: () => (told.hidden = false),
});
form.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) form.dataset.sent = "true";
});
addEventListener("pageshow", () => delete form.dataset.sent);

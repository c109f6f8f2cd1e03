// The reasons typed on the review: kept, encrypted like an unsaved draft, while the session is corrected and reviewed again.

import { Kept } from "./kept.js";

const form = document.getElementById("signing");
const fields = () => [...form.querySelectorAll("input[name^='reason:']")];
const kept = new Kept(`${form.dataset.draft}-reasons`, form.dataset.draftKey);
let reasons = {};

function keep() {
  for (const field of fields()) reasons[field.name] = field.value;
  kept.keep({ at: Date.now(), contents: reasons });
}

/** Signed or not, this is what the server has now; a refusal brings it back in its fields. */
export function forget() {
  kept.drop();
}

form.addEventListener("input", keep);

kept.newest(new Set()).then((entry) => {
  // What was typed while that was read counts.
  const typed = fields().some((field) => field.value !== "");
  reasons = entry?.contents ?? {};
  for (const field of fields()) field.value ||= reasons[field.name] ?? "";
  if (entry && entry.tab !== kept.tab) kept.drop(entry.tab);
  if (entry || typed) keep();
});

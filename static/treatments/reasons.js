// The reasons typed on the review: kept, encrypted like an unsaved draft, while the session is corrected and reviewed again.

import { Kept } from "./kept.js";

const form = document.getElementById("signing");
const fields = () => [...form.querySelectorAll("input[name^='reason:']")];
const kept = new Kept(`${form.dataset.draft}-reasons`, form.dataset.draftKey);
let reasons = {};
let keeping = Promise.resolve();

function keep() {
  for (const field of fields()) reasons[field.name] = field.value;
  keeping = kept.keep({ at: Date.now(), contents: reasons });
}

/** Signed or not, this is what the server has now; a refusal brings it back in its fields. */
export function forget() {
  kept.drop();
}

form.addEventListener("input", keep);

// Keeping takes a moment: a link followed in that moment waits for it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]:not([target], [download])");
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!link || kept.safe || elsewhere || event.defaultPrevented) return;
  event.preventDefault();
  keeping.finally(() => location.assign(link.href));
});

kept.newest(new Set()).then((entry) => {
  // What was typed while that was read counts.
  const typed = fields().some((field) => field.value !== "");
  reasons = entry?.contents ?? {};
  for (const field of fields()) field.value ||= reasons[field.name] ?? "";
  if (entry && entry.tab !== kept.tab) kept.drop(entry.tab);
  if (entry || typed) keep();
  form.classList.add("is-live");
});

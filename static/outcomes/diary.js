// A month of the diary by keyboard: a digit goes on to the next day, m, d and h belong to the day, arrows move.

function drive(form) {
  const keys = [...form.querySelectorAll("[data-diary-key]")];
  const row = (input) => input.closest("tr");
  const box = (input, part) => row(input).querySelector(`[name^="${part}_"]`);

  function go(input, step) {
    const next = keys[keys.indexOf(input) + step];
    if (next) {
      next.focus();
      next.select();
    }
  }

  form.addEventListener("keydown", (event) => {
    const input = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (input.name?.startsWith("hours_") && event.key === "Enter") {
      event.preventDefault();
      const own = row(input).querySelector("[data-diary-key]");
      go(own, 1);
      return;
    }
    if (!("diaryKey" in (input.dataset ?? {}))) return;
    const key = event.key.toLowerCase();
    if (key === "arrowdown" || key === "enter") {
      event.preventDefault();
      go(input, 1);
    } else if (key === "arrowup") {
      event.preventDefault();
      go(input, -1);
    } else if (key === "m" || key === "d") {
      event.preventDefault();
      const ticked = box(input, key === "m" ? "migraine" : "drug");
      ticked.checked = !ticked.checked;
    } else if (key === "h") {
      event.preventDefault();
      box(input, "hours").focus();
    } else if ("0123y".includes(key)) {
      event.preventDefault();
      input.value = key;
      // A day without headache is done; one with a headache may still get its migraine, drug and hours.
      if (key === "0") go(input, 1);
    }
  });
  form.querySelector("[data-diary-keys]").hidden = false;
}

for (const form of document.querySelectorAll("[data-diary]")) drive(form);

// Puts each message of the server beside the field it is about.

/** @param list the element whose li[data-for] name a field of the form */
export function showErrors(form, list) {
  form.querySelectorAll(".live-error").forEach((old) => {
    const owner = document.getElementById(old.dataset.of);
    owner?.removeAttribute("aria-invalid");
    owner?.removeAttribute("aria-describedby");
    owner?.classList.remove("is-invalid");
    old.remove();
  });
  // Those that came with the page: the list has what is still wrong of them.
  for (const old of form.querySelectorAll(".field-error:not([data-charting])")) {
    if (!old.closest("template, #shorthand-preview")) old.remove();
  }
  for (const field of form.querySelectorAll("[aria-invalid=true]:not([name=shorthand])")) {
    field.removeAttribute("aria-invalid");
    field.classList.remove("is-invalid");
    if (field.getAttribute("aria-describedby")?.endsWith("_error")) field.removeAttribute("aria-describedby");
  }
  for (const item of list?.querySelectorAll("li[data-for]") ?? []) {
    const field = form.elements[item.dataset.for];
    if (!field?.after) continue;
    const note = document.createElement("p");
    note.className = "field-error live-error";
    note.id = `${field.id}-error`;
    note.dataset.of = field.id;
    note.textContent = item.textContent;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", note.id);
    field.classList.add("is-invalid");
    (field.closest(".stepper") ?? field).after(note); // beside its buttons, which stay where they are
    const folded = field.closest("details");
    if (folded) folded.open = true;
  }
}

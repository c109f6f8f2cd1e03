// "All said" ticks what the patient was told, without sending the form.

const button = document.querySelector("[data-all-said]");

button?.addEventListener("click", (event) => {
  event.preventDefault();
  for (const box of document.querySelectorAll("input[data-told]")) {
    box.checked = true;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

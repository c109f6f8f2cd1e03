// "All said" ticks what the patient was told, without sending the form; leaving with something typed is asked about.

const button = document.querySelector("[data-all-said]");

button?.addEventListener("click", (event) => {
  event.preventDefault();
  for (const box of document.querySelectorAll("input[data-told]")) {
    box.checked = true;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

const form = document.querySelector("[data-evaluation]");
let typed = form?.querySelector(".is-invalid") !== null; // it came back with what was typed
form?.addEventListener("input", () => (typed = true));
form?.addEventListener("change", () => (typed = true));
form?.addEventListener("submit", () => (typed = false));
addEventListener("beforeunload", (event) => typed && event.preventDefault());

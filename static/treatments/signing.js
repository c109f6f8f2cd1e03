// One press signs: a second one while the first is under way is ignored here, and by the server.

document.getElementById("signing")?.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "true";
});
addEventListener("pageshow", () => delete document.getElementById("signing")?.dataset.sent);

// Notices can be put away, and a request that fails says so instead of doing nothing.

const WORDS = {
  0: "No connection. Nothing was changed; try again.",
  403: "You may not do this.",
  404: "This is no longer here. Reload the page.",
  409: "Someone changed this in the meantime. Reload the page.",
  503: "Cadence cannot reach its data for a moment. Nothing is lost, and what you typed is still here. Try again.",
  429: "Too many requests. Wait a minute and try again.",
};

export function wordsFor(status) {
  return WORDS[status] ?? "Something went wrong. Nothing was changed; try again.";
}

export function addClose(notice) {
  if (notice.querySelector(".notice-close")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "notice-close";
  button.textContent = "×";
  button.setAttribute("aria-label", "Dismiss");
  button.addEventListener("click", () => notice.remove());
  notice.append(button);
}

export function setUpNotices(root) {
  const place = root.querySelector(".notices");
  if (!place) return;
  place.querySelectorAll(".notice").forEach(addClose);

  function say(words) {
    const notice = document.createElement("div");
    notice.className = "notice notice-stop";
    notice.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = words;
    notice.append(text);
    addClose(notice);
    place.querySelector(".is-request-error")?.remove();
    notice.classList.add("is-request-error");
    place.append(notice);
  }

  root.addEventListener("htmx:sendError", () => say(wordsFor(0)));
  root.addEventListener("htmx:timeout", () => say(wordsFor(0)));
  root.addEventListener("htmx:responseError", (event) => say(wordsFor(event.detail.xhr.status)));
}

setUpNotices(document);

// Keys of the whole site: `/` goes to the search box; `g` and then a letter goes to a page of the rail; Ctrl+Enter presses
// the page's next step, the button marked data-next.

const LETTER_WAIT_MS = 1200;

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
}

export function setUpKeys(root) {
  let waitsUntil = 0;

  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== "Enter" || event.repeat || event.target.closest("dialog[open]")) return;
      const next = root.querySelector("[data-next]:not(:disabled)");
      if (!next) return;
      event.preventDefault();
      next.click();
      return;
    }
    if (isTyping(event.target)) return;
    if (event.key === "/") {
      const box = root.querySelector("form.search input[type=search]");
      if (!box) return;
      box.focus();
      box.select();
      event.preventDefault();
    } else if (event.key === "g") {
      waitsUntil = event.timeStamp + LETTER_WAIT_MS;
    } else if (event.timeStamp < waitsUntil) {
      waitsUntil = 0;
      root.querySelector(`.rail a[data-key="${CSS.escape(event.key)}"]`)?.click();
    }
  });
}

setUpKeys(document);

// Keys of the whole site: `/` goes to the search box; `g` and then a letter goes to a page of the rail.

const LETTER_WAIT_MS = 1200;

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
}

export function setUpKeys(root) {
  let waitsUntil = 0;

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
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

// A menu is a <details>; this closes it on Esc, on a press outside, and when focus leaves it.

export function setUpMenus(root) {
  const opened = () => root.querySelectorAll("details.menu[open]");

  root.addEventListener("pointerdown", (event) => {
    for (const menu of opened()) if (!menu.contains(event.target)) menu.open = false;
  });
  // A press on words in the menu gives the focus to what is around it, the page's content: that leaves nothing.
  root.addEventListener("focusin", ({ target }) => {
    for (const menu of opened()) if (!menu.contains(target) && !target.contains(menu)) menu.open = false;
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of opened()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

setUpMenus(document);

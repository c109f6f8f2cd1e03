// One key for what a session needs most: 1 to 9 place a protocol, l the same as last time, v picks the vials with the
// least waste, b says that the last session did good. Ctrl+Enter, the key of the whole site, goes on to signing.

const PROTOCOLS = "#protocol-buttons [data-plan]:not([value=last-time])";
const BUTTONS = {
  l: "#protocol-buttons [value=last-time]",
  v: "[value=suggest-vials]",
  b: "[name=last_response][value=good]",
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
  if (event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, dialog[open]")) return;
  const button = /^[1-9]$/.test(event.key)
    ? document.querySelectorAll(PROTOCOLS)[Number(event.key) - 1]
    : document.querySelector(BUTTONS[event.key] ?? "none");
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});

// One key for what a session needs most: 1 to 9 place a protocol, l the same as last time, v picks the vials with the
// least waste, b says that the last session did good. t leads to the table, h to the shorthand, Escape out of either.
// Ctrl+Enter, the key of the whole site, goes on to signing.

const PROTOCOLS = "#protocol-buttons [data-plan]:not([value=last-time])";
const BUTTONS = {
  l: "#protocol-buttons [value=last-time]",
  v: "[value=suggest-vials]",
  b: "[name=last_response][value=good]",
};

// The last site of the table; while there is none, where one is added.
const FIELDS = { t: "[data-site]:last-child [data-field=units], [name=add-muscle]", h: "[name=shorthand]" };

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches?.("[data-field], .add-site *, [name=shorthand]")) event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
  if (event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, dialog[open]")) return;
  const field = document.querySelector(FIELDS[event.key] ?? "none");
  if (field) {
    event.preventDefault();
    field.focus();
    field.select?.();
    return;
  }
  const button = /^[1-9]$/.test(event.key)
    ? document.querySelectorAll(PROTOCOLS)[Number(event.key) - 1]
    : document.querySelector(BUTTONS[event.key] ?? "none");
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});

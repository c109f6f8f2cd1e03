// Signing out leaves nothing of a patient in this browser: see treatments/kept.js for what else would.

addEventListener("submit", (event) => {
  if (!event.target.matches?.('form[action$="/logout/"]')) return;
  for (const store of [localStorage, sessionStorage]) {
    for (const name of Object.keys(store)) if (name.startsWith("cadence:")) store.removeItem(name);
  }
});

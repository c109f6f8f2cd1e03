// Says in words why a passkey did not work; the talking with the device is allauth's.

const WORDS = {
  NotAllowedError: "The passkey was not used: it was cancelled, or took too long. Try again.",
  InvalidStateError: "This device holds a passkey of yours already.",
  SecurityError: "Passkeys do not work at this address. Open Cadence by its proper name, with https.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.getElementById("passkey-problem");
  said.textContent = WORDS[event.detail.exception?.name] ?? "The passkey could not be used. Try again, or use a code.";
  said.hidden = false;
});

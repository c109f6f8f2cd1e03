// A press that leaves the page waits for the server: without one the browser would show its own page, and this one is gone.

const PATIENCE = 5000; // ms

/** Whether the server answers. */
export async function reachable() {
  try {
    await fetch("/health/", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    return true;
  } catch {
    return false;
  }
}

/**
 * Let the form go only when `ready` says so and the server answers; `held` is called when it does not answer, `going`
 * just before the form goes.
 */
export function guardLeaving(form, { held, ready = () => true, going = () => {} }) {
  let asking = false;
  let through = false;
  form.addEventListener("submit", async (event) => {
    if (through) {
      through = false;
      return;
    }
    event.preventDefault();
    if (asking) return; // pressed twice
    asking = true;
    const may = await ready();
    const answers = may && (await reachable());
    asking = false;
    if (!may) return;
    if (!answers) {
      held();
      return;
    }
    going();
    through = true;
    form.requestSubmit(event.submitter);
  });
}

// An answer to a question waits on the page while there is no line: the patient is told, and it is sent again by itself.
// Without this script the form is sent as any other. Nothing is kept on the device.

const AGAIN = 3000; // ms until the next try, where the browser does not say that the line is back

const lineBack = () =>
  new Promise((done) => {
    const timer = setTimeout(done, AGAIN);
    window.addEventListener("online", () => (clearTimeout(timer), done()), { once: true });
  });

/** What the server answers, however long it takes until there is a line; a server that is not well is asked again. */
async function answered(form, body) {
  const waiting = form.querySelector("[data-waiting]");
  for (;;) {
    try {
      const response = await fetch(form.action, { method: "POST", body });
      if (response.status < 500) return { at: response.url, text: await response.text() };
    } catch {
      // no line
    }
    waiting.hidden = false;
    await lineBack();
  }
}

/** The page that came stands in place of this one, as if the browser had sent the form. */
function show({ at, text }) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (!main) return location.assign(at);
  document.documentElement.lang = page.documentElement.lang;
  document.title = page.title;
  document.querySelector("main").replaceWith(document.adoptNode(main));
  if (at !== location.href) history.pushState(null, "", at);
  scrollTo(0, 0);
  main.focus();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-ask]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  event.submitter?.setAttribute("aria-current", "true");
  const body = new URLSearchParams(new FormData(form));
  if (event.submitter?.name) body.append(event.submitter.name, event.submitter.value);
  show(await answered(form, body));
});

window.addEventListener("popstate", () => location.reload());

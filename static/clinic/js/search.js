// The one search box: asks while you type, arrow keys choose, Enter opens, Esc closes.
// Without this script the form is sent and answers with a page. The words go in the body, never in the address.

const WAIT_MS = 160;

export function setUpSearch(form) {
  const input = form.querySelector("input[type=search]");
  const list = form.querySelector("[role=listbox]");
  const status = form.querySelector("[role=status]");
  let options = [];
  let chosen = -1;
  let timer = 0;
  let asked = null;

  function close() {
    clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    chosen = -1;
  }

  function choose(index) {
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    const option = options[index];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function show(found) {
    options = found.map((patient, index) => drawOption(patient, index));
    list.replaceChildren(...options);
    list.hidden = options.length === 0;
    input.setAttribute("aria-expanded", String(options.length > 0));
    status.textContent = words(options.length);
    choose(options.length ? 0 : -1);
  }

  async function ask() {
    const words = input.value.trim();
    asked?.abort();
    if (!words) return close();
    asked = new AbortController();
    form.classList.add("is-asking");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        signal: asked.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      show((await answer.json()).results);
    } catch (error) {
      if (error.name === "AbortError") return;
      close();
      status.textContent = "Search is not answering. Press Enter to try again.";
    } finally {
      form.classList.remove("is-asking");
    }
  }

  function open(option) {
    if (option) window.location.assign(option.dataset.url);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("focus", () => {
    if (options.length && input.value.trim()) show(options.map((option) => option.patient));
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      close();
      event.preventDefault();
    } else if (list.hidden) {
      return;
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((chosen + step + options.length) % options.length);
      event.preventDefault();
    } else if (event.key === "Enter" && chosen >= 0) {
      open(options[chosen]);
      event.preventDefault();
    }
  });
  // mousedown, not click: the box would lose focus, and the list with it, before the click came.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    open(event.target.closest("[role=option]"));
  });
  input.addEventListener("blur", close);
}

function drawOption(patient, index) {
  const option = document.createElement("li");
  option.id = `search-option-${index}`;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  option.dataset.url = patient.url;
  option.patient = patient;
  for (const part of ["name", "detail"]) {
    const text = document.createElement("span");
    text.className = part;
    text.textContent = patient[part] ?? "";
    option.append(text);
  }
  return option;
}

function words(count) {
  if (count === 0) return "No patient found";
  return count === 1 ? "1 patient" : `${count} patients`;
}

const form = document.querySelector("form.search");
if (form) setUpSearch(form);

// The screening on one page: "All no" without a round trip, y, n and u as keys, and how many have an answer.

const KEYS = { n: "no", y: "yes", u: "unsure" };

export function setUpScreening(form) {
  const questions = [...form.querySelectorAll(".ask")];
  const count = form.querySelector("[data-count]");
  const radios = (question) => [...question.querySelectorAll("input[type=radio]")];
  const answered = (question) => radios(question).some((radio) => radio.checked);

  function choose(question, value) {
    const radio = radios(question).find((each) => each.value === value);
    if (radio) radio.checked = true;
    question.classList.remove("is-missing");
    return radio;
  }

  function tell() {
    const done = questions.filter(answered).length;
    count.hidden = false;
    count.textContent = `${done} of ${questions.length} answered`;
  }

  /** The focus goes to the chosen answer of a group, or to its first. */
  function focusOn(question) {
    const all = radios(question);
    (all.find((radio) => radio.checked) ?? all[0]).focus();
  }

  document.querySelector(`button[form="${form.id}"][name=rest]`)?.addEventListener("click", (event) => {
    event.preventDefault();
    questions.filter((question) => !answered(question)).forEach((question) => choose(question, "no"));
    tell();
    form.querySelector(".form-actions .btn-primary").focus();
  });

  form.addEventListener("change", (event) => {
    event.target.closest(".ask")?.classList.remove("is-missing");
    tell();
  });

  form.addEventListener("keydown", (event) => {
    const value = KEYS[event.key.toLowerCase()];
    if (!value || event.target.type !== "radio" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const question = event.target.closest(".ask");
    choose(question, value);
    tell();
    // What a yes is about is worth a note; a no goes on.
    if (value === "no") {
      const next = questions[questions.indexOf(question) + 1];
      if (next) focusOn(next);
      else form.querySelector(".form-actions .btn-primary").focus();
    } else {
      question.querySelector("input[type=text]").focus();
    }
  });

  tell();
  const missing = form.querySelector(".is-missing");
  if (missing) focusOn(missing);
}

const form = document.getElementById("screening");
if (form) setUpScreening(form);

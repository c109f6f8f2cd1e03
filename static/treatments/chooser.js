// For which course of the visit a tap on a map is. The course whose map it is decides; on a map of several courses the one
// being worked on, pressed above the map; and where that does not tell, the person is asked at the point.

const REMEMBERED = "cadence:course:"; // sign-out clears it (clinic/js/sign_out.js)
const GAP = 10; // px between the point and the question
const EDGE = 8; // px to the edge of the screen

export class CourseChooser {
  #setup;
  #key;
  #worked; // {the courses of a group of maps, joined: the one being worked on}
  #groups;

  constructor(form, setup) {
    this.#setup = setup;
    this.#key = REMEMBERED + form.dataset.draft;
    this.#worked = JSON.parse(sessionStorage.getItem(this.#key) ?? "{}");
    this.#groups = [...form.querySelectorAll("[data-map-courses]")];
    for (const button of form.querySelectorAll("[data-work]")) {
      button.addEventListener("click", () => {
        const group = button.closest("[data-map-courses]").dataset.mapCourses;
        this.#work(group, this.#workedOn(group) === button.dataset.work ? null : button.dataset.work);
      });
    }
    this.#show();
  }

  /** The course a new site of the table goes to, where nobody can be asked: one being worked on, or the first. */
  usual(muscle) {
    const courses = this.#coursesOf(muscle);
    return courses.find((course) => Object.values(this.#worked).includes(course)) ?? courses[0] ?? "";
  }

  /** The course of a site placed on a map; a promise of it where the person is asked at `spot`, of null when it is refused. */
  courseFor({ muscle, side, view }, spot) {
    const group = this.#groups.find((maps) => maps.querySelector(`[data-canvas="${view}"]`))?.dataset.mapCourses ?? "";
    const shown = group.split(" ").filter(Boolean);
    const treating = this.#setup.coursesOf[muscle] ?? (shown.length ? shown : this.#setup.courses);
    const here = treating.filter((course) => shown.includes(course));
    const courses = here.length ? here : treating;
    if (courses.length < 2) return courses[0] ?? "";
    if (courses.includes(this.#workedOn(group))) return this.#workedOn(group);
    return this.#ask(courses, `${this.#setup.muscles[muscle]}, ${side}`, spot).then((course) => {
      if (course !== null) this.#work(group, course);
      return course;
    });
  }

  #coursesOf(muscle) {
    return this.#setup.coursesOf[muscle] ?? this.#setup.courses;
  }

  // A course that was taken out of the visit since is not remembered.
  #workedOn(group) {
    return this.#setup.courses.includes(this.#worked[group]) ? this.#worked[group] : null;
  }

  #work(group, course) {
    if (course === null) delete this.#worked[group];
    else this.#worked[group] = course;
    sessionStorage.setItem(this.#key, JSON.stringify(this.#worked));
    this.#show();
  }

  #show() {
    for (const maps of this.#groups) {
      const worked = this.#workedOn(maps.dataset.mapCourses);
      for (const button of maps.querySelectorAll("[data-work]")) {
        button.setAttribute("aria-pressed", String(button.dataset.work === worked));
      }
    }
  }

  #ask(courses, site, spot) {
    const dialog = document.createElement("dialog");
    dialog.className = "course-chooser";
    dialog.setAttribute("aria-label", `${site}: for which course?`);
    const question = document.createElement("p");
    question.textContent = `${site}, for`;
    dialog.append(question, ...courses.map((course, at) => this.#button(course, at)));
    document.body.append(dialog);
    return new Promise((answer) => {
      dialog.addEventListener("click", (event) => {
        const chosen = event.target.closest("[data-course]");
        // A press beside the question lands on the dialog itself, which has no edge of its own.
        if (chosen || event.target === dialog) dialog.close(chosen?.dataset.course ?? "");
      });
      dialog.addEventListener("keydown", (event) => walk(dialog, event));
      dialog.addEventListener("close", () => {
        dialog.remove();
        answer(dialog.returnValue || null);
      });
      dialog.showModal();
      put(dialog, spot);
    });
  }

  #button(course, at) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.course = course;
    const mark = document.createElement("span");
    mark.className = `course-mark group-${this.#setup.courses.indexOf(course) % 4}`;
    const key = document.createElement("kbd");
    key.textContent = at + 1;
    key.setAttribute("aria-hidden", "true");
    button.append(mark, this.#setup.courseNames[course], key);
    return button;
  }
}

// Arrows go from course to course, a digit takes one. Nothing of it reaches the page below, which has keys of its own.
function walk(dialog, event) {
  if (event.key === "Escape" || event.key === "Tab") return;
  event.stopPropagation();
  const buttons = [...dialog.querySelectorAll("[data-course]")];
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step) buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
  else if (/^[1-9]$/.test(event.key)) buttons[Number(event.key) - 1]?.click();
  else return;
  event.preventDefault();
}

// Below and right of the point, or where there is room.
function put(dialog, { x, y }) {
  const { width, height } = dialog.getBoundingClientRect();
  const beside = (at, size, room) => (at + GAP + size + EDGE <= room ? at + GAP : Math.max(EDGE, at - GAP - size));
  dialog.style.left = `${beside(x, width, innerWidth)}px`;
  dialog.style.top = `${beside(y, height, innerHeight)}px`;
}

// The questions about spread: "All no" in one press, and the emergency words as soon as an answer calls for them.

const yes = (row) => row.querySelector('input[value="yes"]')?.checked;

function follow(block) {
  const rows = [...block.querySelectorAll(".spread-row")];
  const danger = block.querySelector("[data-spread-danger]");
  const allNo = block.querySelector("[data-spread-all-no]");
  const form = block.closest("form");
  let marked = false;

  function show() {
    danger.hidden = !rows.some((row) => "spreadEmergency" in row.dataset && yes(row));
    const red = rows.some((row) => "spreadRed" in row.dataset && yes(row));
    if (red && !marked) {
      // A marked answer is an adverse event: the question below need not be answered again.
      form.querySelector('input[name="adverse_event"][value="yes"]')?.click();
    }
    marked = red;
  }

  allNo.hidden = false;
  allNo.addEventListener("click", () => {
    for (const row of rows) row.querySelector('input[value="no"]').checked = true;
    show();
  });
  block.addEventListener("change", show);
  marked = rows.some((row) => "spreadRed" in row.dataset && yes(row));
}

for (const block of document.querySelectorAll("[data-spread]")) follow(block);

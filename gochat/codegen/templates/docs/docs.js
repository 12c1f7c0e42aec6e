// Filters the start page while one types. Without it the page shows everything.
const field = document.querySelector("#find");
const count = document.querySelector("output");
field.closest(".find").hidden = false;

function find() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const row of document.querySelectorAll(".row")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    found += row.hidden ? 0 : 1;
  }
  for (const part of document.querySelectorAll("section")) {
    const rows = part.querySelectorAll(".row");
    part.hidden = words.length > 0 && [...rows].every((row) => row.hidden);
    for (const table of part.querySelectorAll(".wide")) {
      const isEmpty = [...table.querySelectorAll(".row")].every((row) => row.hidden);
      table.hidden = isEmpty;
      if (table.previousElementSibling?.tagName === "H3") table.previousElementSibling.hidden = isEmpty;
    }
  }
  count.textContent = words.length === 0 ? "" : `${found} found`;
}

field.addEventListener("input", find);
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
});

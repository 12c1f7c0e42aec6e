// Leads the skip link to Redoc's own content: its router would take a fragment of the address for a page of its own.
for (const link of document.querySelectorAll(".skip")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const place = document.querySelector("redoc main") ?? document.querySelector("#content");
    place.tabIndex = -1;
    place.focus();
  });
}

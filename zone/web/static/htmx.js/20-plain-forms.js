// What could not be done in place is sent again as a plain form, and the browser shows the answer.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => event.detail.elt.closest("form")?.submit());
}

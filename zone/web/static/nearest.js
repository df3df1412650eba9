/* The campuses by their distance, when the reader asks for it. Where they are is used here and sent nowhere; without this
   script, or where the browser does not say it, the list stays by name. */
const nearest = document.getElementById("nearest");
const list = document.querySelector(".campuses");

/** Kilometres between two points, each latitude and longitude, on a globe. */
function kilometres([lat1, lon1], [lat2, lon2]) {
  const rad = Math.PI / 180;
  const a = Math.sin((lat2 - lat1) * rad / 2) ** 2
    + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin((lon2 - lon1) * rad / 2) ** 2;
  return 12742 * Math.asin(Math.sqrt(a));
}

function sort({ coords }) {
  const here = [coords.latitude, coords.longitude];
  const distance = (campus) =>
    campus.dataset.position ? kilometres(here, campus.dataset.position.split(",").map(Number)) : Infinity;
  const sorted = [...list.children].map((campus) => [distance(campus), campus]).sort(([a], [b]) => (a === b ? 0 : a - b));
  list.append(...sorted.map(([, campus]) => campus));
  say("done");
}

function say(what) {
  const said = nearest.querySelector("[role=status]");
  said.textContent = said.dataset[what];
}

if (nearest && isSecureContext && navigator.geolocation && list.querySelectorAll("[data-position]").length > 1) {
  nearest.hidden = false;
  nearest.querySelector("button").addEventListener("click", () =>
    navigator.geolocation.getCurrentPosition(sort, () => say("failed"), { timeout: 10000, maximumAge: 600000 }));
}

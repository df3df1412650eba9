/* Single keys, outside of fields only; they can be switched off. Enter is the link or button in focus, as everywhere.

   A scanner types a code as fast keys and ends with Enter. Wherever the focus is, the code goes to the search: it must
   not press a key of the page or the button in focus. */
const FIELDS = "input, select, textarea";
const SCAN_MS = 80;
const SWITCH = "zone-desk-keys";

const search = document.getElementById("search-words");
const help = document.getElementById("key-help");
const keysOn = document.getElementById("keys-on");
let burst = "";
let lastKeyAt = 0;
let waiting = 0;

function moveTo(step, event) {
  const all = cards();
  const here = all.findIndex((card) => card === document.activeElement);
  const from = here >= 0 ? here : all.findIndex((card) => card.ariaCurrent);
  const next = all[from < 0 ? 0 : from + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function close(event) {
  const open = document.querySelector("details.act[open], details.chip-menu[open]");
  if (event.target.closest(FIELDS)) {
    event.target.blur();
  } else if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (document.getElementById("pn")) {
    location.assign("/desk");
  }
}

function searchFor(words, event) {
  event.preventDefault();
  search.focus();
  search.value = words;
}

function typed(event) {
  const isFast = event.timeStamp - lastKeyAt < SCAN_MS;
  lastKeyAt = event.timeStamp;
  burst = isFast ? burst + event.key : event.key;
  clearTimeout(waiting);
  if (burst.length > 1) searchFor(burst, event);
  else if (keysOn.checked && event.key === "/") searchFor(search.value, event);
  else if (keysOn.checked && event.key === "?") help.showModal();
  else if (keysOn.checked && event.key.toLowerCase() === "h") {
    waiting = setTimeout(() => document.querySelector("form.handled button")?.click(), SCAN_MS);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || help.open) return;
  if (event.key === "Escape" && keysOn.checked) close(event);
  else if (event.key === "/" && keysOn.checked && event.target === search && !search.value) {
    event.preventDefault(); // the key that leads here, pressed here: no part of a name
  } else if (event.target.closest(FIELDS)) return;
  else if (event.key.length === 1) typed(event);
  else if (keysOn.checked && event.key === "ArrowDown") moveTo(1, event);
  else if (keysOn.checked && event.key === "ArrowUp") moveTo(-1, event);
});

function showKeys() {
  document.body.classList.toggle("with-keys", keysOn.checked);
}

keysOn.checked = localStorage.getItem(SWITCH) !== "off";
keysOn.addEventListener("change", () => {
  localStorage.setItem(SWITCH, keysOn.checked ? "on" : "off");
  showKeys();
});
/* The key that has opened the help is not the beginning of a code. */
help.addEventListener("close", () => { lastKeyAt = 0; });
document.querySelector("[data-keys=help]").addEventListener("click", () => help.showModal());
document.getElementById("keys").hidden = false;
showKeys();

/* Whoever comes from the list wants the act that solves it: it has the focus, and is read out with the refusal. Not
   whom a search has opened: a scanner may send Enter twice. */
const act = document.querySelector(".solves .btn.primary");
if (act && document.getElementById("pn").autofocus && !location.search.includes("found=")) {
  act.setAttribute("aria-describedby", "verdict");
  act.focus({ preventScroll: true });
}

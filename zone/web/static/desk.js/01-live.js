/* The desk. Keeps the left side fresh: asks for it every two seconds and puts it in the place of the old one. What is
   typed, focused or scrolled stays, and nothing else of the page moves.

   Without this script the page loads itself again every half minute. */
const EVERY_MS = 2000;
const LOST_MS = 10000;
/* A list under a moving pointer is left alone for a moment: the click would hit another person. */
const STILL_MS = 800;

const live = document.getElementById("live");
const dot = document.getElementById("livedot");
const clock = new Intl.DateTimeFormat("fi-FI", { timeZone: "Europe/Helsinki", hour: "numeric", minute: "2-digit" });
/* By the server's clock, as every other time of the page. */
const ahead = Date.parse(dot.dataset.now) - Date.now();

let version = "";
let answeredAt = Date.now();
let waitingSince = Date.now();
let pointerAt = 0;

live.addEventListener("pointermove", () => { pointerAt = Date.now(); });

function showState(isLost) {
  const [word, time] = [dot.querySelector(".word"), dot.querySelector("time")];
  const shown = [isLost ? dot.dataset.lost : dot.dataset.live, clock.format(answeredAt + ahead)];
  if (word.textContent !== shown[0] && (isLost || dot.classList.contains("lost"))) {
    document.getElementById("live-news").textContent = shown.join(" ");
  }
  [word.textContent, time.textContent] = shown;
  dot.classList.toggle("lost", isLost);
  document.getElementById("feed").classList.toggle("lost", isLost);
}

function putFresh(text) {
  const focused = live.contains(document.activeElement) ? document.activeElement : null;
  const place = focused ? cards().indexOf(focused) : -1;
  const scrolled = [...live.querySelectorAll(".denies, .ins")].map((box) => box.scrollTop);
  const before = document.getElementById("news").textContent;
  const wasChosen = live.querySelector(".deny[aria-current]");
  live.replaceChildren(document.createRange().createContextualFragment(text));
  live.querySelectorAll(".denies, .ins").forEach((box, number) => { box.scrollTop = scrolled[number] ?? 0; });
  if (focused) {
    const same = focused.id ? document.getElementById(focused.id) : linkLike(focused);
    (same || cards()[place] || cards().at(-1) || document.getElementById("person")).focus({ preventScroll: true });
  }
  const now = document.getElementById("news").textContent;
  if (now !== before) document.getElementById("live-news").textContent = now;
  if (wasChosen && !live.querySelector(".deny[aria-current]")) showSettled();
}

/* Not every link has an id: one that leads to the same place is the same. */
function linkLike(old) {
  return [...live.querySelectorAll("a")].find((link) => link.href === old.href);
}

function showSettled() {
  const verdict = document.getElementById("verdict");
  if (!verdict) return;
  verdict.classList.add("ok");
  verdict.querySelector("h3").textContent = verdict.dataset.settled;
  document.getElementById("live-news").textContent = verdict.dataset.settled;
}

function cards() {
  return [...live.querySelectorAll("a.deny")];
}

async function refresh() {
  const answer = await fetch(live.dataset.from, {
    headers: { Accept: "text/html", "If-None-Match": version },
    cache: "no-store",
    signal: AbortSignal.timeout(LOST_MS / 2),
  });
  if (answer.status !== 304) {
    if (!answer.ok) return;
    const text = await answer.text();
    if (Date.now() - pointerAt < STILL_MS) return;
    version = answer.headers.get("ETag");
    putFresh(text);
  }
  answeredAt = waitingSince = Date.now();
  showState(false);
}

async function keepFresh() {
  try {
    if (!document.hidden) await refresh();
  } catch (error) {
    // No network, or no answer in time: what is there stays, and it is asked for again.
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
  }
  setTimeout(keepFresh, EVERY_MS);
}

document.addEventListener("visibilitychange", () => { waitingSince = Date.now(); });
setInterval(() => {
  if (!document.hidden && Date.now() - waitingSince > LOST_MS) showState(true);
}, 1000);
showState(false);
setTimeout(keepFresh, EVERY_MS);

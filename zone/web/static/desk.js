/* Keeps the live doors fresh: asks for their part of the page again, and puts it in the place of the old one.

   Without this script the page loads itself again every half minute. Whoever is on a control of that part keeps the
   focus, since its id is the same in the new one. */
const EVERY_MS = 5000;
const live = document.getElementById("live");
const news = document.getElementById("live-news");

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(live.dataset.from, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const text = await answer.text();
  const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
  const before = document.getElementById("news").textContent;
  live.replaceChildren(document.createRange().createContextualFragment(text));
  if (focused) document.getElementById(focused)?.focus();
  const now = document.getElementById("news").textContent;
  if (now !== before) news.textContent = now;
}

async function keepFresh() {
  try {
    await refresh();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no network: what is there stays, and it is asked again
  }
  setTimeout(keepFresh, EVERY_MS);
}

setTimeout(keepFresh, EVERY_MS);

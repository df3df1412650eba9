/* Buttons that copy an address. Without this script they stay hidden, and the address is copied by hand. */
const said = document.getElementById("copied");
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard.writeText(button.dataset.copy).then(() => true, () => false);
    const bar = document.createElement("div");
    bar.className = "undo";
    bar.append(document.createElement("p"));
    bar.firstChild.textContent = copied ? said.dataset.done : said.dataset.failed;
    said.replaceChildren(bar);
  });
}

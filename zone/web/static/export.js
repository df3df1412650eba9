// Downloads an export and shows how far it is; without this file the form downloads by itself.
const shown = (status, done, all) => {
  status.textContent = status.dataset.of.replace("{done}", done).replace("{all}", all);
};

async function download(form) {
  const status = form.querySelector("[role=status]");
  const response = await fetch(`${form.action}?${new URLSearchParams(new FormData(form))}`);
  if (!response.ok) return form.submit(); // the page says what is wrong
  const [first, last] = ["first", "last"].map((name) => form.elements[name].valueAsNumber);
  const all = (last - first) / 86400000 + 1;
  const seen = new Set();
  const parts = [];
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    const lines = (rest + decoder.decode(part.value, { stream: true })).split("\r\n");
    rest = lines.pop();
    for (const line of lines) seen.add(line.slice(0, 10));
    shown(status, Math.min(seen.size, all), all);
  }
  shown(status, all, all);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  link.download = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition"))[1];
  link.click();
  URL.revokeObjectURL(link.href);
}

for (const form of document.querySelectorAll("form[data-export]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    download(form);
  });
}

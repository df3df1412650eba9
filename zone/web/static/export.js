// Downloads an export and shows how far it is; without this file the form downloads by itself.
const A_DAY = 86400000;
const shown = (status, done, all) => {
  status.textContent = status.dataset.of.replace("{done}", done).replace("{all}", all);
};

async function download(form) {
  const status = form.querySelector("[role=status]");
  const response = await fetch(`${form.action}?${new URLSearchParams(new FormData(form))}`);
  if (!response.ok) return form.submit(); // the page says what is wrong
  const [first, last] = ["first", "last"].map((name) => form.elements[name].valueAsNumber);
  const all = (last - first) / A_DAY + 1;
  const parts = [];
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    const lines = (rest + decoder.decode(part.value, { stream: true })).split("\r\n");
    rest = lines.pop();
    // In the order of their days. A day without a posting has no line.
    const day = Date.parse(lines.at(-1)?.slice(0, 10));
    if (day >= first) shown(status, (day - first) / A_DAY + 1, all);
  }
  shown(status, all, all);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  link.download = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition"))[1];
  link.click();
  URL.revokeObjectURL(link.href);
}

for (const form of document.querySelectorAll("form[data-export]")) {
  const status = form.querySelector("[role=status]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    download(form).catch(() => {
      status.textContent = status.dataset.failed;
    });
  });
}

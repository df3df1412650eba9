/* One less and one more beside a number field. Without this script the number is typed. */
for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const field = stepper.querySelector("input");
  for (const button of stepper.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      const number = Number.parseInt(field.value, 10) || 0;
      field.value = Math.min(999, Math.max(0, number + Number(button.dataset.step)));
    });
  }
}

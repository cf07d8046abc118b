// Recovery codes: copying and printing what is shown once.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const codes = [...document.querySelectorAll(button.dataset.copy)].map((code) => code.textContent);
    await navigator.clipboard.writeText(codes.join("\n"));
    button.textContent = button.dataset.done;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

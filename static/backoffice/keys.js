// Keys of a page: an element with data-key="a" is pressed by the key a; ? says which there are.

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  const open = document.querySelector("#modal-content")?.checkVisibility();
  if (writing || open || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.key === "?") {
    document.querySelector("[data-keys-help]")?.toggleAttribute("hidden");
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (target && target.getAttribute("aria-disabled") !== "true") {
    event.preventDefault();
    target.focus();
    target.click();
  }
});

// Keys of a page: an element with data-key="a" is pressed by the key a; ? lists them.

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable], dialog");
  const asking = document.querySelector("#modal-content")?.checkVisibility();
  if (writing || asking || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.key === "?") {
    help();
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (target && target.getAttribute("aria-disabled") !== "true") {
    event.preventDefault();
    target.focus();
    target.click();
  }
});

function help() {
  const own = document.querySelector("[data-keys-help]"); // a page may tell of keys that press no element
  if (own) {
    own.toggleAttribute("hidden");
    return;
  }
  const box = document.getElementById("keys-help");
  if (!box) {
    return; // a list tells its few keys on its buttons
  }
  const list = box.querySelector("dl");
  list.replaceChildren(...[...document.querySelectorAll("[data-key]")].flatMap(line));
  box.showModal();
}

function line(element) {
  const key = document.createElement("dt");
  const says = document.createElement("dd");
  key.append(Object.assign(document.createElement("kbd"), { textContent: element.dataset.key }));
  says.textContent = element.dataset.says ?? element.ariaLabel ?? spoken(element);
  return [key, says];
}

function spoken(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, [aria-hidden=true]").forEach((part) => part.remove());
  return copy.textContent.trim();
}

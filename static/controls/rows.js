// Rows of a form come and go without a round trip. Without this module the same buttons send the page.

let count = 0;

// "%new%" stands in the names of a blank row: once for its own place, and again inside for the rows it may get.
function number(root, token) {
  for (const each of root.querySelectorAll("*")) {
    for (const { name, value } of [...each.attributes]) {
      const mark = value.includes("%new%") ? "%new%" : "_new_";
      if (value.includes(mark)) each.setAttribute(name, value.replace(mark, token));
    }
    if (each instanceof HTMLTemplateElement) number(each.content, token);
  }
}

function add(button) {
  const list = button.closest("[data-rows]");
  const made = list.querySelector(":scope > template[data-blank]").content.cloneNode(true);
  count += 1;
  number(made, `n${count}`);
  const row = made.querySelector("[data-row]");
  list.querySelector("[data-into]").append(made);
  row.querySelector("input, select, textarea")?.focus();
}

function remove(button) {
  const row = button.closest("[data-row]");
  const list = row.closest("[data-rows]");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next?.querySelector("input, select, textarea") ?? list.querySelector(":scope > [data-add]")).focus();
}

document.querySelector("#policy-form")?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-remove]");
  if (!button) return;
  event.preventDefault();
  if (button.matches("[data-add]")) add(button);
  else remove(button);
});

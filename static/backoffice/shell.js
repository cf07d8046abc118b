// What unfold's templates say in Alpine expressions, registered as components: under the strict policy an expression
// may name what a component holds, and nothing global.

document.addEventListener("alpine:init", () => {
  const frame = window.theme;
  window.Alpine.data("theme", () => frame("auto"));
  window.Alpine.data("searchForm", window.searchForm);
  window.Alpine.data("searchCommand", palette);
  window.Alpine.data("shell", shell);
});

// A desk needs the width: there the sidebar starts closed, and is remembered apart.

function shell() {
  const desk = document.body.classList.contains("desk-page");
  const key = desk ? "sidebarAtTheDeskOpen" : "sidebarDesktopOpen";
  return {
    activeTab: "",
    sidebarMobileOpen: false,
    sidebarDesktopOpen: (localStorage.getItem(key) ?? (desk ? "0" : "1")) !== "0",
    init() {
      this.activeTab = window.getCurrentTab() || this.$el.dataset.tab || "";
    },
    toggleSidebar() {
      this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
      localStorage.setItem(key, this.sidebarDesktopOpen ? "1" : "0");
    },
    toggleMobileSidebar() {
      this.sidebarMobileOpen = !this.sidebarMobileOpen;
    },
  };
}

function palette() {
  const unfold = window.searchCommand();
  return {
    ...unfold,
    el: null,
    init() {
      this.el = document.getElementById("command-results");
    },
    isCurrent(number) {
      return this.currentIndex === number;
    },
    openItem(event) {
      if (this.items && this.items.length) {
        this.currentIndex = Math.max(this.currentIndex, 1);
        this.selectItem(false, event.metaKey || event.ctrlKey);
      }
    },
  };
}

// A dialog takes the focus when it opens, keeps it while it is open, and gives it back.

let before = null;

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "modal-content") {
    return;
  }
  before = document.activeElement;
  focusWhenShown(event.target);
});

function focusWhenShown(box) {
  if (box.checkVisibility()) {
    (box.querySelector("textarea, select, input:not([type=hidden])") ?? focusable(box)[0])?.focus();
  } else {
    requestAnimationFrame(() => focusWhenShown(box));
  }
}

// The sheet of filters does the same; it is in the page from the start.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens-filters]");
  if (button) {
    before = button;
    focusWhenShown(document.getElementById("changelist-filter"));
  }
});

document.addEventListener("keydown", (event) => {
  const boxes = ["modal-content", "changelist-filter"].map((id) => document.getElementById(id));
  const box = boxes.find((each) => each?.checkVisibility());
  if (event.key !== "Tab" || !box) {
    return;
  }
  const stops = focusable(box);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement === edge || !box.contains(document.activeElement)) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }
});

document.addEventListener("keyup", (event) => {
  if (event.key === "Escape" && before?.isConnected) {
    before.focus();
    before = null;
  }
});

function focusable(box) {
  return [...box.querySelectorAll("textarea, select, input:not([type=hidden]), button, a[href]")];
}

// Axes of charts in the colour of the page's text, also after the colours are switched.

function colourCharts() {
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--text-soft").trim();
  window.Chart.defaults.color = colour;
  for (const chart of Object.values(window.Chart.instances)) {
    chart.update();
  }
}

document.addEventListener("alpine:initialized", () => {
  colourCharts();
  new MutationObserver(colourCharts).observe(document.documentElement, { attributeFilter: ["class"] });
});

// A session ends while somebody types: what a dialog held is kept in this tab, for the same person, until it is opened
// again. Secrets never are.

const KEPT = "input:not([type=hidden], [type=password]), textarea, select";

function keptAs(form) {
  return `typed:${document.body.dataset.reader}:${form.getAttribute("action")}`;
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const form = event.detail.elt.closest?.("#dialog-form");
  if (form && event.detail.xhr.status === 401) {
    const typed = [...form.querySelectorAll(KEPT)].map((field) => [field.id, field.value, Boolean(field.checked)]);
    sessionStorage.setItem(keptAs(form), JSON.stringify(typed));
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const form = event.target.id === "modal-content" && event.target.querySelector("#dialog-form");
  const typed = form && sessionStorage.getItem(keptAs(form));
  if (!typed) {
    return;
  }
  sessionStorage.removeItem(keptAs(form));
  for (const [id, value, checked] of JSON.parse(typed)) {
    const field = document.getElementById(id);
    if (field && form.contains(field)) {
      field.checked = checked;
      field.value = value;
    }
  }
});

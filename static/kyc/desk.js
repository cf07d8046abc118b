// The desk of an application: pictures that zoom and turn, fields that light their place, checks by key.

const frames = [...document.querySelectorAll(".frame")];
const states = new Map(frames.map((frame) => [frame, { scale: 1, turns: 0, x: 0, y: 0 }]));
const current = () => document.querySelector(".frame[data-current]") ?? frames[0];

function choose(frame) {
  frames.forEach((each) => each.toggleAttribute("data-current", each === frame));
  document.querySelectorAll("[data-show]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.show === frame?.dataset.picture));
  });
}

// By its key or its button: the column scrolls to it.

function show(frame) {
  choose(frame);
  frame.scrollIntoView({ block: "nearest" });
}

function draw(frame) {
  const svg = frame.querySelector("svg");
  const [width, height] = [Number(svg.dataset.width), Number(svg.dataset.height)];
  const { scale, turns, x, y } = states.get(frame);
  const fit = turns % 2 ? Math.min(width / height, height / width) : 1;
  const place = `translate(${width / 2 + x} ${height / 2 + y}) rotate(${turns * 90}) scale(${scale * fit})`;
  svg.querySelector(".turned").setAttribute("transform", `${place} translate(${-width / 2} ${-height / 2})`);
}

function zoom(frame, factor) {
  const state = states.get(frame);
  state.scale = Math.min(8, Math.max(1, state.scale * factor));
  if (state.scale === 1) {
    state.x = state.y = 0;
  }
  draw(frame);
}

const deeds = {
  larger: (frame) => zoom(frame, 1.5),
  smaller: (frame) => zoom(frame, 1 / 1.5),
  turn(frame) {
    states.get(frame).turns = (states.get(frame).turns + 1) % 4;
    draw(frame);
  },
  invert: (frame) => frame.classList.toggle("inverted"),
  whole(frame) {
    Object.assign(states.get(frame), { scale: 1, turns: 0, x: 0, y: 0 });
    frame.classList.remove("inverted");
    draw(frame);
  },
  wide: (frame) => frame.parentElement.classList.toggle("one"),
  "next-check": () => step(1),
  "previous-check": () => step(-1),
  "next-picture": (frame) => show(beside(frame, 1)),
  "previous-picture": (frame) => show(beside(frame, -1)),
};

// The picture before or after, round the end; its button takes the focus, so that a screen reader says which.

function beside(frame, by) {
  const found = frames[(frames.indexOf(frame) + by + frames.length) % frames.length];
  document.querySelector(`[data-show="${found.dataset.picture}"]`)?.focus();
  return found;
}

function step(by) {
  const checks = [...document.querySelectorAll(".check > summary")];
  const at = checks.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : checks.length - 1) : (at + by + checks.length) % checks.length;
  checks[next].parentElement.open = true;
  checks[next].focus();
}

document.addEventListener("click", (event) => {
  const deed = event.target.closest("[data-do]");
  const shown = event.target.closest("[data-show]");
  const frame = event.target.closest(".frame");
  if (deed && (current() || deed.dataset.do.endsWith("check"))) {
    deeds[deed.dataset.do](current());
  } else if (shown) {
    show(frames.find((each) => each.dataset.picture === shown.dataset.show));
  } else if (frame) {
    choose(frame);
  } else if (event.target.closest("[data-toggle-keys]")) {
    document.querySelector("[data-keys-help]").toggleAttribute("hidden");
  }
});

// Dragging moves a picture that is larger than its frame; the wheel with Ctrl zooms it.

frames.forEach((frame) => {
  const svg = frame.querySelector("svg");
  svg.addEventListener("pointerdown", (event) => {
    choose(frame);
    if (states.get(frame).scale > 1) {
      svg.setPointerCapture(event.pointerId);
    }
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) {
      const unit = svg.dataset.width / svg.clientWidth;
      states.get(frame).x += event.movementX * unit;
      states.get(frame).y += event.movementY * unit;
      draw(frame);
    }
  });
  svg.addEventListener("wheel", (event) => {
    if (event.ctrlKey) {
      event.preventDefault();
      zoom(frame, event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }
  }, { passive: false });
});

// A field lights its place on the picture, a place its field.

for (const [on, off] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
  document.addEventListener(on, (event) => light(event.target, true));
  document.addEventListener(off, (event) => light(event.target, false));
}

function light(target, lit) {
  const name = target.closest?.("[data-field]")?.dataset.field;
  if (name) {
    document.querySelectorAll(`[data-field="${CSS.escape(name)}"]`).forEach((each) => each.classList.toggle("lit", lit));
  }
}

// A decision carries the digest of what this page showed, so that nobody decides on what changed behind it.

document.addEventListener("htmx:afterSwap", (event) => {
  const seen = event.target.querySelector?.("input[name=seen]");
  if (seen) {
    seen.value = document.getElementById("decide").dataset.seen;
  }
});

// How long the claim still holds.

const until = document.querySelector("[data-until]");

function count() {
  const minutes = Math.floor((new Date(until.dataset.until) - Date.now()) / 60000);
  until.textContent = minutes >= 1 ? `${minutes} min` : minutes === 0 ? "< 1 min" : "–";
  until.classList.toggle("ending", minutes < 3);
}

if (until) {
  count();
  setInterval(count, 10000);
}

choose(frames[0]);

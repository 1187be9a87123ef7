"use strict";
const search = document.getElementById("search");
const buttons = [...document.querySelectorAll("[data-show]")];
const rows = [...document.querySelectorAll("[data-verdict]")];
const groups = [...document.querySelectorAll("[data-group]")];
const count = document.getElementById("count");
let shown = "all";

function apply() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let visible = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const wanted = shown === "all" || row.dataset.verdict === shown;
    row.hidden = !(wanted && words.every((word) => text.includes(word)));
    if (!row.hidden && row.id && row.tagName === "TR") visible += 1;
  }
  for (const group of groups) {
    group.hidden = !group.querySelector("[data-verdict]:not([hidden])");
  }
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.show === shown));
  }
  count.textContent = `${visible} requirement${visible === 1 ? "" : "s"}`;
}

function show(what) {
  shown = what;
  apply();
}

function step(direction) {
  const findings = [...document.querySelectorAll(".finding:not([hidden])")];
  if (!findings.length) return;
  const now = findings.indexOf(document.activeElement);
  const next = findings[(now + direction + findings.length) % findings.length];
  next.focus();
  next.scrollIntoView({ block: "start" });
}

search.addEventListener("input", apply);
for (const button of buttons) button.addEventListener("click", () => show(button.dataset.show));
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = "selected";
    }
  });
}

function toggle() {
  const finding = document.activeElement.closest(".finding");
  if (!finding) return;
  const all = [...finding.querySelectorAll("details")];
  const open = all.some((one) => !one.open);
  for (const one of all) one.open = open;
}

// The place of a finding may be far down in the box that is unfolded.
for (const exchange of document.querySelectorAll("details.exchange")) {
  exchange.addEventListener("toggle", () => {
    const mark = exchange.querySelector("mark");
    if (!exchange.open || !mark) return;
    const box = mark.closest(".wire");
    box.scrollTop = mark.offsetTop - box.offsetTop - box.clientHeight / 2;
  });
}

// What is folded on a screen is there on paper.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === search) {
    if (event.key === "Escape") {
      search.value = "";
      search.blur();
      apply();
    }
    return;
  }
  const keys = { "1": "all", "2": "failed", "3": "not tested", "4": "passed" };
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (event.key in keys) {
    show(keys[event.key]);
  } else if (event.key === "o") {
    toggle();
  } else if (event.key === "j") {
    step(1);
  } else if (event.key === "k") {
    step(-1);
  }
});
apply();

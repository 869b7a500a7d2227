import { saveChart } from "./chart_file.js";

// Shows a piece of HTML and reports which bar, row or figure the user clicks.
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const GROUPS = "table, svg.marks, .map";

// The Tab key stops once at a table, chart or map: at what was focused last, at first the first.
function makeTabStop(group, item) {
  for (const each of group.querySelectorAll("[data-go]")) {
    if (each.getAttribute("aria-hidden") !== "true") each.setAttribute("tabindex", each === item ? 0 : -1);
  }
}

function makeTabStops(stage) {
  for (const group of stage.querySelectorAll(GROUPS)) {
    makeTabStop(group, group.querySelector('[data-go]:not([aria-hidden="true"])'));
  }
  // The browser makes the others focusable itself if they scroll.
  for (const box of stage.querySelectorAll(".scroll:has([data-go])")) box.removeAttribute("tabindex");
}

function nextInTable(item, [down, right]) {
  const cell = item.closest("td, th");
  let { rowIndex: row } = cell.parentElement;
  let column = cell.cellIndex;
  const { rows } = item.closest("table");
  for (;;) {
    row += down;
    column += right;
    const next = rows[row]?.cells[column];
    if (!next) return null;
    const found = next.querySelector("[data-go]");
    if (found) return found;
  }
}

function nextItem(item, arrow) {
  const group = item.closest(GROUPS);
  if (group.matches("table")) return nextInTable(item, arrow);
  const items = [...group.querySelectorAll('[data-go]:not([aria-hidden="true"])')];
  return items[items.indexOf(item) + arrow[0] + arrow[1]];
}

// Returns the focus to the clicked element when the dialog that it opens has closed.
function restoreFocus(clicked) {
  let wasOpen = false;
  const observer = new MutationObserver(() => {
    const isOpen = document.querySelector('[role="dialog"]') !== null;
    if (isOpen) wasOpen = true;
    if (isOpen || !wasOpen) return;
    observer.disconnect();
    if (clicked.isConnected) setTimeout(() => clicked.focus({ preventScroll: true }));
  });
  observer.observe(document.body, { childList: true, subtree: true });
}

// The section that a link leads to: it scrolls into view once, when it is drawn.
let wanted = decodeURIComponent(location.hash.slice(1));

function showWanted(stage) {
  const section = wanted && stage.querySelector(`[data-name="${CSS.escape(wanted)}"]`);
  if (!section) return;
  const show = () => section.scrollIntoView({ block: "start" });
  show();
  setTimeout(show, 400); // Streamlit scrolls to the top of a new page
  section.querySelector("h2")?.focus({ preventScroll: true });
  history.replaceState(history.state, "", `#${wanted}`);
  wanted = "";
}

// Links keep the view when they are opened in a new tab.
function keepView(link) {
  const [page, section] = link.dataset.member.split("#");
  link.href = `${page}${location.search}#${section}`;
}

export default function ({ parentElement, data, setTriggerValue }) {
  const stage = parentElement.querySelector(".stage");
  if (stage.shown !== data.html) {
    stage.innerHTML = data.html;
    stage.shown = data.html;
    showWanted(stage);
    makeTabStops(stage);
  }
  const choose = (event) => {
    const save = event.target.closest("[data-save]");
    if (save) saveChart(save);
    const clicked = event.target.closest("[data-go]");
    if (!clicked) return;
    if (clicked.href) {
      keepView(clicked);
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      wanted = clicked.hash.slice(1);
    }
    event.preventDefault();
    if (clicked.dataset.go === "figure" || clicked.dataset.go === "download") restoreFocus(clicked);
    setTriggerValue("go", { column: clicked.dataset.go, member: clicked.dataset.member });
  };
  stage.onclick = choose;
  stage.onpointerover = (event) => {
    const link = event.target.closest("a[data-go]");
    if (link) keepView(link);
  };
  stage.onkeydown = (event) => {
    const isButton = event.target.closest('[role="button"]');
    if (isButton && (event.key === "Enter" || event.key === " ")) choose(event);
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const item = ARROWS[event.key] && event.target.closest("[data-go]");
    const next = item?.closest(GROUPS) && nextItem(item, ARROWS[event.key]);
    if (!next) return;
    event.preventDefault();
    makeTabStop(next.closest(GROUPS), next);
    next.focus();
  };
}

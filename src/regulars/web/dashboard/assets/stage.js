import { saveChart } from "./chart_file.js";

// Shows a piece of HTML and reports which bar, row or figure the user clicks.
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// The Tab key stops at one figure of a table: the last one focused, at first the first.
function makeTabStop(table, figure) {
  for (const each of table.querySelectorAll(".figure")) each.tabIndex = each === figure ? 0 : -1;
}

function nextFigure(figure, [down, right]) {
  const cell = figure.closest("td, th");
  let { rowIndex: row } = cell.parentElement;
  let column = cell.cellIndex;
  const { rows } = figure.closest("table");
  for (;;) {
    row += down;
    column += right;
    const next = rows[row]?.cells[column];
    if (!next) return null;
    const found = next.querySelector(".figure");
    if (found) return found;
  }
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

export default function ({ parentElement, data, setTriggerValue }) {
  const stage = parentElement.querySelector(".stage");
  if (stage.shown !== data.html) {
    stage.innerHTML = data.html;
    stage.shown = data.html;
    for (const table of stage.querySelectorAll("table")) {
      makeTabStop(table, table.querySelector(".figure"));
    }
  }
  const choose = (event) => {
    const save = event.target.closest("[data-save]");
    if (save) saveChart(save);
    const clicked = event.target.closest("[data-go]");
    if (!clicked) return;
    event.preventDefault();
    if (clicked.dataset.go === "figure" || clicked.dataset.go === "download") restoreFocus(clicked);
    setTriggerValue("go", { column: clicked.dataset.go, member: clicked.dataset.member });
  };
  stage.onclick = choose;
  stage.onkeydown = (event) => {
    const isButton = event.target.closest('[role="button"]');
    if (isButton && (event.key === "Enter" || event.key === " ")) choose(event);
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const figure = event.target.closest(".figure");
    const next = figure && ARROWS[event.key] && nextFigure(figure, ARROWS[event.key]);
    if (!next) return;
    event.preventDefault();
    makeTabStop(next.closest("table"), next);
    next.focus();
  };
}

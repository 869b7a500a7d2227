// Puts a piece of the page in its place and says which bar, row or figure was chosen in it.
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// Of the figures of a table Tab reaches one: that which was reached last, at first the first.
function reachOne(table, figure) {
  for (const one of table.querySelectorAll(".figure")) one.tabIndex = one === figure ? 0 : -1;
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

// A dialog that opens takes the focus with it: at its end one goes on from where one was.
function comeBackTo(chosen) {
  let wasOpen = false;
  const watch = new MutationObserver(() => {
    const isOpen = document.querySelector('[role="dialog"]') !== null;
    if (isOpen) wasOpen = true;
    if (isOpen || !wasOpen) return;
    watch.disconnect();
    if (chosen.isConnected) setTimeout(() => chosen.focus({ preventScroll: true }));
  });
  watch.observe(document.body, { childList: true, subtree: true });
}

export default function ({ parentElement, data, setTriggerValue }) {
  const stage = parentElement.querySelector(".stage");
  if (stage.shown !== data.html) {
    stage.innerHTML = data.html;
    stage.shown = data.html;
    for (const table of stage.querySelectorAll("table")) {
      reachOne(table, table.querySelector(".figure"));
    }
  }
  const choose = (event) => {
    const chosen = event.target.closest("[data-go]");
    if (!chosen) return;
    event.preventDefault();
    if (chosen.dataset.go === "figure") comeBackTo(chosen);
    setTriggerValue("go", { column: chosen.dataset.go, member: chosen.dataset.member });
  };
  stage.onclick = choose;
  stage.onkeydown = (event) => {
    const isMark = event.target.closest('[role="button"]');
    if (isMark && (event.key === "Enter" || event.key === " ")) choose(event);
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const figure = event.target.closest(".figure");
    const next = figure && ARROWS[event.key] && nextFigure(figure, ARROWS[event.key]);
    if (!next) return;
    event.preventDefault();
    reachOne(next.closest("table"), next);
    next.focus();
  };
}

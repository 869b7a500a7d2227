// Puts a piece of the page in its place and says which bar, row or cell was chosen in it.
export default function ({ parentElement, data, setTriggerValue }) {
  const stage = parentElement.querySelector(".stage");
  if (stage.shown !== data.html) {
    stage.innerHTML = data.html;
    stage.shown = data.html;
  }
  const choose = (event) => {
    const chosen = event.target.closest("[data-go]");
    if (!chosen) return;
    event.preventDefault();
    setTriggerValue("go", { column: chosen.dataset.go, member: chosen.dataset.member });
  };
  stage.onclick = choose;
  stage.onkeydown = (event) => {
    const isMark = event.target.closest('[role="button"]');
    if (isMark && (event.key === "Enter" || event.key === " ")) choose(event);
  };
}

// Records, to the frame, when a page first shows its parts and when a new choice has been drawn.
// It runs in the page itself, so the times do not include the browser driver.
(() => {
  const STILL = 300 // milliseconds without a change until a page counts as drawn
  const stopwatch = { start: 0, before: "", text: "", marks: {}, isArmed: false }
  window.stopwatch = stopwatch

  const all = (css) => [...document.querySelectorAll(css)]
  const stages = () =>
    all("[data-testid=stBidiComponentIsolated]").map((one) => one.shadowRoot?.querySelector(".stage"))
  const parts = () => [...stages().filter(Boolean), ...all(".figure")]
  // Headline figures and the labels with their dates.
  stopwatch.figures = () =>
    [...stages().flatMap((one) => [...(one?.querySelectorAll(".kpi .value, .detail") ?? [])]), ...all(".figure")]
      .map((one) => one.textContent).join(" | ")
  const errorText = () => all("[data-testid=stException], [data-testid=stAlert]")[0]?.textContent
  const isIdle = () =>
    all("[data-testid=stApp]")[0]?.dataset.testScriptState === "notRunning" &&
    !all("[data-testid=stSpinner], [data-stale=true]").length &&
    stages().every((one) => one?.childElementCount)

  const setState = (state) => { document.documentElement.dataset.stopwatch = state }
  const poll = () => {
    const now = performance.now() - stopwatch.start
    const { marks } = stopwatch
    const figures = stopwatch.figures()
    const text = parts().map((one) => one.textContent).join("\n")
    if (all("h1")[0]?.textContent) marks.heading ??= now
    if (figures && figures !== stopwatch.before) marks.figures ??= now
    if ("figures" in marks && isIdle()) marks.drawn ??= now
    // A part may be drawn a frame or two after the script has ended. A page that checks for new data
    // every five seconds is briefly busy too, but nothing changes on it.
    if ("drawn" in marks && text !== stopwatch.text) marks.drawn = now
    stopwatch.text = text
    if (errorText()) setState("error")
    else if (now - marks.drawn > STILL) setState("drawn")
    requestAnimationFrame(poll)
  }
  requestAnimationFrame(poll)

  // Starts when the mouse button is released on the chosen value.
  stopwatch.arm = () => { stopwatch.isArmed = true; setState("armed") }
  addEventListener("pointerup", () => {
    if (!stopwatch.isArmed) return
    const before = stopwatch.figures()
    Object.assign(stopwatch, { start: performance.now(), before, marks: {}, isArmed: false })
    setState("running")
  }, true)
})()

// Notes, to the frame, when a page first shows what, and when what was chosen has been drawn.
// It runs in the page itself, so that no time is taken for what the driver of the browser does.
(() => {
  const STILL = 300 // milliseconds without a change, after which a page is drawn
  const stopwatch = { start: 0, before: "", text: "", marks: {}, isArmed: false }
  window.stopwatch = stopwatch

  const all = (css) => [...document.querySelectorAll(css)]
  const stages = () =>
    all("[data-testid=stBidiComponentIsolated]").map((one) => one.shadowRoot?.querySelector(".stage"))
  const parts = () => [...stages().filter(Boolean), ...all(".figure")]
  // Headline figures, and the words that say of which days they are.
  stopwatch.figures = () =>
    [...stages().flatMap((one) => [...(one?.querySelectorAll(".kpi .value, .detail") ?? [])]), ...all(".figure")]
      .map((one) => one.textContent).join(" | ")
  const trouble = () => all("[data-testid=stException], [data-testid=stAlert]")[0]?.textContent
  const isIdle = () =>
    all("[data-testid=stApp]")[0]?.dataset.testScriptState === "notRunning" &&
    !all("[data-testid=stSpinner], [data-stale=true]").length &&
    stages().every((one) => one?.childElementCount)

  const say = (state) => { document.documentElement.dataset.stopwatch = state }
  const look = () => {
    const now = performance.now() - stopwatch.start
    const { marks } = stopwatch
    const figures = stopwatch.figures()
    const text = parts().map((one) => one.textContent).join("\n")
    if (all("h1")[0]?.textContent) marks.heading ??= now
    if (figures && figures !== stopwatch.before) marks.figures ??= now
    if ("figures" in marks && isIdle()) marks.drawn ??= now
    // A part may be drawn a frame or two after the script has ended. The page that looks for new
    // data every five seconds is busy for a moment then, but nothing changes on it.
    if ("drawn" in marks && text !== stopwatch.text) marks.drawn = now
    stopwatch.text = text
    if (trouble()) say("trouble")
    else if (now - marks.drawn > STILL) say("drawn")
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)

  // From the moment that the button of the mouse is let go on what is chosen.
  stopwatch.arm = () => { stopwatch.isArmed = true; say("armed") }
  addEventListener("pointerup", () => {
    if (!stopwatch.isArmed) return
    const before = stopwatch.figures()
    Object.assign(stopwatch, { start: performance.now(), before, marks: {}, isArmed: false })
    say("running")
  }, true)
})()

// Makes Back work as on other sites: it closes a dialog first, then undoes one filter at a time.
// Streamlit restores filters from the address, but it replaces the address when the user changes
// a filter, so there would be nothing to go back to.
{
  const push = history.pushState.bind(history)
  const replace = history.replaceState.bind(history)
  const inDialog = { regularsDialog: true }
  let isNewStep = false
  let ignoresBack = false

  // One click can change several parameters and the page, one after the other: they are one step.
  for (const gesture of ["pointerdown", "keydown", "click"]) {
    addEventListener(gesture, () => { isNewStep = true }, { capture: true })
  }

  const dialog = () => document.querySelector('[data-testid="stDialog"]')
  const isDialogStep = () => history.state?.regularsDialog === true

  function write(state, title, url) {
    const next = new URL(url ?? location.href, location.href)
    const isMove = next.pathname + next.search !== location.pathname + location.search
    // The step that a dialog has added becomes the step of what was clicked in it.
    const change = isMove && isNewStep && !isDialogStep() ? push : replace
    isNewStep = isNewStep && !isMove
    change(state, title, url)
  }
  history.pushState = write
  history.replaceState = write

  let wasOpen = false
  new MutationObserver(() => {
    const isOpen = dialog() !== null
    if (isOpen === wasOpen) return
    wasOpen = isOpen
    if (isOpen) {
      push(inDialog, "")
    } else if (isDialogStep()) {
      ignoresBack = true
      history.back()
    }
  }).observe(document, { childList: true, subtree: true })

  // Registered before Streamlit's listener, which would run the page again.
  addEventListener("popstate", (event) => {
    isNewStep = false
    const isOpen = dialog()
    if (!ignoresBack && !isOpen) return
    event.stopImmediatePropagation()
    if (!ignoresBack) isOpen.querySelector('button[aria-label="Close"]')?.click()
    ignoresBack = false
  })
}

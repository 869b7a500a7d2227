// A button that copies the address, which holds the page with its period and filters.
const SHOWN = 4000 // milliseconds that the outcome is shown

// Browsers offer the clipboard only over https and on this machine.
function copyFromField(text) {
  const field = document.createElement("textarea")
  field.value = text
  field.style.position = "fixed"
  document.body.append(field)
  field.select()
  const isCopied = document.execCommand("copy")
  field.remove()
  return isCopied
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyFromField(text)
  }
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button")
  const outcome = parentElement.querySelector(".copied")
  button.onclick = async () => {
    const isCopied = await copy(location.href)
    outcome.textContent = isCopied ? "Link copied" : "Copy the address of this page instead"
    clearTimeout(button.waiting)
    button.waiting = setTimeout(() => { outcome.textContent = "" }, SHOWN)
    button.focus()
  }
}

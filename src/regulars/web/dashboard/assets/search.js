// A search field whose matches the server finds while the user types.
const PAUSE = 180 // milliseconds without a key until the server searches

function activate(input, options, index) {
  options.forEach((option, n) => option.setAttribute("aria-selected", n === index))
  const active = options[index]
  if (active) {
    input.setAttribute("aria-activedescendant", active.id)
    active.scrollIntoView({ block: "nearest" })
  } else {
    input.removeAttribute("aria-activedescendant")
  }
}

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const input = parentElement.querySelector("input")
  const list = parentElement.querySelector(".found")
  const outcome = parentElement.querySelector(".outcome")
  const options = () => [...list.querySelectorAll("[role=option]")]
  const current = () => options().findIndex((one) => one.ariaSelected === "true")
  const open = (isOpen) => {
    list.hidden = !isOpen
    input.setAttribute("aria-expanded", isOpen)
    if (!isOpen) input.removeAttribute("aria-activedescendant")
  }
  const choose = (option) => {
    clearTimeout(input.waiting)
    input.value = ""
    open(false)
    setStateValue("text", "")
    setTriggerValue("go", { column: option.dataset.page, member: option.dataset.member })
  }

  input.setAttribute("aria-label", data.label)
  input.placeholder = data.label
  if (list.shown !== data.html) {
    list.innerHTML = data.html
    list.shown = data.html
    outcome.textContent = list.querySelector(".count")?.textContent ?? ""
  }
  if (data.text && data.text === input.value && input.matches(":focus")) open(true)

  input.oninput = () => {
    clearTimeout(input.waiting)
    if (!input.value.trim()) open(false)
    input.waiting = setTimeout(() => setStateValue("text", input.value), PAUSE)
  }
  input.onfocus = () => open(Boolean(input.value.trim()) && input.value === data.text)
  input.onblur = () => open(false)
  input.onkeydown = (event) => {
    const found = options()
    if (event.key === "Escape" && !list.hidden) {
      open(false)
      event.preventDefault()
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault()
      if (list.hidden || !found.length) return
      const step = event.key === "ArrowDown" ? 1 : -1
      const last = found.length - 1
      const next = current() + step
      activate(input, found, next > last ? 0 : next < 0 ? last : next)
    } else if (event.key === "Enter" && !list.hidden && input.value === data.text) {
      const option = found[Math.max(current(), 0)]
      if (option) choose(option)
    }
  }
  // Before the field loses the focus, which closes the list.
  list.onmousedown = (event) => event.preventDefault()
  list.onclick = (event) => {
    const option = event.target.closest("[role=option]")
    if (option) choose(option)
  }
}

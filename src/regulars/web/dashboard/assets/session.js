// Sends a page to the login when its session has ended while it was offline, such as overnight or
// during a restart of the server. Streamlit would only report a lost connection.
const session = new URL("session", import.meta.url)

async function check() {
  try {
    const response = await fetch(session, { cache: "no-store" })
    if (response.status === 401) location.reload()
  } catch {
    // The server is down, which Streamlit reports itself.
  }
}

setInterval(check, 15_000)
addEventListener("online", check)
document.addEventListener("visibilitychange", check)

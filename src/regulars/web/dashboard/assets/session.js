// A page whose session ended while nobody was connected, in a night's sleep or a restart of the
// server, goes to the login by itself. Streamlit would say that the connection is lost.
const session = new URL("session", import.meta.url)

async function look() {
  try {
    const answer = await fetch(session, { cache: "no-store" })
    if (answer.status === 401) location.reload()
  } catch {
    // The server is not there: that is for Streamlit to say.
  }
}

setInterval(look, 15_000)
addEventListener("online", look)
document.addEventListener("visibilitychange", look)

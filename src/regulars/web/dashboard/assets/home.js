// Tells Streamlit where it is served from, before it looks: at a link to a page, such as /sales, it
// would first ask for /sales/_stcore/health, and the browser would complain that it is not there.
window.__streamlit = { BACKEND_BASE_URL: new URL(".", document.currentScript.src).href }

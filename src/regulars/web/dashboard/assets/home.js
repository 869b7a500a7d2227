// Tells Streamlit its base URL. On a link to a page, such as /sales, it would first request
// /sales/_stcore/health, and the browser would log a 404.
window.__streamlit = { BACKEND_BASE_URL: new URL(".", document.currentScript.src).href }

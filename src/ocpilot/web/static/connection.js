// Says when there is no connection, so that nobody takes what is old for new, or loses the page by pressing a button.

const notice = document.getElementById("no-connection");

function say(isAway) {
  notice.hidden = !isAway;
}

window.addEventListener("offline", () => say(true));
window.addEventListener("online", () => say(false));
// A part of the page that could not be fetched, and one that came.
document.addEventListener("htmx:error", () => say(true));
document.addEventListener("htmx:after:request", () => say(false));
document.addEventListener("submit", (event) => {
  if (!navigator.onLine) {
    event.preventDefault();
    say(true);
    notice.scrollIntoView({ block: "nearest" });
  }
});
say(!navigator.onLine);

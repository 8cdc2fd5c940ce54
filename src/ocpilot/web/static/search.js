// The search form beyond plain HTML: "near me" asks the device for its position, and only when it is pressed.

const form = document.getElementById("search");
const button = document.getElementById("near-me");
const failed = document.getElementById("near-me-failed");

/** Sets where the search is around, and searches. */
export function searchAround(latitude, longitude) {
  for (const [name, value] of [["lat", latitude], ["lon", longitude]]) {
    let input = form.querySelector(`input[name=${name}]`);
    if (!input) {
      input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      form.append(input);
    }
    input.value = value.toFixed(5);
  }
  form.requestSubmit();
}

if (button && "geolocation" in navigator && window.isSecureContext) {
  button.hidden = false;
  button.addEventListener("click", () => {
    failed.hidden = true;
    navigator.geolocation.getCurrentPosition(
      (position) => {
        form.elements.q.value = "";
        searchAround(position.coords.latitude, position.coords.longitude);
        form.dispatchEvent(new CustomEvent("moved", { detail: position.coords }));
      },
      () => {
        failed.hidden = false;
      },
      { timeout: 10000, maximumAge: 60000 },
    );
  });
}

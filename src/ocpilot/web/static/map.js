// The map beside the list. It adds nothing the list does not hold; without WebGL it stays hidden.

const box = document.getElementById("map-box");
const element = document.getElementById("map");
const again = document.getElementById("search-here");
const form = document.getElementById("search");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const EMPTY = { type: "FeatureCollection", features: [] };

let drawn = false;
const wide = window.matchMedia("(min-width: 60rem)");
const toggle = document.getElementById("show-map");

// Beside the list where there is room; on a phone only when asked for, so that the list comes first.
if (box && hasWebGL()) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => open(box.hidden));
  wide.addEventListener("change", () => open(wide.matches));
  if (wide.matches) open(true);
}

function open(visible) {
  box.hidden = !visible;
  toggle.setAttribute("aria-expanded", String(visible));
  if (visible && !drawn) {
    drawn = true;
    draw();
  }
}

function hasWebGL() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

/** A design token, so that the map wears the colours of the page. */
function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

async function draw() {
  const library = await import(element.dataset.library);
  library.setWorkerUrl(element.dataset.worker);
  const map = new library.Map({
    container: element,
    style: element.dataset.style || offlineStyle(),
    ...opening(),
    maxZoom: 18,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: { compact: true },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
  map.on("load", () => follow(library, map));
  map.on("style.load", () => addStations(map));
  dark.addEventListener("change", () => element.dataset.style || map.setStyle(offlineStyle()));
}

/** Around the place the search is about, else where the platform opens. */
function opening() {
  const { lat, lon } = form.elements;
  if (lat && lon) return { center: [Number(lon.value), Number(lat.value)], zoom: 8 };
  return { center: [Number(element.dataset.longitude), Number(element.dataset.latitude)], zoom: Number(element.dataset.zoom) };
}

/** Sea, land and borders, from our own server. */
function offlineStyle() {
  return {
    version: 8,
    sources: { world: { type: "geojson", data: new URL(element.dataset.world, location.href).href, maxzoom: 8, tolerance: 0.3 } },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": token("--map-sea") } },
      { id: "land", type: "fill", source: "world", filter: ["==", ["get", "kind"], "land"], paint: { "fill-color": token("--map-land"), "fill-outline-color": token("--map-border") } },
      { id: "borders", type: "line", source: "world", filter: ["==", ["get", "kind"], "borders"], paint: { "line-color": token("--map-border"), "line-dasharray": [3, 2] } },
    ],
  };
}

function addStations(map) {
  map.addSource("stations", { type: "geojson", data: EMPTY, cluster: true, clusterRadius: 36, clusterMaxZoom: 11, clusterProperties: { free: ["+", ["get", "free"]] } });
  const tone = ["match", ["get", "tone"], "good", token("--good"), "busy", token("--busy"), "warn", token("--warn"), "bad", token("--bad"), token("--quiet")];
  const ring = { "circle-stroke-width": 2, "circle-stroke-color": token("--surface") };
  map.addLayer({ id: "clusters", type: "circle", source: "stations", filter: ["has", "point_count"], paint: { "circle-radius": ["step", ["get", "point_count"], 15, 10, 19, 50, 24], "circle-color": ["case", [">", ["get", "free"], 0], token("--good"), token("--quiet")], ...ring } });
  map.addLayer({ id: "places", type: "circle", source: "stations", filter: ["!", ["has", "point_count"]], paint: { "circle-radius": 12, "circle-color": tone, ...ring } });
  map.addLayer({ id: "counts", type: "symbol", source: "stations", layout: { "text-field": ["to-string", ["get", "free"]], "text-size": 13, "text-font": ["sans-serif"], "text-allow-overlap": true }, paint: { "text-color": token("--surface") } });
  map.addLayer({ id: "names", type: "symbol", source: "stations", minzoom: 6, filter: ["!", ["has", "point_count"]], layout: { "text-field": ["get", "name"], "text-size": 13, "text-font": ["sans-serif"], "text-anchor": "top", "text-offset": [0, 1.1], "text-optional": true }, paint: { "text-color": token("--ink"), "text-halo-color": token("--map-land"), "text-halo-width": 1.5 } });
  load(map);
}

/** What the list shows, and some more around it. */
async function load(map) {
  const query = new URLSearchParams(new FormData(form));
  const answer = await fetch(`/stations.json?${query}`);
  if (answer.ok) map.getSource("stations")?.setData(await answer.json());
}

function follow(library, map) {
  map.on("click", "places", (event) => show(library, map, event.features[0]));
  map.on("click", "clusters", async (event) => {
    const cluster = event.features[0];
    const zoom = await map.getSource("stations").getClusterExpansionZoom(cluster.properties.cluster_id);
    map.easeTo({ center: cluster.geometry.coordinates, zoom });
  });
  for (const layer of ["places", "clusters"]) {
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  map.on("dragend", () => { again.hidden = false; });
  again.addEventListener("click", async () => {
    again.hidden = true;
    const { searchAround } = await import(document.querySelector("script[src*='search.js']").src);
    const middle = map.getCenter();
    searchAround(middle.lat, middle.lng);
  });
  form.addEventListener("moved", (event) => map.easeTo({ center: [event.detail.longitude, event.detail.latitude], zoom: 10 }));
  for (const change of ["change", "submit"]) form.addEventListener(change, () => load(map));
  setInterval(() => document.hidden || load(map), 15000);
}

/** A card over the map that leads to the station's page. */
function show(library, map, feature) {
  const { name, path, free, all, kilowatts } = feature.properties;
  const card = document.createElement("div");
  card.className = "map-card";
  const link = document.createElement("a");
  link.href = path;
  link.textContent = name;
  const line = document.createElement("span");
  line.textContent = element.dataset.free.replace("{free}", free).replace("{all}", all) + ` · ${kilowatts} kW`;
  card.append(link, line);
  new library.Popup({ closeButton: false, offset: 14, maxWidth: "18rem" }).setLngLat(feature.geometry.coordinates).setDOMContent(card).addTo(map);
}

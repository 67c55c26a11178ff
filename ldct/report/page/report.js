"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);

  // Figures in view are drawn first, the others when the page is idle, so that it opens at once.
  const figures = read("figures");
  // On paper a figure is as wide as the page, not as the window.
  const PAPER = 640;
  let onPaper = false;
  // Below this many pixels a figure takes its layout for small screens, where it has one.
  const NARROW = 620;
  const waiting = new Set(document.querySelectorAll("[data-figure]"));
  const draw = (place, width) => {
    if (!waiting.delete(place)) return;
    const { data, layout: usual, narrow } = figures[place.dataset.figure];
    const layout = narrow && !width && place.clientWidth < NARROW ? narrow : usual;
    const options = { responsive: true, displaylogo: false, toImageButtonOptions: { format: "svg", filename: place.dataset.figure } };
    Plotly.newPlot(place, data, width ? { ...layout, width } : layout, options)
      // Printing may have begun while it was drawn.
      .then(() => onPaper && !width && Plotly.relayout(place, { width: PAPER }))
      .then(() => place.setAttribute("data-drawn", "yes"));
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
  });
  waiting.forEach((place) => seen.observe(place));
  const next = () => {
    const [place] = waiting;
    if (place) { draw(place); setTimeout(next, 50); }
  };
  setTimeout(next, 500);
  const drawn = () => document.querySelectorAll(".plot[data-drawn]");
  window.addEventListener("beforeprint", () => {
    onPaper = true;
    drawn().forEach((place) => Plotly.relayout(place, { width: PAPER }));
    waiting.forEach((place) => draw(place, PAPER));
  });
  window.addEventListener("afterprint", () => {
    onPaper = false;
    drawn().forEach((place) => Plotly.relayout(place, { width: null, autosize: true }));
  });

  // Tables lie in the page once; a table too large for it is named by its place instead.
  const tables = read("tables");
  const bytes = (code) => Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
  const file = (name, kind) => {
    const stream = new Blob([bytes(tables[name][kind])]).stream();
    return new Response(kind === "parquet" ? stream : stream.pipeThrough(new DecompressionStream("gzip"))).blob();
  };
  document.querySelectorAll(".take").forEach((line) => {
    const name = line.dataset.name;
    if (!(name in tables)) line.append(`too large for this page; see ${line.dataset.place}`);
    line.querySelectorAll("button").forEach((button) => {
      if (!(name in tables)) return button.remove();
      button.addEventListener("click", async () => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(await file(name, button.dataset.kind));
        link.download = `${name}.${button.dataset.kind}`;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
      });
    });
  });

  if (!document.getElementById("panels")) return;
  const { cases, views } = read("panels");
  if (!cases.length) return;
  const $ = (id) => document.getElementById(id);
  const fill = (select, items) => select.replaceChildren(...items.map(([value, text]) => new Option(text, value)));
  const nice = (view) => view === "difference" ? "difference to full dose" : view.replace("_", " ");
  const state = { view: Object.keys(views)[0], shown: "a", zoom: 1, timer: null };

  fill($("case"), cases.map((c, i) => [i, `${c.patient}, slice ${c.slice} (${c.region})`]));
  fill($("view"), Object.keys(views).map((v) => [v, `${nice(v)} (${views[v][0]} to ${views[v][1]} HU)`]));
  const current = () => cases[$("case").value];

  const showGrid = () => {
    const item = current();
    $("grid").replaceChildren(...Object.entries(item.images).map(([key, image]) => {
      const button = document.createElement("button");
      button.type = "button";
      const picture = new Image();
      picture.src = image.views[state.view];
      picture.alt = `${image.name}, patient ${item.patient}, slice ${item.slice}, ${nice(state.view)}`;
      const text = document.createElement("span");
      const rmse = document.createElement("em");
      rmse.textContent = `RMSE ${image.rmse.toFixed(1)} HU`;
      text.append(image.name, rmse);
      button.append(picture, text);
      button.addEventListener("click", () => { $("b").value = key; state.shown = "b"; showStage(); $("stage").scrollIntoView({ block: "center" }); });
      return button;
    }));
    const range = views[state.view];
    $("caption").textContent = `Patient ${item.patient} (${item.region}), slice ${item.slice}; ${nice(state.view)}, ${range[0]} HU black to ${range[1]} HU white. First seed, selected checkpoint; RMSE of the whole slice.`;
    const names = Object.entries(item.images).map(([key, image]) => [key, image.name]);
    for (const [id, fallback] of [["a", 0], ["b", Math.min(1, names.length - 1)]]) {
      const before = $(id).value;
      fill($(id), names);
      $(id).value = before in item.images ? before : names[fallback][0];
    }
    showStage();
  };

  const showStage = () => {
    const image = current().images[$(state.shown).value];
    $("picture").src = image.views[state.view];
    $("picture").alt = `${image.name}, ${nice(state.view)}`;
    $("name").textContent = image.name;
    $("picture").style.transform = `scale(${state.zoom})`;
  };
  const swap = () => { state.shown = state.shown === "a" ? "b" : "a"; showStage(); };
  const flicker = () => {
    const on = state.timer === null;
    if (on) state.timer = setInterval(swap, 600);
    else { clearInterval(state.timer); state.timer = null; }
    $("flicker").setAttribute("aria-pressed", on);
  };

  $("case").addEventListener("change", showGrid);
  $("view").addEventListener("change", () => { state.view = $("view").value; showGrid(); });
  for (const id of ["a", "b"]) $(id).addEventListener("change", () => { state.shown = id; showStage(); });
  $("swap").addEventListener("click", swap);
  $("flicker").addEventListener("click", flicker);
  $("zoom").addEventListener("change", () => { state.zoom = Number($("zoom").value); showStage(); });
  $("stage").addEventListener("pointermove", (event) => {
    const box = $("stage").getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    $("picture").style.transformOrigin = `${100 * at[0]}% ${100 * at[1]}%`;
  });
  $("stage").addEventListener("click", () => {
    const steps = [1, 2, 4];
    state.zoom = steps[(steps.indexOf(state.zoom) + 1) % steps.length];
    $("zoom").value = state.zoom;
    showStage();
  });
  $("stage").addEventListener("keydown", (event) => {
    if (event.key === " ") { event.preventDefault(); swap(); }
    if (event.key === "+" || event.key === "-") {
      state.zoom = Math.min(8, Math.max(1, event.key === "+" ? state.zoom * 2 : state.zoom / 2));
      $("zoom").value = state.zoom;
      showStage();
    }
  });
  showGrid();
})();

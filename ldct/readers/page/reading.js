"use strict";
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const $ = (id) => document.getElementById(id);
  const images = new Map(content.images.map((item) => [item.image, item]));
  const [least, most] = content.scale;
  const state = { window: 0, zoom: 1, x: 0, y: 0, at: 0, items: [], answers: {}, place: "", task: "rate" };
  let { low, high } = content.windows[0];

  // Each reader and session has an order of its own, the same whenever the page is opened again.
  const generator = (text) => {
    let h = 2166136261;
    for (const letter of text) h = Math.imul(h ^ letter.codePointAt(0), 16777619);
    return () => {
      h = (h + 0x6d2b79f5) | 0;
      let t = Math.imul(h ^ (h >>> 15), 1 | h);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  };
  const shuffled = (items, random) => {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  };

  const decoded = async (code) => {
    const bytes = Uint8Array.from(atob(images.get(code).hu), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Int16Array(await new Response(stream).arrayBuffer());
  };
  const ready = new Map();
  const pixels = (code) => {
    if (!ready.has(code)) ready.set(code, decoded(code));
    if (ready.size > 12) ready.delete(ready.keys().next().value);
    return ready.get(code);
  };
  const draw = async (canvas, code) => {
    const { rows, columns } = images.get(code);
    const hu = await pixels(code);
    if (canvas.dataset.image !== code) return;
    const size = 768, context = canvas.getContext("2d");
    const picture = new ImageData(columns, rows);
    for (let i = 0; i < hu.length; i++) {
      const grey = (255 * (hu[i] - low)) / (high - low);
      picture.data.set([grey, grey, grey, 255], 4 * i);
    }
    const source = new OffscreenCanvas(columns, rows);
    source.getContext("2d").putImageData(picture, 0, 0);
    canvas.width = canvas.height = size;
    const scale = (size / Math.max(rows, columns)) * state.zoom;
    context.imageSmoothingEnabled = false;
    context.setTransform(scale, 0, 0, scale, (size - scale * columns) / 2 + state.x, (size - scale * rows) / 2 + state.y);
    context.drawImage(source, 0, 0);
    canvas.dataset.drawn = code;
  };

  const current = () => state.items[state.at];
  const redraw = () => {
    const item = current();
    $("window").textContent = `${content.windows[state.window].name}: ${Math.round(low)} to ${Math.round(high)} HU, zoom ${state.zoom}`;
    for (const [id, code] of [["left", item.left], ["right", item.right]]) {
      $(id).hidden = !code;
      $(id).dataset.image = code || "";
      if (code) draw($(id), code);
    }
  };
  const show = (at) => {
    state.at = Math.max(0, Math.min(state.items.length - 1, at));
    const done = Object.keys(state.answers).length, all = state.items.length;
    $("progress").textContent = `${state.at + 1} of ${all} (${done} answered)${done === all ? ". All done: export the CSV." : ""}`;
    const given = state.answers[current().id];
    for (const button of $("answers").children) button.setAttribute("aria-pressed", String(given === button.dataset.value));
    redraw();
  };
  const answer = (value) => {
    state.answers[current().id] = value;
    localStorage.setItem(state.place, JSON.stringify(state.answers));
    const open = state.items.findIndex((item, i) => i > state.at && !(item.id in state.answers));
    show(open >= 0 ? open : state.at + 1);
  };

  const csv = () => {
    const rate = state.task === "rate";
    const lines = [rate ? "reader,case,image,score,session" : "reader,case,left,right,choice,session"];
    for (const item of state.items) {
      if (!(item.id in state.answers)) continue;
      const shown = rate ? [item.left] : [item.left, item.right];
      lines.push([$("reader").value, item.case, ...shown, state.answers[item.id], $("session").value].join(","));
    }
    return lines.join("\n") + "\n";
  };
  $("export").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = `${state.task === "rate" ? "ratings" : "choices"}_${$("reader").value}_${$("session").value}.csv`;
    document.body.dataset.exported = csv();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  const choices = () => state.task === "rate"
    ? Array.from({ length: most - least + 1 }, (_, i) => [String(least + i), String(least + i)])
    : [["left", "← left is better"], ["right", "right is better →"]];
  $("start").addEventListener("submit", (event) => {
    event.preventDefault();
    state.task = $("task").value;
    state.place = ["ldct", content.set, state.task, $("reader").value, $("session").value].join(":");
    const random = generator(state.place);
    state.items = state.task === "rate"
      ? shuffled(content.images, random).map((item) => ({ id: item.image, case: item.case, left: item.image }))
      : shuffled(content.pairs, random).map(([name, a, b]) => {
          const [left, right] = random() < 0.5 ? [a, b] : [b, a];
          return { id: `${a}/${b}`, case: name, left, right };
        });
    if (!state.items.length) { $("problem").textContent = "This set has nothing for this task."; return; }
    state.answers = JSON.parse(localStorage.getItem(state.place) || "{}");
    $("answers").replaceChildren(...choices().map(([value, text]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.value = value;
      button.textContent = text;
      button.addEventListener("click", () => answer(value));
      return button;
    }));
    $("help").textContent = (state.task === "rate" ? `${least} to ${most}: score, ${most} is best. ` : "Arrow keys: choose. ")
      + "W: next window. Drag: level and width. Wheel, + and −: zoom. Shift and drag: move. R: reset. N and B: next and back.";
    $("start").hidden = true;
    $("work").hidden = false;
    const first = state.items.findIndex((item) => !(item.id in state.answers));
    show(first >= 0 ? first : state.items.length - 1);
    $("left").focus();
  });

  const zoom = (factor) => { state.zoom = Math.min(8, Math.max(1, state.zoom * factor)); redraw(); };
  const useWindow = () => { ({ low, high } = content.windows[state.window]); redraw(); };
  document.addEventListener("keydown", (event) => {
    if ($("work").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    if (state.task === "rate" && /^\d$/.test(key) && Number(key) >= least && Number(key) <= most) answer(key);
    else if (state.task === "compare" && (key === "arrowleft" || key === "arrowright")) answer(key.slice(5));
    else if (key === "w") { state.window = (state.window + 1) % content.windows.length; useWindow(); }
    else if (key === "+") zoom(2);
    else if (key === "-") zoom(0.5);
    else if (key === "r") { Object.assign(state, { zoom: 1, x: 0, y: 0 }); useWindow(); }
    else if (key === "n") show(state.at + 1);
    else if (key === "b") show(state.at - 1);
    else return;
    event.preventDefault();
  });
  for (const id of ["left", "right"]) {
    $(id).addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 2 : 0.5); }, { passive: false });
    $(id).addEventListener("pointermove", (event) => {
      if (!(event.buttons & 1)) return;
      if (event.shiftKey) { state.x += event.movementX; state.y += event.movementY; }
      else {
        const width = Math.max(10, high - low + 2 * event.movementX);
        const level = (high + low) / 2 + 2 * event.movementY;
        low = level - width / 2;
        high = level + width / 2;
      }
      redraw();
    });
  }
})();

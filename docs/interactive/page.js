"use strict";
// Shows what was computed: one stop of two sliders, at one depth. No numerics but interpolation.
(() => {
  const given = JSON.parse(document.getElementById("content").textContent);
  const find = (name) => document.getElementById(name);
  const controls = { depth: find("depth"), smoothing: find("smoothing"), noise: find("noise") };
  const rows = given.classes.length;
  const shown = rows + given.lines * given.lines;
  const unpacked = new Map();
  const LINE_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
  const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [], [7, 3]];

  controls.depth.max = given.horizon;

  const place = () => Number(controls.smoothing.value) * given.noise.length + Number(controls.noise.value);
  const stop = () => given.stops[place()];

  /** The states of a stop: (frame, point, component) in one array. */
  function statesOf(number) {
    if (!unpacked.has(number)) {
      const bytes = Uint8Array.from(atob(given.stops[number].states), (letter) => letter.charCodeAt(0));
      const view = new DataView(bytes.buffer);
      const whole = Float32Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true));
      unpacked.set(number, whole.map((value) => value / given.units));
    }
    return unpacked.get(number);
  }

  /** Where a depth lies among increasing times: the interval, and the share of it that is past. */
  function within(times, t) {
    let i = 0;
    while (i < times.length - 2 && times[i + 1] < t) i += 1;
    return [i, Math.min(1, Math.max(0, (t - times[i]) / (times[i + 1] - times[i])))];
  }

  function pointAt(states, t, point) {
    const [frame, share] = within(given.frames, t);
    const at = (number, axis) => states[2 * (number * shown + point) + axis];
    return [0, 1].map((axis) => (1 - share) * at(frame, axis) + share * at(frame + 1, axis));
  }

  /** The colours of the style sheet, which change between light and dark; asked for once a drawing. */
  let colours = null;
  const colour = (name) => colours.getPropertyValue(name).trim();
  const sideColour = (side) => colour(side ? "--right" : "--left");

  /** A canvas with as many pixels as the screen has, and its width and height in CSS pixels. */
  function prepared(name) {
    const canvas = find(name), ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.clearRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    return [pen, width, height];
  }

  function drawPlane(t) {
    const [pen, width, height] = prepared("plane");
    const scale = width / (2 * given.reach);
    const across = (x) => width / 2 + scale * x, up = (y) => height / 2 - scale * y;
    const states = statesOf(place());
    const line = (points, ink, thickness, opacity) => {
      pen.strokeStyle = ink; pen.lineWidth = thickness; pen.globalAlpha = opacity;
      pen.beginPath();
      points.forEach(([x, y], i) => (i ? pen.lineTo(across(x), up(y)) : pen.moveTo(across(x), up(y))));
      pen.stroke();
      pen.globalAlpha = 1;
    };
    line([[0, -given.reach], [0, given.reach]], colour("--rule"), 1, 1);
    line([[-given.reach, 0], [given.reach, 0]], colour("--rule"), 1, 1);
    if (find("grid").checked) drawGrid(states, t, line);
    for (let point = 0; point < rows; point += 1) {
      const side = given.classes[point];
      if (find("trails").checked) {
        const past = given.frames.filter((time) => time < t).concat([t]);
        line(past.map((time) => pointAt(states, time, point)), sideColour(side), 1, 0.45);
      }
      const [x, y] = pointAt(states, t, point);
      drawMark(pen, across(x), up(y), side);
    }
    for (const [thickness, ink] of [[7, () => colour("--paper")], [3, sideColour]]) {
      given.goals.forEach(([x, y], side) => {
        line([[x - 0.13, y - 0.13], [x + 0.13, y + 0.13]], ink(side), thickness, 1);
        line([[x - 0.13, y + 0.13], [x + 0.13, y - 0.13]], ink(side), thickness, 1);
      });
    }
  }

  /** The image of a grid of the inputs, each piece in the colour of the side where it ends. */
  function drawGrid(states, t, line) {
    const n = given.lines, now = [], ends = [];
    for (let node = 0; node < n * n; node += 1) {
      now.push(pointAt(states, t, rows + node));
      ends.push(pointAt(states, given.horizon, rows + node)[0] > 0);
    }
    for (let node = 0; node < n * n; node += 1) {
      for (const next of [(node + 1) % n ? node + 1 : -1, node + n < n * n ? node + n : -1]) {
        if (next < 0) continue;
        const ink = ends[node] === ends[next] ? sideColour(ends[node]) : colour("--soft");
        line([now[node], now[next]], ink, 1, 0.4);
      }
    }
  }

  function drawMark(pen, x, y, side) {
    pen.fillStyle = sideColour(side);
    pen.strokeStyle = colour("--paper");
    pen.lineWidth = 0.8;
    pen.beginPath();
    if (side) { pen.moveTo(x, y - 5); pen.lineTo(x + 4.6, y + 3.4); pen.lineTo(x - 4.6, y + 3.4); pen.closePath(); }
    else pen.arc(x, y, 3.8, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }

  const MARGIN = { left: 40, right: 12, top: 14, bottom: 64 };

  function drawWeights(t) {
    const [pen, width, height] = prepared("weights");
    const weights = stop().weights, all = weights.flat();
    const reach = Math.max(1, ...all.map(Math.abs)) * 1.08;
    const across = (s) => MARGIN.left + (s / given.horizon) * (width - MARGIN.left - MARGIN.right);
    const up = (v) => MARGIN.top + (0.5 - v / (2 * reach)) * (height - MARGIN.top - MARGIN.bottom);
    drawAxes(pen, across, up, reach);
    weights.forEach((values, number) => {
      pen.strokeStyle = LINE_COLOURS[number]; pen.lineWidth = 1.8; pen.setLineDash(DASHES[number]);
      pen.beginPath();
      values.forEach((value, i) => (i ? pen.lineTo(across(given.times[i]), up(value)) : pen.moveTo(across(given.times[i]), up(value))));
      pen.stroke();
      pen.setLineDash([]);
      const [i, share] = within(given.times, t);
      pen.fillStyle = LINE_COLOURS[number];
      pen.beginPath();
      pen.arc(across(t), up((1 - share) * values[i] + share * values[i + 1]), 3.5, 0, 2 * Math.PI);
      pen.fill();
    });
    drawKey(pen, width, height);
    pen.strokeStyle = colour("--ink"); pen.lineWidth = 1.2;
    pen.beginPath(); pen.moveTo(across(t), up(reach)); pen.lineTo(across(t), up(-reach)); pen.stroke();
  }

  function drawAxes(pen, across, up, reach) {
    const step = [0.5, 1, 2, 5, 10, 20, 50].find((size) => reach / size <= 4) || 100;
    pen.fillStyle = colour("--soft"); pen.strokeStyle = colour("--rule"); pen.lineWidth = 1;
    pen.textAlign = "right"; pen.textBaseline = "middle";
    for (let value = -Math.floor(reach / step) * step; value <= reach; value += step) {
      pen.beginPath(); pen.moveTo(across(0), up(value)); pen.lineTo(across(given.horizon), up(value)); pen.stroke();
      pen.fillText(String(value).replace("-", "−"), across(0) - 6, up(value));
    }
    pen.textAlign = "center"; pen.textBaseline = "top";
    for (let s = 0; s <= given.horizon; s += 1) pen.fillText(String(s), across(s), up(-reach) + 6);
    pen.fillText("depth t", across(given.horizon / 2), up(-reach) + 20);
  }

  function drawKey(pen, width, height) {
    const space = (width - MARGIN.left - MARGIN.right) / given.names.length;
    pen.textAlign = "left"; pen.textBaseline = "middle";
    given.names.forEach((name, number) => {
      const x = MARGIN.left + number * space, y = height - 14;
      pen.strokeStyle = LINE_COLOURS[number]; pen.lineWidth = 2; pen.setLineDash(DASHES[number]);
      pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x + 20, y); pen.stroke();
      pen.setLineDash([]);
      pen.fillStyle = colour("--ink");
      pen.fillText(name, x + 24, y);
    });
  }

  const percent = (share) => `${(100 * share).toFixed(1)} %`;

  function writeNumbers() {
    const { cost, iterations, reason, trained, held_out: heldOut, roughness } = stop();
    const facts = [
      ["cost E", cost.toPrecision(3)],
      ["rows on the side of their mark", percent(trained)],
      ["held-out rows on the side of their mark", percent(heldOut)],
      ["roughness of the weights, (∫ |θ′|² dt)½", roughness.toFixed(2)],
      ["iterations", `${iterations}, ended by “${reason}”`],
    ];
    find("numbers").replaceChildren(...facts.map(([name, value]) => {
      const row = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
      head.scope = "row"; head.textContent = name; cell.textContent = value;
      row.append(head, cell);
      return row;
    }));
  }

  function drawAll() {
    const t = Number(controls.depth.value);
    colours = getComputedStyle(document.documentElement);
    const said = { depth: t.toFixed(2), smoothing: `${given.smoothing[controls.smoothing.value]}`, noise: `${given.noise[controls.noise.value]}` };
    for (const [name, text] of Object.entries(said)) {
      find(`${name}-value`).textContent = text;
      controls[name].setAttribute("aria-valuetext", text);
    }
    drawPlane(t);
    drawWeights(t);
  }

  /** The place of the sliders is in the address, so that it can be passed on. */
  function remember() {
    const said = Object.entries(controls).map(([name, input]) => `${name}=${Number(Number(input.value).toFixed(3))}`);
    history.replaceState(null, "", `#${said.join("&")}`);
  }

  function recall() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const [name, input] of Object.entries(controls)) {
      const value = Number(wanted.get(name));
      if (wanted.has(name) && Number.isFinite(value)) input.value = value; // the slider keeps it within its ends
    }
  }

  let playing = null;
  function play(on) {
    find("play").textContent = on ? "Pause" : "Play";
    if (!on) { playing = null; remember(); return; }
    if (Number(controls.depth.value) >= given.horizon) controls.depth.value = 0;
    let before = null;
    playing = (now) => {
      if (playing === null) return;
      const past = before === null ? 0 : (now - before) / 1000;
      before = now;
      controls.depth.value = Math.min(given.horizon, Number(controls.depth.value) + (given.horizon / 6) * past);
      drawAll();
      if (Number(controls.depth.value) >= given.horizon) play(false);
      else requestAnimationFrame(playing);
    };
    requestAnimationFrame(playing);
  }

  function toPointer(event) {
    const canvas = find("weights"), box = canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    play(false);
    controls.depth.value = Math.min(1, Math.max(0, share)) * given.horizon;
    drawAll();
  }

  for (const input of Object.values(controls)) {
    input.addEventListener("input", () => { if (input === controls.depth && playing) play(false); writeNumbers(); drawAll(); });
    input.addEventListener("change", remember);
  }
  find("controls").addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["grid", "trails"]) find(name).addEventListener("change", drawAll);
  find("play").addEventListener("click", () => play(playing === null));
  find("weights").addEventListener("pointerdown", (event) => { find("weights").setPointerCapture(event.pointerId); toPointer(event); });
  find("weights").addEventListener("pointermove", (event) => { if (event.buttons) toPointer(event); });
  find("weights").addEventListener("pointerup", remember);
  window.addEventListener("resize", drawAll);
  window.addEventListener("hashchange", () => { recall(); writeNumbers(); drawAll(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  recall();
  writeNumbers();
  drawAll();
  // In a frame of another page, which cannot look into this one: how high it has to be.
  if (window.parent !== window) {
    const tell = () => window.parent.postMessage({ height: document.body.offsetHeight }, "*");
    new ResizeObserver(tell).observe(document.body);
  }
})();

// Which part of a picture counts: edges are dragged or moved by sliders, quarters are turned. No file changes.
(() => {
  "use strict";

  const SIDES = ["left", "top", "right", "bottom"]; // clockwise: a turn moves each to the next
  const LEAST = 10; // percent that stay of each side
  const LEAST_PX = 32; // the server takes no less
  const OPPOSITE = { left: "right", right: "left", top: "bottom", bottom: "top" };
  const whole = () => ({ turns: 0, left: 0, top: 0, right: 0, bottom: 0 }); // quarters to the right; percent off
  const isWhole = (cut) => ["turns", ...SIDES].every((part) => !cut[part]);

  // `canvas` shows the picture, `inputs` are four fields of percent by side; both follow each other.
  function cropping(canvas, inputs) {
    const source = new Image();
    let cut = whole();

    const turnedSize = () => {
      const size = [source.naturalWidth, source.naturalHeight];
      return cut.turns % 2 ? size.reverse() : size;
    };

    function paint(target, scale) { // the turned picture, whole
      const [width, height] = turnedSize();
      const pen = target.getContext("2d");
      pen.save();
      pen.translate((width * scale) / 2, (height * scale) / 2);
      pen.rotate((cut.turns * Math.PI) / 2);
      const [w, h] = [source.naturalWidth * scale, source.naturalHeight * scale];
      pen.drawImage(source, -w / 2, -h / 2, w, h);
      pen.restore();
      return pen;
    }

    function draw() {
      const [width, height] = turnedSize();
      const scale = Math.min(1200 / width, 900 / height, 3);
      canvas.width = Math.max(1, Math.round(width * scale));
      canvas.height = Math.max(1, Math.round(height * scale));
      const pen = paint(canvas, scale);
      const [x, y] = [(cut.left / 100) * canvas.width, (cut.top / 100) * canvas.height];
      const [right, bottom] = [(1 - cut.right / 100) * canvas.width, (1 - cut.bottom / 100) * canvas.height];
      pen.fillStyle = "rgb(25 24 22 / 0.66)";
      pen.beginPath();
      pen.rect(0, 0, canvas.width, canvas.height);
      pen.rect(x, y, right - x, bottom - y);
      pen.fill("evenodd");
      pen.lineWidth = Math.max(2, canvas.width / 300);
      pen.strokeStyle = "#fffaf3";
      pen.strokeRect(x, y, right - x, bottom - y);
      for (const side of SIDES) inputs[side].value = Math.round(100 * cut[side]) / 100;
    }

    function cutTo(side, percent) {
      cut[side] = Math.min(Math.max(percent, 0), 100 - LEAST - cut[OPPOSITE[side]]);
      draw();
    }

    function turn(by) {
      const old = { ...cut };
      const quarters = ((by % 4) + 4) % 4;
      cut.turns = (old.turns + quarters) % 4;
      SIDES.forEach((side, place) => { cut[SIDES[(place + quarters) % 4]] = old[side]; });
      draw();
    }

    for (const side of SIDES) inputs[side].addEventListener("input", () => cutTo(side, Number(inputs[side].value)));

    // Drag an edge or a corner; from the middle the whole frame moves.
    let held = null;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [(100 * (event.clientX - box.left)) / box.width, (100 * (event.clientY - box.top)) / box.height, box];
    };
    canvas.addEventListener("pointerdown", (event) => {
      const [x, y, box] = place(event);
      const near = { left: x - cut.left, right: 100 - cut.right - x, top: y - cut.top, bottom: 100 - cut.bottom - y };
      const reach = { left: 2800 / box.width, right: 2800 / box.width, top: 2800 / box.height, bottom: 2800 / box.height };
      const sides = SIDES.filter((side) => Math.abs(near[side]) < reach[side]);
      held = { x, y, from: { ...cut }, sides: sides.length ? sides : ["all"] };
      canvas.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [x, y] = place(event);
      let [dx, dy] = [x - held.x, y - held.y];
      const { left, top, right, bottom } = held.from;
      if (held.sides[0] === "all") {
        dx = Math.min(Math.max(dx, -left), right);
        dy = Math.min(Math.max(dy, -top), bottom);
        Object.assign(cut, { left: left + dx, right: right - dx, top: top + dy, bottom: bottom - dy });
        draw();
        return;
      }
      const to = { left: left + dx, right: right - dx, top: top + dy, bottom: bottom - dy };
      for (const side of held.sides) cutTo(side, to[side]);
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { held = null; });

    // Pixels of the upright picture, before turning, as the server takes them: "left,top,width,height".
    function rectangle() {
      const off = SIDES.map((side, index) => cut[SIDES[(index + cut.turns) % 4]]); // turned back
      const along = (from, to, length) => {
        const start = Math.min(Math.round((from / 100) * length), length - Math.min(LEAST_PX, length));
        const end = Math.max(length - Math.round((to / 100) * length), start + Math.min(LEAST_PX, length));
        return [start, end - start];
      };
      const [left, width] = along(off[0], off[2], source.naturalWidth);
      const [top, height] = along(off[1], off[3], source.naturalHeight);
      return [left, top, width, height].join(",");
    }

    // What remains, as a small picture to look at; calls back with a blob, or null where there is no room for it.
    function show(callback) {
      const [width, height] = turnedSize();
      const scale = Math.min(1, 1200 / Math.max(width, height));
      const turned = Object.assign(document.createElement("canvas"), { width: Math.round(width * scale), height: Math.round(height * scale) });
      paint(turned, scale);
      const part = (total, ...percents) => Math.max(1, Math.round((total * (100 - percents[0] - percents[1])) / 100));
      const out = Object.assign(document.createElement("canvas"), {
        width: part(turned.width, cut.left, cut.right),
        height: part(turned.height, cut.top, cut.bottom),
      });
      const pen = out.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, out.width, out.height);
      pen.drawImage(turned, -Math.round((cut.left / 100) * turned.width), -Math.round((cut.top / 100) * turned.height));
      out.toBlob(callback, "image/jpeg", 0.9);
    }

    return {
      draw, turn, rectangle, show,
      get cut() { return { ...cut }; },
      set cut(wanted) { cut = { ...whole(), ...wanted }; },
      async open(address) { // rejects where the browser cannot show this kind of file
        source.src = address;
        await source.decode();
      },
    };
  }

  window.cropping = cropping;
  window.isWholeCut = isWhole;

  // The page that cuts a picture anew: its numbers become sliders, its picture a frame to drag.
  const form = document.getElementById("cropping");
  if (!form) return;
  const inputs = Object.fromEntries(SIDES.map((side) => [side, form.elements[side]]));
  const canvas = Object.assign(document.createElement("canvas"), { className: "editor-canvas" });
  const editor = cropping(canvas, inputs);
  editor.open(form.dataset.picture).then(() => {
    const numbers = Object.fromEntries(SIDES.map((side) => [side, Number(inputs[side].value) || 0]));
    editor.cut = { ...numbers, turns: Number(form.elements.turns.value) };
    for (const side of SIDES) Object.assign(inputs[side], { type: "range", min: 0, max: 100 - LEAST, step: "any" });
    document.getElementById("cropping-picture").replaceChildren(canvas);
    editor.draw();
    form.elements.turns.addEventListener("change", () => editor.turn(Number(form.elements.turns.value) - editor.cut.turns));
  }).catch(() => {}); // the numbers do as well
})();

// Saves a chart as an image: its finding, its legend and its drawing, in the colors of the page.
const SVG = "http://www.w3.org/2000/svg";
const STYLES = [
  "display", "dominant-baseline", "fill", "fill-opacity", "font-family", "font-size", "font-weight",
  "opacity", "paint-order", "stroke", "stroke-dasharray", "stroke-linejoin", "stroke-opacity",
  "stroke-width", "text-anchor", "vector-effect", "visibility",
];
const MARGIN = 16, TITLE = 16, LABEL = 13, SWATCH = 12, PIXELS = 2;

function make(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

// Few programs know the function color(), in which browsers return mixed colors.
function asRgb(value) {
  return value.replace(/color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)/g, (_, r, g, b, alpha = 1) =>
    `rgba(${[r, g, b].map((part) => Math.round(part * 255)).join(", ")}, ${alpha})`);
}

// A file has no style sheet, so each element takes the styles that the page gave it.
function styledCopy(drawing) {
  const copy = drawing.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  [drawing, ...drawing.querySelectorAll("*")].forEach((original, index) => {
    const styles = getComputedStyle(original);
    for (const name of STYLES) copies[index].style.setProperty(name, asRgb(styles.getPropertyValue(name)));
    for (const { name, value } of [...copies[index].attributes]) {
      if (value.includes("var(") && name !== "style") copies[index].removeAttribute(name);
    }
    for (const name of ["class", "tabindex", "data-go", "data-member"]) copies[index].removeAttribute(name);
  });
  return copy;
}

function linesOf(text, font, width) {
  const brush = document.createElement("canvas").getContext("2d");
  brush.font = font;
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (lines.at(-1) && brush.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function background(element) {
  for (let each = element; each; each = each.parentElement ?? each.getRootNode().host) {
    const { backgroundColor } = getComputedStyle(each);
    if (!/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) return asRgb(backgroundColor);
  }
  return "white";
}

function image(figure) {
  const drawings = [...figure.querySelectorAll("svg")].filter((each) => each.clientWidth > 0);
  const boxes = drawings.map((each) => each.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left)), top = Math.min(...boxes.map((box) => box.top));
  const width = Math.max(...boxes.map((box) => box.right)) - left + 2 * MARGIN;
  const { color, fontFamily } = getComputedStyle(figure);
  const root = make("svg", { xmlns: SVG, width, "font-family": fontFamily, fill: color });
  const paper = root.appendChild(make("rect", { width: "100%", height: "100%", fill: background(figure) }));
  let y = MARGIN;
  const title = figure.closest("section")?.querySelector("h2")?.textContent.trim() ?? "";
  for (const line of linesOf(title, `600 ${TITLE}px ${fontFamily}`, width - 2 * MARGIN)) {
    y += TITLE;
    root.append(make("text", { x: MARGIN, y, "font-size": TITLE, "font-weight": 600 }, line));
    y += TITLE / 3;
  }
  let x = MARGIN;
  for (const entry of figure.querySelectorAll(".legend span")) {
    const fill = getComputedStyle(entry.querySelector("i")).backgroundColor;
    const name = entry.textContent.trim();
    root.append(make("rect", { x, y: y + 6, width: SWATCH, height: SWATCH, rx: 2, fill: asRgb(fill) }));
    root.append(make("text", { x: x + SWATCH + 6, y: y + 6 + SWATCH - 1, "font-size": LABEL }, name));
    x += SWATCH + 24 + name.length * LABEL * 0.55;
  }
  y += x > MARGIN ? SWATCH + 16 : 8;
  drawings.forEach((drawing, index) => {
    const copy = styledCopy(drawing), box = boxes[index];
    const place = { x: MARGIN + box.left - left, y: y + box.top - top, width: box.width, height: box.height };
    for (const [key, value] of Object.entries(place)) copy.setAttribute(key, value);
    root.append(copy);
  });
  const patterns = figure.getRootNode().querySelector(".patterns");
  if (patterns) root.append(styledCopy(patterns));
  const height = Math.max(...boxes.map((box) => box.bottom)) - top + y + MARGIN;
  root.setAttribute("height", height);
  paper.setAttribute("height", height);
  return { text: new XMLSerializer().serializeToString(root), width, height };
}

async function png({ text, width, height }) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const picture = new Image(width, height);
    picture.src = address;
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * PIXELS, height * PIXELS];
    const brush = canvas.getContext("2d");
    brush.scale(PIXELS, PIXELS);
    brush.drawImage(picture, 0, 0, width, height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

export async function saveChart(button) {
  const figure = button.closest("figure"), kind = button.dataset.save;
  const drawn = image(figure);
  const file = kind === "png" ? await png(drawn) : new Blob([drawn.text], { type: "image/svg+xml" });
  const topic = figure.closest("section")?.querySelector(".topic")?.firstChild.textContent ?? "chart";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${topic.trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

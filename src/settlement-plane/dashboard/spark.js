/**
 * Spark: the last minute of a figure as a line on a canvas, the newest at the right.
 */
const POINTS = 60;

export class Spark {
  constructor(canvas) {
    this.canvas = canvas;
    this.values = [];
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > POINTS) this.values.shift();
    this.draw();
  }

  draw() {
    const { canvas, values } = this;
    const ratio = devicePixelRatio;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    if (values.length < 2) return;
    const top = niceAbove(Math.max(...values));
    const x = (i) => width - 4 - ((values.length - 1 - i) * (width - 8)) / (POINTS - 1);
    const y = (value) => height - 3 - (value / top) * (height - 16);
    drawGuide(context, { width, y: y(top), label: String(top) });
    context.beginPath();
    for (const [i, value] of values.entries()) context.lineTo(x(i), y(value));
    context.strokeStyle = "#7fb2ff";
    context.lineWidth = 1.6;
    context.lineJoin = "round";
    context.stroke();
    context.lineTo(x(values.length - 1), height);
    context.lineTo(x(0), height);
    const fill = context.createLinearGradient(0, 0, 0, height);
    fill.addColorStop(0, "#7fb2ff3d");
    fill.addColorStop(1, "#7fb2ff00");
    context.fillStyle = fill;
    context.fill();
    context.beginPath();
    context.arc(x(values.length - 1), y(values.at(-1)), 2.6, 0, 7);
    context.fillStyle = "#cfe2ff";
    context.fill();
  }
}

function drawGuide(context, { width, y, label }) {
  context.fillStyle = "#66748a";
  context.font = "10px system-ui, sans-serif";
  context.textAlign = "right";
  context.fillText(label, width - 2, y - 3);
  context.fillStyle = "#1f2836";
  context.fillRect(0, y, width, 1);
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

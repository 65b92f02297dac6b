// The shapes that tell a state: those of the tray icon. Colour only adds to them.

const SVG = "http://www.w3.org/2000/svg";

const PARTS = {
  connected: [
    ["path", "filled", { d: "M11 1.6 L18.9 4.3 V10.2 C18.9 15 15.7 18.6 11 20.5 C6.3 18.6 3.1 15 3.1 10.2 V4.3 Z" }],
    ["path", "mark", { d: "M6.7 10.9 L9.8 14 L15.5 7.6" }],
  ],
  unverified: [
    ["path", "filled rounded", { d: "M11 2.4 L20.4 19.6 H1.6 Z" }],
    ["path", "mark", { d: "M11 7.6 V13.1" }],
    ["circle", "dot", { cx: 11, cy: 16.9, r: 1.45 }],
  ],
  question: [
    [
      "path",
      "filled",
      {
        d:
          "M4 2.2 H18 C19.4 2.2 20.4 3.2 20.4 4.6 V13.4 C20.4 14.8 19.4 15.8 18 15.8 H11.8 L6.6 20.4 V15.8 H4 " +
          "C2.6 15.8 1.6 14.8 1.6 13.4 V4.6 C1.6 3.2 2.6 2.2 4 2.2 Z",
      },
    ],
    [
      "path",
      "mark thin",
      { d: "M8.2 6.9 C8.2 5.3 9.4 4.4 11 4.4 C12.6 4.4 13.8 5.3 13.8 6.8 C13.8 8.6 11 8.7 11 10.7" },
    ],
    ["circle", "dot", { cx: 11, cy: 13.4, r: 1.3 }],
  ],
  refused: [
    ["path", "filled", { d: "M7 1.6 H15 L20.4 7 V15 L15 20.4 H7 L1.6 15 V7 Z" }],
    ["path", "mark", { d: "M7.3 7.3 L14.7 14.7 M14.7 7.3 L7.3 14.7" }],
  ],
  nothing: [["circle", "dashed", { cx: 11, cy: 11, r: 8 }]],
  offline: [
    ["path", "dashed", { d: "M11 2.6 L18 5 V10.2 C18 14.4 15.2 17.6 11 19.4 C6.8 17.6 4 14.4 4 10.2 V5 Z" }],
  ],
};

/** A picture of a shape, which says nothing to a screen reader: the words beside it do. */
export function shape(name, size) {
  const picture = document.createElementNS(SVG, "svg");
  const attributes = { class: `shape ${name}`, viewBox: "0 0 22 22", width: size, height: size, "aria-hidden": "true" };
  for (const [attribute, value] of Object.entries(attributes)) {
    picture.setAttribute(attribute, value);
  }
  for (const [kind, className, geometry] of PARTS[name]) {
    const part = document.createElementNS(SVG, kind);
    part.setAttribute("class", className);
    for (const [attribute, value] of Object.entries(geometry)) {
      part.setAttribute(attribute, value);
    }
    picture.append(part);
  }
  return picture;
}

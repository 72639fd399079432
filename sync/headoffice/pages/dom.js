// Small helpers to build elements. Text is always set as text, never as markup.

/** h("button", {class: "big", onclick: f}, child, "text", …) */
export function h(tag, attributes = {}, ...children) {
  const svg = ["svg", "rect", "line", "g", "title"].includes(tag) || (tag === "text");
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Put these children in the place of the old ones. */
export const fill = (element, ...children) => element.replaceChildren(...children.flat().filter(Boolean));

/** A modal dialog with a title and a close button. */
export function dialog(title, closeLabel, ...body) {
  const box = h("dialog", {"aria-label": title},
    h("header", {}, h("h2", {}, title), h("button", {type: "button", class: "soft", onclick: () => box.close()}, closeLabel)),
    h("div", {}, ...body));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/** Let the browser save a text under a name. */
export function save(name, content, type = "application/json") {
  const url = URL.createObjectURL(new Blob([content], {type}));
  h("a", {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

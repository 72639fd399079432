// Small helpers to build elements. Text is always set as text, never as markup.

/** h("button", {class: "big", onclick: f, "aria-label": "x"}, child, "text", …) */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else set(element, name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Set, or with null, undefined and false remove, an attribute; touches the document only when it differs. */
export function set(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Set the text of an element; a screen reader hears of it only when it differs. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** Put these children in the place of the old ones. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter(Boolean));
}

/** A modal dialog with a title and a close button; resolves nothing, `onclose` is called once. */
export function dialog(title, closeLabel, body, onclose = () => {}) {
  const box = h("dialog", {"aria-label": title, class: "sheet"},
    h("header", {class: "sheet-head"}, h("h2", {}, title),
      h("button", {type: "button", class: "soft", onclick: () => box.close()}, closeLabel)),
    h("div", {class: "sheet-body"}, body));
  box.addEventListener("close", () => { box.remove(); onclose(); });
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  document.body.append(box);
  box.showModal();
  return box;
}

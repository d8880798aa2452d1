/** Elements without markup in strings: text that comes from the array is never read as HTML. */

export type Attributes = Readonly<Record<string, string | number | boolean | EventListener | undefined>>;

/** Makes an element: attributes, `on…` listeners, and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string | undefined)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

function set(element: HTMLElement, name: string, value: Attributes[string]): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else if (typeof value === "function") element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** The element of the page with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element as T;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setLevel(element: HTMLElement, level: string): void {
  if (element.dataset["level"] !== level) element.dataset["level"] = level;
}

const keys = new WeakMap<Element, string>();

/**
 * Brings a parent's children in line with a list, by key: those that stay are the same elements, so that focus and
 * scrolling stay where they are.
 */
export function keyed<T>(
  parent: Element,
  items: readonly T[],
  keyOf: (item: T) => string,
  create: (item: T) => HTMLElement,
  update: (element: HTMLElement, item: T) => void = () => {},
): void {
  const known = new Map<string, HTMLElement>();
  for (const child of [...parent.children]) {
    const key = keys.get(child);
    if (key === undefined) child.remove();
    else known.set(key, child as HTMLElement);
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const element = known.get(key) ?? create(item);
    known.delete(key);
    keys.set(element, key);
    update(element, item);
    if (element === next) next = element.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  for (const gone of known.values()) gone.remove();
}

/** A list, or a sentence where there is nothing. */
export function keyedOrEmpty<T>(
  parent: Element,
  items: readonly T[],
  empty: string,
  keyOf: (item: T) => string,
  create: (item: T) => HTMLElement,
  update?: (element: HTMLElement, item: T) => void,
): void {
  keyed(parent, items, keyOf, create, update);
  if (items.length === 0) parent.append(make("li", { class: "empty" }, empty));
}

/** A message that goes by itself; failures stay longer. */
export function toast(text: string, level: "good" | "bad" = "good"): void {
  const element = make("p", { class: "toast", "data-level": level }, text);
  byId("toasts").append(element);
  setTimeout(() => element.remove(), level === "bad" ? 12_000 : 5000);
}

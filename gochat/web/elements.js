/**
 * Builds elements and icons. Texts go in as text nodes only, so nothing that anybody wrote can become markup.
 * Below all views; knows nothing of the chat.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a 24 by 24 grid. */
const ICONS = {
  alert: "M12 8v5m0 3.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  auto: "M4 5h16v11H4Zm5 15h6m-3-4v4",
  back: "m14.5 5-7 7 7 7",
  check: "m5 12.5 4.5 4.5L19 7.5",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Zm0 4V12l3 2",
  close: "m6 6 12 12M18 6 6 18",
  dark: "M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2Z",
  docs: "M5 4.5h6a2 2 0 0 1 2 2V20a2 2 0 0 0-2-1.5H5Zm8 2a2 2 0 0 1 2-2h4.5v14H15a2 2 0 0 0-2 1.5",
  down: "M12 5v14m-6-6 6 6 6-6",
  group: "M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11Zm-6 8.5c0-3 2.5-5 6-5s6 2 6 5"
    + "M15.5 5a3 3 0 0 1 0 5.8m2 4c2.2.7 3.5 2.3 3.5 4.7",
  leave: "M14 4.5H6.5A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.5H14"
    + "M10.5 12H20m-3.5-3.5L20 12l-3.5 3.5",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-5.5v2m0 15v2M2.5 12h2m15 0h2"
    + "M5.3 5.3l1.4 1.4m10.6 10.6 1.4 1.4m0-13.4-1.4 1.4M6.7 17.3l-1.4 1.4",
  members: "M4 6.5h16M4 12h16M4 17.5h10",
  people: "M10 11.5a3.6 3.6 0 1 0 0-7.2 3.6 3.6 0 0 0 0 7.2ZM3.5 20c0-3.3 2.8-5.3 6.5-5.3s6.5 2 6.5 5.3M19 8v6m3-3h-6",
  send: "M4.5 12 20 4.5 14.5 20l-3-6.5Zm7 1.5L20 4.5",
  world: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3.5 12h17M12 3c5 5 5 13 0 18-5-5-5-13 0-18Z",
};

/**
 * Builds an element.
 *
 * @param {string} tag
 * @param {Object<string, unknown>} [properties] Attributes; `on`: listeners by event; `test`: its name for tests.
 *   What is undefined, null or false is left out.
 * @param {...(Node|string|null|undefined|false|Array)} children
 */
export function build(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "test") element.dataset.test = String(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Builds an icon, which readers of the screen skip: a text beside it says the same. */
export function buildIcon(name) {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("class", `icon icon-${name}`);
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  icon.append(path);
  return icon;
}

/** Returns a function that has `show` run in the next frame, once however often it is called, until `signal`. */
export function oncePerFrame(show, signal) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      if (!signal.aborted) show();
    });
  };
}

/** Builds a button that shows an icon and says `label`. */
export function buildIconButton(icon, label, properties) {
  return build("button", { type: "button", class: "icon-button", "aria-label": label, title: label, ...properties },
    buildIcon(icon));
}

/** Builds the round picture of somebody: the first letter on one of eight colours, both drawn from the name. */
export function buildAvatar(name, icon) {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8, 0);
  const letter = [...name][0]?.toUpperCase() ?? "?";
  return build("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, icon ? buildIcon(icon) : letter);
}

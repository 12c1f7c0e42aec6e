/**
 * A dialog with a title and a way out, and the search for people that several of them have.
 * Between the elements and the dialogs of people.js and members.js.
 */
import { build, buildAvatar, buildIconButton } from "./elements.js";
import { explainFailure, say } from "./texts.js";

const PAUSE_MS = 250;

/**
 * Opens a dialog. Escape, the close button and a click beside it close it, and the focus goes back to where it was.
 *
 * @param {string} title
 * @param {string} name Its name for tests.
 * @param {AbortSignal} signal Closes it.
 */
export function openDialog(title, name, signal) {
  const failure = build("p", { class: "failure", role: "alert", test: "dialog-failure" });
  const body = build("div", { class: "dialog-body" });
  const closed = new AbortController();
  const dialog = build("dialog", { class: "dialog", "aria-labelledby": `${name}-title`, test: name, on: {
    close: () => {
      closed.abort();
      dialog.remove();
    },
    click: (event) => event.target === dialog && dialog.close(),
  } },
  build("div", { class: "dialog-frame" },
    build("header", { class: "dialog-head" }, build("h2", { id: `${name}-title` }, title),
      buildIconButton("close", say("close"), { test: "dialog-close", on: { click: () => dialog.close() } })),
    failure, body));
  document.body.append(dialog);
  dialog.showModal();
  signal.addEventListener("abort", () => dialog.close(), { signal: closed.signal });
  return {
    body,
    close: () => dialog.close(),
    signal: closed.signal,
    /** Runs what a button stands for; it is off meanwhile, and a failure is said. */
    async run(button, action) {
      failure.textContent = "";
      button.disabled = true;
      try {
        await action();
      } catch (error) {
        failure.textContent = explainFailure(error);
      }
      button.disabled = false;
    },
  };
}

/** Builds the line of a person, with buttons. */
export function buildPerson(user, { presence, note } = {}, ...buttons) {
  const avatar = buildAvatar(user.username);
  if (presence) avatar.dataset.presence = presence;
  return build("li", { class: "person", test: "person", "data-name": user.username }, avatar,
    build("span", { class: "person-name" }, build("bdi", {}, user.username),
      note && build("small", {}, note),
      presence && build("span", { class: "unseen" }, say(presence === "online" ? "online" : "offlineShort"))),
    build("span", { class: "person-buttons" }, buttons));
}

/**
 * Builds a search for people.
 *
 * @param {import("./state.js").ChatState} state
 * @param {(user: object) => HTMLElement|null} buildResult Null leaves somebody out.
 * @param {string} [label]
 */
export function buildSearch(state, buildResult, label = say("searchLabel")) {
  const results = build("ul", { class: "persons", test: "results" });
  const status = build("p", { class: "hint", role: "status" });
  const input = build("input", { id: "search", type: "search", autocomplete: "off", autocapitalize: "none",
    spellcheck: "false", maxlength: 50, placeholder: say("searchHint"), test: "search", on: { input: searchSoon } });
  let timer;
  let found = [];
  return {
    element: build("div", { class: "search" },
      build("label", { for: "search" }, label), input, status, results),
    show,
    focus: () => input.focus(),
    /** Makes ready for the next name. */
    clear() {
      input.value = "";
      found = [];
      status.textContent = "";
      show();
    },
  };

  function searchSoon() {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_MS);
  }

  async function search() {
    const q = input.value.trim();
    try {
      const users = q === "" ? [] : (await state.chat.api.searchUsers({ q, limit: 20 })).users;
      if (q !== input.value.trim()) return; // typed on meanwhile
      found = users.filter((user) => user.id !== state.user.id);
      status.textContent = q !== "" && found.length === 0 ? say("nobodyFound") : "";
      show();
    } catch (error) {
      status.textContent = explainFailure(error);
    }
  }

  function show() {
    results.replaceChildren(...found.map(buildResult).filter((item) => item !== null));
  }
}

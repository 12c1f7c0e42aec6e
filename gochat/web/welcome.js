/**
 * The page before somebody is logged in: log in, register, or enter as a guest.
 * Uses the client's account methods; what comes after is app.js's business.
 */
import { buildControls } from "./controls.js";
import { build } from "./elements.js";
import { explainFailure, say } from "./texts.js";

const USERNAME = /^[A-Za-z0-9_.-]{3,50}$/;
const PASSWORD_MIN = 8;
const PASSWORD_MAX = 128;

/**
 * Builds the welcome page.
 *
 * @param {import("./gochat.js").GoChat} chat
 * @param {{username: string, password: string, isNew: boolean}} typed What was typed; kept when the language changes.
 * @param {string} notice Why one is here again, if there is a reason.
 */
export function buildWelcome(chat, typed, notice) {
  const failure = build("p", { class: "failure", role: "alert", test: "welcome-failure" });
  const username = buildField("username", say("username"), say("usernameHint"), typed, {
    autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 50, test: "username",
  });
  const password = buildField("password", say("password"), say("passwordHint"), typed, {
    type: "password", test: "password",
  });
  const submit = build("button", { type: "submit", class: "main-button", test: "submit" });
  const guest = build("button", { type: "button", class: "plain-button", test: "guest", on: { click: enterAsGuest } },
    say("enterAsGuest"));
  const modes = [false, true].map((isNew) => build("button", {
    type: "button", test: isNew ? "mode-register" : "mode-login", on: { click: () => choose(isNew) },
  }, say(isNew ? "register" : "logIn")));

  const form = build("form", { novalidate: true, test: "welcome", on: { submit: submitForm } },
    build("div", { class: "segments", role: "group" }, modes),
    username.parts, password.parts, failure, submit,
    build("p", { class: "divider" }, say("or")),
    guest,
    build("p", { class: "hint centred" }, say("guestNote")));
  choose(typed.isNew);

  return build("main", { class: "welcome", id: "main" },
    build("header", { class: "welcome-top" }, buildControls()),
    build("div", { class: "welcome-card" },
      build("img", { src: "page/icon.svg", alt: "", class: "mark", width: 52, height: 52 }),
      build("h1", {}, say("welcome")),
      build("p", { class: "tagline" }, say("tagline")),
      notice && build("p", { class: "notice", role: "status", test: "notice" }, notice),
      form));

  function choose(isNew) {
    typed.isNew = isNew;
    modes.forEach((button, index) => button.setAttribute("aria-pressed", String(isNew === (index === 1))));
    submit.textContent = say(isNew ? "registerAction" : "logIn");
    password.input.autocomplete = isNew ? "new-password" : "current-password";
    username.hint.hidden = password.hint.hidden = !isNew;
    fail(null, "");
  }

  async function submitForm(event) {
    event.preventDefault();
    if (!USERNAME.test(typed.username)) return fail(username.input, say("usernameRule"));
    const length = [...typed.password].length;
    if (length < PASSWORD_MIN || length > PASSWORD_MAX) return fail(password.input, say("passwordRule"));
    return await enter(() => (typed.isNew
      ? chat.register(typed.username, typed.password)
      : chat.login(typed.username, typed.password)), typed.isNew ? username.input : password.input);
  }

  async function enterAsGuest() {
    await enter(() => chat.guest(), null);
  }

  async function enter(attempt, culprit) {
    fail(null, "");
    form.inert = true;
    form.setAttribute("aria-busy", "true");
    try {
      await attempt(); // the client's "user" event brings the chat
      typed.password = "";
    } catch (error) {
      form.inert = false;
      form.removeAttribute("aria-busy");
      fail(culprit, explainFailure(error));
    }
  }

  function fail(input, text) {
    failure.textContent = text;
    for (const field of [username.input, password.input]) field.removeAttribute("aria-invalid");
    input?.setAttribute("aria-invalid", "true");
    input?.focus();
  }
}

function buildField(name, label, hint, typed, properties) {
  const hintElement = build("span", { class: "hint", id: `${name}-hint` }, hint);
  const input = build("input", {
    id: name, name, required: true, "aria-describedby": `${name}-hint`, ...properties,
    on: { input: () => { typed[name] = input.value; } },
  });
  input.value = typed[name];
  const head = build("div", { class: "field-head" }, build("label", { for: name }, label), hintElement);
  return { input, hint: hintElement, parts: build("div", { class: "field" }, head, input) };
}

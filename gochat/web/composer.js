/**
 * Where one writes: Enter sends, Shift+Enter starts a new line, and near the limit it counts.
 * A view of the state, which keeps what was typed.
 */
import { build, buildIcon } from "./elements.js";
import { say } from "./texts.js";

/** In code points, as in the contract. */
const LIMIT = 4000;
const COUNT_FROM = 3600;
const HEIGHT_MAX_PX = 180;

/**
 * Builds the composer of the open conversation.
 *
 * @param {import("./state.js").ChatState} state
 * @param {string} name How the conversation is called.
 * @param {() => void} sent Called after a message was handed over.
 */
export function buildComposer(state, name, sent) {
  const id = state.openId;
  const label = say("messageTo", { name });
  const counter = build("span", { class: "counter", id: "counter", role: "status", test: "counter" });
  const text = build("textarea", {
    id: "composer", rows: 1, placeholder: label, "aria-label": label, "aria-describedby": "composer-hint counter",
    enterkeyhint: "send", dir: "auto", test: "composer", on: { input: follow, keydown: followKey },
  });
  const button = build("button", { type: "submit", class: "send-button", "aria-label": say("send"), title: say("send"),
    test: "send" }, buildIcon("send"));
  text.value = state.drafts.get(id) ?? "";
  const form = build("form", { class: "composer", on: { submit } },
    build("div", { class: "composer-box" }, text, button),
    build("div", { class: "composer-foot" },
      build("span", { class: "hint", id: "composer-hint" }, say("composerHint")), counter));
  requestAnimationFrame(follow); // its height is known once it is on the page
  return { element: form, focus: () => text.focus() };

  function follow() {
    state.drafts.set(id, text.value);
    const left = LIMIT - [...text.value].length;
    if (LIMIT - left < COUNT_FROM) counter.textContent = "";
    else counter.textContent = left < 0 ? say("charactersOver", { n: -left }) : say("charactersLeft", { n: left });
    counter.classList.toggle("is-over", left < 0);
    text.setAttribute("aria-invalid", String(left < 0));
    button.disabled = left < 0 || text.value.trim() === "";
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, HEIGHT_MAX_PX)}px`;
    text.style.overflowY = text.scrollHeight > HEIGHT_MAX_PX ? "auto" : "hidden";
  }

  /** An Enter that ends the writing of Chinese characters is not ours: 229 is how some browsers say so. */
  function followKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit(event);
  }

  function submit(event) {
    event.preventDefault();
    follow();
    if (button.disabled) return;
    state.outbox.send(id, text.value.trim());
    text.value = "";
    follow();
    text.focus();
    sent();
  }
}

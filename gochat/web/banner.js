/**
 * The line above the chat that says when there is no connection, and what one can do about it.
 * Follows the client's socket; knows nothing of messages.
 */
import { build } from "./elements.js";
import { say } from "./texts.js";

const REPLACED = 4409;
/** A connection that comes at once is not worth a word. */
const PATIENCE_MS = 1500;

/**
 * Builds the banner.
 *
 * @param {import("./state.js").ChatState} state
 * @param {AbortSignal} signal Ends the listening.
 */
export function buildBanner(state, signal) {
  const { socket } = state.chat;
  const seen = build("span", { class: "banner-text", "aria-hidden": "true" });
  const said = build("span", { class: "unseen", role: "status" });
  const button = build("button", { type: "button", class: "banner-button", test: "banner-button",
    on: { click: () => socket.connect() } });
  const banner = build("div", { class: "banner", test: "banner", hidden: true }, seen, button);
  let timer;
  state.addEventListener("connection", show, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  show();
  return build("div", { class: "banner-place" }, banner, said);

  function show() {
    clearTimeout(timer);
    const now = socket.state;
    banner.dataset.status = now.status;
    if (now.status === "waiting") {
      const seconds = Math.max(1, Math.ceil((now.retryAt - Date.now()) / 1000));
      tell(say("retryIn", { n: seconds }), say("retrySaid"), say("tryNow"));
      timer = setTimeout(show, 500);
    } else if (now.status === "connecting" && now.attempt > 0) {
      tell(say("connectingAgain"), say("retrySaid"));
    } else if (now.status === "connecting") {
      tell("", "");
      timer = setTimeout(() => tell(say("connecting"), say("connecting")), PATIENCE_MS);
    } else if (now.status === "offline") {
      tell(say("offline"), say("offline"), say("tryNow"));
    } else if (now.status === "closed" && now.code === REPLACED) {
      tell(say("replaced"), say("replaced"), say("useHere"));
    } else tell("", "");
  }

  /** The countdown is not read out, or it would be every second. */
  function tell(text, spoken, action = "") {
    const hadFocus = document.activeElement === button;
    banner.hidden = text === "";
    if (seen.textContent !== text) seen.textContent = text;
    if (said.textContent !== spoken) said.textContent = spoken;
    if (button.textContent !== action) button.textContent = action;
    button.hidden = action === "";
    if (hadFocus && button.hidden) document.querySelector("#main")?.focus();
  }
}

/**
 * Starts the page: the client with its login kept in the browser, the welcome page or the chat.
 * On top of all other modules.
 */
import { buildChat } from "./chat.js";
import { GoChat, localStore } from "./gochat.js";
import { preferences } from "./preferences.js";
import { ChatState } from "./state.js";
import { say } from "./texts.js";
import { buildWelcome } from "./welcome.js";

const LOGIN = "gochat";

const root = document.querySelector("#app");
const chat = new GoChat({ store: localStore(LOGIN), language: preferences.language });
const typed = { username: "", password: "", isNew: false };
/** @type {ChatState|null} */
let state = null;
let view = new AbortController();
/** Why one is on the welcome page: the key of a text, or nothing. */
let notice = "";
let isLeaving = false;

preferences.apply();
preferences.addEventListener("language", () => {
  const { test } = document.activeElement?.dataset ?? {};
  show();
  if (test) root.querySelector(`[data-test="${CSS.escape(test)}"]`)?.focus();
});
chat.on("user", (user) => {
  if ((user?.id ?? null) !== (state?.user.id ?? null)) enter(user);
});
addEventListener("storage", (event) => {
  // Another tab has logged in or out: this one follows, or two people would share a page.
  if (event.key === LOGIN && (chat.user?.id ?? null) !== (state?.user.id ?? null)) location.reload();
});
enter(chat.user);

/** Shows what there is for somebody who has come, or for nobody. */
function enter(user) {
  const hadChat = state !== null;
  state?.stop();
  state = null;
  if (user === null) {
    chat.socket.close();
    history.replaceState(null, "", location.pathname + location.search);
  } else {
    notice = "";
    state = new ChatState(chat);
    state.addEventListener("ended", () => void leave("sessionEnded"));
  }
  if (hadChat && user === null && notice === "" && !isLeaving) notice = "sessionEnded";
  show();
  state?.start();
}

function show() {
  view.abort();
  view = new AbortController();
  if (state === null) {
    document.title = "GoChat";
    root.replaceChildren(buildWelcome(chat, typed, notice && say(notice)));
    root.querySelector(typed.username === "" ? "#username" : "#password").focus();
  } else root.replaceChildren(buildChat(state, () => void leave(""), view.signal));
}

/** Logs out; `reason` is the key of a text that says why, empty where it was one's own wish. */
async function leave(reason) {
  notice = reason;
  isLeaving = true;
  if (reason === "") state?.outbox.clear();
  typed.isNew = reason === "" && state?.user.isGuest === true;
  try {
    await chat.logout(); // its "user" event brings the welcome page
  } catch {
    // The server could not be told; here it is over all the same.
  }
  isLeaving = false;
}

/**
 * The page of somebody who is logged in: list, conversation, banner; which conversation is open is in the address.
 * Puts the views together. It is built anew when the language changes; the state lives on.
 */
import { buildBanner } from "./banner.js";
import { buildComposer } from "./composer.js";
import { buildControls } from "./controls.js";
import { buildConversations } from "./conversations.js";
import { build, buildAvatar, buildIconButton } from "./elements.js";
import { openMembers } from "./members.js";
import { buildConversationAvatar, findPresence, nameContent, nameConversation } from "./names.js";
import { openNewGroup, openPeople } from "./people.js";
import { GROUP, WORLD } from "./state.js";
import { say } from "./texts.js";
import { buildTimeline } from "./timeline.js";

const WIDE = matchMedia("(min-width: 721px)");

/**
 * Builds the chat.
 *
 * @param {import("./state.js").ChatState} state
 * @param {() => void} logOut
 * @param {AbortSignal} signal Ends the listening.
 */
export function buildChat(state, logOut, signal) {
  const main = build("main", { class: "conversation", id: "main", tabindex: -1 });
  const peopleBadge = build("span", { class: "badge", hidden: true, test: "requests-badge" });
  const frame = build("div", { class: "chat", test: "chat" },
    build("a", { class: "skip", href: "#main", on: { click: skip } }, say("skip")),
    buildBanner(state, signal),
    build("div", { class: "panes" }, buildSidebar(), main));
  /** Ends what the open conversation's views listen to. */
  let shownEnd = null;
  let isGuestToBeLed = state.user.isGuest;

  addEventListener("hashchange", followAddress, { signal });
  WIDE.addEventListener("change", chooseDefault, { signal });
  state.addEventListener("rows", () => {
    if (readAddress() !== state.openId) followAddress();
    chooseDefault();
    showTitle();
  }, { signal });
  state.addEventListener("open", showConversation, { signal });
  state.addEventListener("people", showRequests, { signal });
  state.addEventListener("gone", () => {
    goTo(null);
    announce(say("conversationGone"));
  }, { signal });
  state.addEventListener("arrived", ({ detail }) => {
    announce(`${detail.sender.username}: ${nameContent(detail)}`);
  }, { signal });
  signal.addEventListener("abort", () => shownEnd?.abort());
  followAddress();
  chooseDefault();
  showConversation();
  showTitle();
  showRequests();
  return frame;

  function buildSidebar() {
    const { user } = state;
    return build("aside", { class: "sidebar", "aria-label": say("conversations") },
      build("header", { class: "sidebar-head" },
        buildAvatar(user.username),
        build("div", { class: "self" }, build("bdi", { class: "self-name", test: "self" }, user.username),
          user.isGuest ? build("small", {}, say("guest")) : buildConnection()),
        !user.isGuest && buildIconButton("group", say("newGroup"), { test: "open-new-group",
          on: { click: () => openNewGroup(state, choose, signal) } }),
        !user.isGuest && build("span", { class: "badged" },
          buildIconButton("people", say("people"), { test: "open-people",
            on: { click: () => openPeople(state, choose, signal) } }), peopleBadge)),
      buildConversations(state, choose, signal),
      user.isGuest && build("div", { class: "guest-hint", test: "guest-hint" }, build("p", {}, say("guestHint")),
        build("button", { type: "button", class: "main-button small", test: "guest-register", on: { click: logOut } },
          say("register"))),
      build("footer", { class: "sidebar-foot" }, buildControls(
        buildIconButton("leave", say("logOut"), { test: "log-out", on: { click: logOut } }))));
  }

  function buildConnection() {
    const text = build("small", { class: "self-state", test: "connection" });
    const show = () => {
      const isOpen = state.chat.socket.state.status === "open";
      text.textContent = say(isOpen ? "onlineShort" : "offlineShort");
      text.dataset.open = String(isOpen);
    };
    state.addEventListener("connection", show, { signal });
    show();
    return text;
  }

  /** Shows the open conversation in the main pane. */
  function showConversation() {
    shownEnd?.abort();
    const row = state.openRow;
    frame.dataset.view = state.openId === null ? "list" : "conversation";
    if (row === null) {
      shownEnd = null;
      main.removeAttribute("aria-label");
      main.replaceChildren(build("div", { class: "nothing" },
        state.openId === null && build("p", { class: "nothing-title" }, say("noConversation")),
        state.openId === null && !state.user.isGuest && build("p", { class: "hint" }, say("noConversationHint"))));
      return;
    }
    const end = new AbortController();
    shownEnd = end;
    const name = nameConversation(row.conversation);
    const timeline = buildTimeline(state, name, end.signal);
    const composer = buildComposer(state, name, timeline.goToEnd);
    main.setAttribute("aria-label", name);
    main.replaceChildren(buildHead(row.conversation, end.signal), timeline.element, composer.element);
    timeline.goToEnd();
    if (document.querySelector("dialog[open]")) return;
    if (matchMedia("(pointer: coarse)").matches || !WIDE.matches) main.focus({ preventScroll: true });
    else composer.focus();
  }

  function buildHead(conversation, ended) {
    const { id, type } = conversation;
    const head = build("header", { class: "conversation-head" });
    const show = () => {
      const now = state.rows.get(id)?.conversation ?? conversation;
      const presence = findPresence(state, now);
      const about = {
        [WORLD]: say("worldAbout"), [GROUP]: say("members", { n: now.memberCount }),
      }[type] ?? (presence ? say(presence === "online" ? "online" : "offlineShort") : "");
      const looks = JSON.stringify([nameConversation(now), about, presence]);
      if (head.dataset.looks === looks) return;
      head.dataset.looks = looks;
      head.replaceChildren(...[
        buildIconButton("back", say("back"), { class: "icon-button back-button", test: "back", on: { click: goBack } }),
        buildConversationAvatar(state, now),
        build("div", { class: "conversation-title" },
          build("h1", { test: "conversation-name" }, build("bdi", {}, nameConversation(now))),
          about && build("p", { class: "hint", test: "presence", "data-presence": presence }, about)),
        type === GROUP ? buildIconButton("members", say("members", { n: now.memberCount }), { test: "open-members",
          on: { click: () => openMembers(state, signal) } }) : null,
      ].filter((part) => part !== null));
    };
    state.addEventListener("rows", show, { signal: ended });
    state.addEventListener("people", show, { signal: ended });
    show();
    return head;
  }

  function choose(id) {
    if (state.openId === id) document.querySelector("#composer")?.focus();
    goTo(id);
  }

  function goTo(id) {
    const hash = id === null ? "" : `#/${encodeURIComponent(id)}`;
    if (location.hash === hash) return;
    if (id === null) {
      history.replaceState(null, "", location.pathname + location.search);
      followAddress();
    } else location.hash = hash;
  }

  function goBack() {
    const id = state.openId;
    goTo(null);
    frame.querySelector(`[data-conversation="${CSS.escape(id)}"]`)?.focus();
  }

  /** Opens what the address says, once it is in the list. */
  function followAddress() {
    const id = readAddress();
    if (id !== null && !state.rows.has(id)) {
      if (state.hasListed) goTo(null);
      return;
    }
    state.open(id);
    chooseDefault();
  }

  /** Where there is room for both, and for guests, the world chat is open from the start. */
  function chooseDefault() {
    if (state.openId !== null || readAddress() !== null || !(WIDE.matches || isGuestToBeLed)) return;
    const world = state.sortedRows().find((row) => row.conversation.type === WORLD);
    if (world === undefined) return;
    isGuestToBeLed = false;
    history.replaceState(null, "", `#/${encodeURIComponent(world.conversation.id)}`);
    followAddress();
  }

  function showTitle() {
    const unread = state.countUnread();
    const name = state.openRow === null ? "" : `${nameConversation(state.openRow.conversation)} · `;
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${name}GoChat`;
  }

  function showRequests() {
    const count = state.requests.length;
    peopleBadge.hidden = count === 0;
    peopleBadge.replaceChildren(build("span", { "aria-hidden": "true" }, String(count)),
      build("span", { class: "unseen" }, `${say("requests")}: ${count}`));
  }

  function skip(event) {
    event.preventDefault(); // the address says which conversation is open
    (document.querySelector("#timeline") ?? main).focus();
  }
}

/** Returns the id of the conversation that the address names; null: none. */
function readAddress() {
  if (!location.hash.startsWith("#/")) return null;
  try {
    return decodeURIComponent(location.hash.slice(2));
  } catch {
    return null; // typed by hand
  }
}

/** Has a reader of the screen say something. */
function announce(text) {
  const announcer = document.querySelector("#announcer");
  announcer.append(build("p", {}, text));
  while (announcer.children.length > 5) announcer.firstChild.remove();
}

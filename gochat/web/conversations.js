/**
 * The list of conversations: who, what was said last and when, what is unread, which friend is online.
 * A view of the state. Arrow keys, Home and End go through it.
 */
import { build, oncePerFrame } from "./elements.js";
import { buildConversationAvatar, findPresence, nameContent, nameConversation } from "./names.js";
import { GROUP, WORLD } from "./state.js";
import { say, sayBriefly, sayTime } from "./texts.js";

/**
 * Builds the list.
 *
 * @param {import("./state.js").ChatState} state
 * @param {(id: string) => void} choose Called with the conversation that is wanted.
 * @param {AbortSignal} signal Ends the listening.
 */
export function buildConversations(state, choose, signal) {
  const list = build("ul", { class: "rows", test: "conversations", on: { keydown: moveFocus } });
  /** @type {Map<string, {item: HTMLElement, looks: string}>} What is shown, and what it was made from. */
  const shown = new Map();
  const showSoon = oncePerFrame(show, signal);
  state.addEventListener("rows", showSoon, { signal });
  state.addEventListener("people", showSoon, { signal });
  show();
  return build("nav", { class: "conversations", "aria-label": say("conversations") }, list);

  /** Rows that look as before stay as they are, so that focus stays, too. */
  function show() {
    const focused = document.activeElement?.dataset?.conversation;
    const items = state.sortedRows().map((row) => {
      const { id } = row.conversation;
      const looks = JSON.stringify([row.last?.seqId, row.unread, row.last && sayBriefly(row.last.createdAt),
        nameConversation(row.conversation), findPresence(state, row.conversation), id === state.openId]);
      const known = shown.get(id);
      if (known?.looks === looks) return known.item;
      const item = buildRow(row);
      shown.set(id, { item, looks });
      return item;
    });
    if (!items.every((item, index) => item === list.children[index]) || items.length !== list.children.length) {
      list.replaceChildren(...items);
      if (focused) list.querySelector(`[data-conversation="${CSS.escape(focused)}"]`)?.focus();
    }
    if (items.length === 0 && !state.hasListed) list.append(build("li", { class: "hint centred" }, say("loading")));
  }

  function buildRow(row) {
    const { conversation, last, unread } = row;
    const presence = findPresence(state, conversation);
    return build("li", {},
      build("button", {
        type: "button", class: "row", test: "conversation", "data-conversation": conversation.id,
        "data-type": conversation.type, "aria-current": conversation.id === state.openId && "true",
        on: { click: () => choose(conversation.id) },
      },
      buildConversationAvatar(state, conversation),
      build("span", { class: "row-name", test: "row-name" }, build("bdi", {}, nameConversation(conversation)),
        presence && build("span", { class: "unseen" },
          `, ${say(presence === "online" ? "online" : "offlineShort")}`)),
      last && build("time", { class: "row-time", title: sayTime(last.createdAt) }, sayBriefly(last.createdAt)),
      build("span", { class: "row-last", test: "row-last" }, last ? nameLast(row) : sayAbout(conversation)),
      unread > 0 && build("span", { class: "count" },
        build("span", { "aria-hidden": "true", test: "unread" }, unread > 99 ? "99+" : String(unread)),
        build("span", { class: "unseen" }, say("unread", { n: unread })))));
  }

  function nameLast({ conversation, last }) {
    const text = nameContent(last).replace(/\s+/g, " ").slice(0, 120);
    if (last.senderId === state.user.id) return `${say("you")}: ${text}`;
    return (conversation.type === GROUP || conversation.type === WORLD) && last.senderName
      ? `${last.senderName}: ${text}` : text;
  }

  function sayAbout({ type, memberCount }) {
    if (type === WORLD) return say("worldAbout");
    return type === GROUP ? say("members", { n: memberCount }) : "";
  }

  function moveFocus(event) {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons[Math.min(Math.max(to, 0), buttons.length - 1)]?.focus();
  }
}

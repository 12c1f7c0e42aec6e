/**
 * The messages of the open conversation: days, senders, one's own with their fate; scrolls back through the history.
 * A view of the state. Texts become text nodes, and an image or a file a link: nothing is loaded from elsewhere.
 */
import { build, buildAvatar, buildIcon, oncePerFrame } from "./elements.js";
import { findLink } from "./names.js";
import { SINGLE, WORLD } from "./state.js";
import { explainFailure, say, sayClock, sayDay, sayTime } from "./texts.js";

const SYSTEM = 4;
const IMAGE = 2;
/** Messages of one sender within so many seconds stand together. */
const TOGETHER_S = 300;
/** So near to the end counts as at the end. */
const NEAR_PX = 60;
/** So near to the beginning, the page before it is loaded. */
const AHEAD_PX = 400;

/**
 * Builds the timeline of the open conversation.
 *
 * @param {import("./state.js").ChatState} state
 * @param {string} name How the conversation is called.
 * @param {AbortSignal} signal Ends the listening.
 */
export function buildTimeline(state, name, signal) {
  const id = state.openId;
  const { type } = state.openRow.conversation;
  const history = state.historyOf(id);
  const list = build("ol", { class: "messages", test: "messages" });
  const top = build("div", { class: "timeline-top" });
  const scroller = build("div", {
    class: "timeline", id: "timeline", tabindex: 0, role: "region", "aria-label": say("messages", { name }),
    test: "timeline", on: { scroll: followScrolling },
  }, top, list);
  const jump = build("button", { type: "button", class: "jump", hidden: true, test: "jump", on: { click: goToEnd } });
  /** @type {Map<string, {item: HTMLElement, looks: string}>} What stands in the list, by key; in no order. */
  const shown = new Map();
  let isAtEnd = true;
  let news = 0;
  /** The first message that one had not read, where the line is drawn; 0: there is none in sight. */
  let markedSeqId = null;

  const showSoon = oncePerFrame(show, signal);
  state.addEventListener("messages", ({ detail }) => detail === id && showSoon(), { signal });
  state.addEventListener("arrived", ({ detail }) => {
    if (detail.conversationId !== id || isAtEnd) return;
    news += 1;
    showJump();
  }, { signal });
  const watch = new ResizeObserver(() => isAtEnd && goToEnd());
  watch.observe(scroller);
  signal.addEventListener("abort", () => watch.disconnect());
  show();
  return { element: build("div", { class: "timeline-place" }, scroller, jump), goToEnd };

  function show() {
    if (isAtEnd) history.trim();
    const anchor = isAtEnd ? null : findAnchor();
    const items = listItems();
    reconcile(items);
    showTop(items.length === 0);
    if (isAtEnd) goToEnd();
    else if (shown.has(anchor?.key)) scroller.scrollTop += findTop(shown.get(anchor.key).item) - anchor.top;
  }

  /** What stands in the list, as keys, looks and how to build each. */
  function listItems() {
    const items = [];
    let before = null;
    const outgoing = state.outbox.list(id).map((entry) => ({ ...entry, entry, sender: state.user, messageType: 1 }));
    if (markedSeqId === null && history.isLoaded) markFirstUnread();
    for (const message of [...history.messages, ...outgoing]) {
      const day = sayDay(message.createdAt);
      if (before === null || sayDay(before.createdAt) !== day) {
        const make = () => build("li", { class: "day", test: "day" }, build("span", {}, day));
        items.push({ key: `day ${day}`, looks: day, make });
        before = null;
      }
      if (message.seqId !== undefined && message.seqId === markedSeqId) {
        items.push({ key: "new", looks: "", make: () => build("li", { class: "mark-new", test: "mark-new" },
          build("span", {}, say("markNew"))) });
        before = null;
      }
      const isFollowing = before !== null && before.messageType !== SYSTEM && before.sender.id === message.sender.id
        && message.createdAt - before.createdAt < TOGETHER_S;
      const status = message.entry?.status ?? "sent";
      items.push({
        key: message.clientMsgId === undefined ? `seq ${message.seqId}` : `own ${message.clientMsgId}`,
        looks: JSON.stringify([status, isFollowing, message.createdAt,
          message.failure ? explainFailure(message.failure) : ""]),
        make: () => buildMessage(message, status, isFollowing),
      });
      before = message;
    }
    return items;
  }

  function markFirstUnread() {
    const { unread, upTo } = state.opening;
    const others = history.messages.filter(({ sender, seqId }) => sender.id !== state.user.id && seqId <= upTo);
    markedSeqId = (unread > 0 ? others.at(-unread)?.seqId : undefined) ?? 0;
  }

  /** Makes the list what `items` say, and leaves what is right as it is: selection, focus and place stay. */
  function reconcile(items) {
    let next = list.firstChild;
    for (const { key, looks, make } of items) {
      const known = shown.get(key);
      let item = known?.item;
      if (known?.looks !== looks) {
        item = make();
        shown.set(key, { item, looks });
        if (known !== undefined) {
          if (next === known.item) next = item;
          known.item.replaceWith(item);
        }
      }
      if (item === next) next = next.nextSibling;
      else list.insertBefore(item, next);
    }
    while (next !== null) {
      const rest = next.nextSibling;
      next.remove();
      next = rest;
    }
    const keys = new Set(items.map((item) => item.key));
    for (const key of shown.keys()) if (!keys.has(key)) shown.delete(key);
  }

  function buildMessage(message, status, isFollowing) {
    const { sender, messageType, createdAt, seqId } = message;
    if (messageType === SYSTEM) {
      return build("li", { class: "system", test: "system" }, build("bdi", { dir: "auto" }, message.content));
    }
    const isOwn = sender.id === state.user.id;
    const who = isOwn ? say("you") : sender.username || say("unknownPerson");
    const showsName = !isOwn && !isFollowing && type !== SINGLE;
    return build("li", {
      class: `message ${isOwn ? "own" : "other"}${isFollowing ? " following" : ""}`, test: "message",
      "data-status": isOwn && status, "data-seq": seqId, "data-id": message.clientMsgId,
    },
    !isOwn && type !== SINGLE && (isFollowing ? build("span", { class: "avatar-gap" }) : buildAvatar(who)),
    build("div", { class: "bubble-place" },
      build("div", { class: showsName ? "sender" : "unseen", test: "sender" }, build("bdi", {}, who)),
      build("div", { class: "bubble" },
        buildContent(message),
        build("span", { class: "bubble-foot" },
          build("time", { datetime: new Date(createdAt * 1000).toISOString(), title: sayTime(createdAt) },
            sayClock(createdAt)),
          isOwn && buildStatus(status))),
      status === "failed" && buildFailure(message.entry)));
  }

  function buildContent(message) {
    const link = findLink(message);
    if (link === null) return build("p", { class: "content", dir: "auto", test: "content" }, message.content);
    return build("p", { class: "content", test: "content" },
      `${say(message.messageType === IMAGE ? "image" : "file")}: `,
      build("a", { href: link.href, target: "_blank", rel: "noopener noreferrer nofollow" }, message.content));
  }

  function buildStatus(status) {
    const icon = { pending: "clock", sent: "check", failed: "alert" }[status];
    return build("span", { class: `status status-${status}`, test: "status", title: say(status) },
      buildIcon(icon), build("span", { class: "unseen" }, say(status)));
  }

  function buildFailure(entry) {
    return build("div", { class: "message-failure", role: "alert", test: "failure" },
      build("span", {}, entry.failure ? `${say("failed")}: ${explainFailure(entry.failure)}` : say("failed")),
      build("button", { type: "button", class: "text-button", test: "retry",
        on: { click: () => state.outbox.retry(entry) } }, say("retry")),
      build("button", { type: "button", class: "text-button", test: "discard",
        on: { click: () => state.outbox.discard(entry) } }, say("discard")));
  }

  /** The line above the first message: loading, more to come, or the beginning. */
  function showTop(isEmpty) {
    if (history.failure !== null) {
      top.replaceChildren(build("span", {}, `${say("historyFailed")} `),
        buildTopButton(say("retry"), () => (history.isLoaded ? history.loadOlder() : history.begin())));
    } else if (history.isLoading || !history.isLoaded) top.replaceChildren(build("span", {}, say("loading")));
    else if (history.hasOlder) top.replaceChildren(buildTopButton(say("earlier"), () => history.loadOlder()));
    else top.replaceChildren(build("span", { test: "beginning" }, isEmpty ? sayEmpty() : say("historyBegin")));
    top.classList.toggle("is-empty", isEmpty && history.isLoaded);
  }

  function buildTopButton(label, load) {
    return build("button", { type: "button", class: "text-button", test: "earlier", on: { click: load } }, label);
  }

  function sayEmpty() {
    if (type === WORLD) return say("emptyWorld");
    return type === SINGLE ? say("emptySingle", { name }) : say("emptyGroup");
  }

  /** A message in sight, and where it is. By its key: what stands there may be made anew, as its neighbour changes. */
  function findAnchor() {
    const edge = scroller.getBoundingClientRect().top;
    for (const [key, { item }] of shown) {
      if (!key.startsWith("day") && item.getBoundingClientRect().bottom > edge) return { key, top: findTop(item) };
    }
    return null;
  }

  function findTop(item) {
    return item.getBoundingClientRect().top;
  }

  function followScrolling() {
    isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
    if (isAtEnd) news = 0;
    showJump();
    if (scroller.scrollTop < AHEAD_PX && history.hasOlder && !history.isLoading && history.failure === null) {
      void history.loadOlder();
    }
  }

  function goToEnd() {
    scroller.scrollTop = scroller.scrollHeight;
    isAtEnd = true;
    news = 0;
    showJump();
  }

  function showJump() {
    jump.hidden = isAtEnd || news === 0;
    if (!jump.hidden) jump.replaceChildren(buildIcon("down"), say("newMessages", { n: news }));
  }
}

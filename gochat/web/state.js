/**
 * What the chat knows: conversations and what is unread in them, which one is open, friends and who is online.
 * Listens to the client and tells the views by events; knows no element.
 *
 * Events: "rows" (the list), "messages" (`detail`: the conversation), "arrived" (`detail`: a message of somebody else),
 * "open" (another conversation is shown), "people" (friends, requests, presence), "connection", "gone", "ended".
 */
import { History } from "./history.js";
import { Outbox } from "./outbox.js";

export const SINGLE = 1;
export const GROUP = 2;
export const WORLD = 3;

const AUTH_FAILED = 4401;
/** Friend requests are not pushed. */
const LOOK_AGAIN_MS = 60_000;

/**
 * @typedef {object} Row One conversation of the list.
 * @property {import("./gochat.js").http.Conversation} conversation
 * @property {{seqId: number, senderId: string, senderName: string, content: string, messageType: number,
 *   createdAt: number}|null} last
 * @property {number} unread
 * @property {number} countedTo Up to which seqId the server's unread count went.
 * @property {number} readTo Up to which seqId we have marked it read.
 * @property {number[]} arrived The seqIds of others' messages that the server's count does not have yet.
 */

export class ChatState extends EventTarget {
  /** @type {Map<string, Row>} */
  rows = new Map();
  /** @type {string|null} */
  openId = null;
  hasListed = false;
  /** Ids of friends who are online. */
  online = new Set();
  /** @type {Map<string, import("./gochat.js").http.User>} */
  friends = new Map();
  /** Requests to us that wait for an answer. */
  requests = [];
  /** What was typed and not sent, by conversation. */
  drafts = new Map();
  /** How many messages up to which one had not been read when the open conversation was opened. */
  opening = { unread: 0, upTo: 0 };
  #histories = new Map();
  #listing = null;
  #listAgain = false;
  #stopping = new AbortController();

  /** @param {import("./gochat.js").GoChat} chat Somebody is logged in. */
  constructor(chat) {
    super();
    this.chat = chat;
    this.user = chat.user;
    this.outbox = new Outbox(chat.socket, this.user.id, (id) => this.#tell("messages", id));
  }

  /** Connects, and listens until `stop`. */
  start() {
    const { socket } = this.chat;
    const offs = [
      socket.on("state", (state) => this.#followConnection(state)),
      socket.on("message", (message) => this.#receive(message)),
      socket.on("synced", () => this.#catchUp()),
      socket.on("online-status", ({ userId, status }) => this.#follow(userId, status === "online")),
    ];
    const { signal } = this.#stopping;
    signal.addEventListener("abort", () => offs.forEach((off) => off()));
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.markOpenRead();
      void this.loadPeople();
    }, { signal });
    const timer = setInterval(() => void (document.hidden || this.loadPeople()), LOOK_AGAIN_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.outbox.resume();
    socket.connect();
    void this.loadRows();
    void this.loadPeople();
  }

  /** Forgets the client's events. */
  stop() {
    this.#stopping.abort();
  }

  /** @returns {Row[]} The one with the newest message first. */
  sortedRows() {
    const time = ({ last, conversation }) => last?.createdAt ?? conversation.updatedAt;
    return [...this.rows.values()].sort(
      (one, other) => time(other) - time(one) || (one.conversation.id < other.conversation.id ? -1 : 1),
    );
  }

  get openRow() {
    return this.rows.get(this.openId) ?? null;
  }

  countUnread() {
    return [...this.rows.values()].reduce((sum, row) => sum + row.unread, 0);
  }

  /** @returns {History} */
  historyOf(id) {
    let history = this.#histories.get(id);
    if (history === undefined) {
      history = new History(this.chat.api, id, () => this.#showHistory(id));
      this.#histories.set(id, history);
    }
    return history;
  }

  /** Shows a conversation; null: none. */
  open(id) {
    if (this.openId === id) return;
    this.#histories.get(this.openId)?.trim();
    this.openId = id;
    this.opening = { unread: this.openRow?.unread ?? 0, upTo: this.openRow?.last?.seqId ?? 0 };
    this.#tell("open");
    if (id !== null) void this.historyOf(id).begin();
    this.markOpenRead();
    this.#tell("rows");
  }

  /** Marks the open conversation read, if it can be seen. */
  markOpenRead() {
    const row = this.openRow;
    if (row === null || document.hidden) return;
    const history = this.historyOf(this.openId);
    if (!history.isLoaded || row.unread === 0) return;
    const seqId = Math.max(history.lastSeqId, row.last?.seqId ?? 0);
    this.chat.socket.markRead({ conversationId: this.openId, seqId });
    Object.assign(row, { readTo: seqId, unread: 0, arrived: [] });
    this.#tell("rows");
  }

  /** Loads the list anew; asked again meanwhile, it does so once more. */
  async loadRows() {
    if (this.#listing !== null) {
      this.#listAgain = true;
      return await this.#listing;
    }
    this.#listing = this.#loadRows();
    try {
      await this.#listing;
    } catch {
      // Shown by the connection's state; "synced" loads it again.
    }
    this.#listing = null;
    if (this.#listAgain) {
      this.#listAgain = false;
      await this.loadRows();
    }
    return undefined;
  }

  /** Puts a conversation that was just made into the list. */
  adopt(conversation) {
    this.#takeConversation(conversation);
    this.#tell("rows");
  }

  /** Loads friends and the requests that wait. */
  async loadPeople() {
    if (this.user.isGuest) return;
    try {
      const [{ friends }, { requests }] = await Promise.all([
        this.chat.api.listFriends(),
        this.chat.api.listFriendRequests({ type: "received", status: 0 }),
      ]);
      this.friends = new Map(friends.map((each) => [each.friendId, each.friend]));
      this.requests = requests;
      this.#tell("people");
    } catch {
      // Tried again a minute later.
    }
  }

  async #loadRows() {
    const found = new Map();
    for (let page = 1, hasMore = true; hasMore; page += 1) {
      const answer = await this.chat.api.listConversations({ page, size: 100 });
      for (const conversation of answer.conversations) found.set(conversation.id, conversation);
      hasMore = answer.hasMore;
    }
    for (const conversation of found.values()) this.#takeConversation(conversation);
    for (const id of this.rows.keys()) {
      if (!found.has(id)) {
        this.rows.delete(id);
        this.#histories.delete(id);
        if (id === this.openId) this.#tell("gone");
      }
    }
    this.hasListed = true;
    this.markOpenRead();
    this.#tell("rows");
  }

  #takeConversation(conversation) {
    const { id, lastMessage, unreadCount = 0 } = conversation;
    const countedTo = lastMessage?.seqId ?? 0;
    const row = this.rows.get(id) ?? { conversation, last: null, unread: 0, countedTo, readTo: 0, arrived: [] };
    this.rows.set(id, row);
    row.conversation = conversation;
    row.countedTo = Math.max(row.countedTo, countedTo);
    row.arrived = row.arrived.filter((seqId) => seqId > countedTo && seqId > row.readTo);
    row.unread = (countedTo > row.readTo ? unreadCount : 0) + row.arrived.length;
    if (lastMessage !== undefined && lastMessage.seqId > (row.last?.seqId ?? 0)) {
      const { seqId, senderId, sender, content, messageType, createdAt } = lastMessage;
      row.last = { seqId, senderId, senderName: sender?.username ?? "", content, messageType, createdAt };
    }
  }

  #receive(message) {
    const { conversationId, seqId, sender, content, messageType, createdAt } = message;
    const isOwn = sender.id === this.user.id;
    this.#histories.get(conversationId)?.take(message);
    if (isOwn) this.#settle(conversationId, [message]);
    const row = this.rows.get(conversationId);
    if (row === undefined) void this.loadRows(); // somebody opened a conversation with us
    else {
      if (seqId > (row.last?.seqId ?? 0)) {
        row.last = { seqId, senderId: sender.id, senderName: sender.username, content, messageType, createdAt };
      }
      if (!isOwn && seqId > row.countedTo && seqId > row.readTo) {
        row.arrived.push(seqId);
        row.unread += 1;
      }
      if (conversationId === this.openId) this.markOpenRead();
    }
    if (!isOwn) this.#tell("arrived", message);
    this.#tell("rows");
  }

  #showHistory(id) {
    const history = this.#histories.get(id);
    if (history === undefined) return;
    if (history.failure?.code === "FORBIDDEN" || history.failure?.code === "CONVERSATION_NOT_FOUND") {
      void this.loadRows();
    }
    this.#settle(id, history.messages);
    if (id === this.openId) this.markOpenRead();
    this.#tell("messages", id);
  }

  #settle(id, messages) {
    const history = this.#histories.get(id);
    const isShown = (message) => history?.isLoaded !== true || message.seqId <= history.lastSeqId;
    this.outbox.settle(messages.filter((message) => message.clientMsgId !== undefined && isShown(message)));
  }

  #catchUp() {
    for (const [id, history] of this.#histories) {
      if (id === this.openId && !history.isLoaded) void history.begin();
      else void history.fill();
    }
    void this.loadRows();
    void this.loadPeople();
  }

  #followConnection(state) {
    if (state.status === "open") {
      this.online.clear(); // the server tells who is online on each new connection
      this.outbox.resendLost();
    }
    this.#tell("connection");
    this.#tell("people");
    if (state.status === "closed" && state.code === AUTH_FAILED) this.#tell("ended");
  }

  #follow(userId, isOnline) {
    if (isOnline) this.online.add(userId);
    else this.online.delete(userId);
    if (!this.friends.has(userId)) {
      void this.loadPeople(); // a new friend
      void this.loadRows();
    }
    this.#tell("people");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * What one has sent and what became of it: pending, sent, failed.
 * The client repeats a send until it is answered; this keeps the text until it is seen in the conversation, and over a
 * reload of the page. Between the client and the views; knows no element.
 */
import { ConnectionLost, GoChatError } from "./gochat.js";

const STORE = "gochat-outbox";

/**
 * @typedef {object} Outgoing
 * @property {string} clientMsgId
 * @property {string} conversationId
 * @property {string} content
 * @property {number} createdAt
 * @property {"pending"|"sent"|"failed"} status
 * @property {Error} [failure]
 * @property {boolean} [isLost] The socket was closed before it was answered.
 */

export class Outbox {
  /** @type {Outgoing[]} */
  #entries = [];

  /**
   * @param socket The client's socket.
   * @param {string} userId Whose it is.
   * @param {(conversationId: string) => void} changed
   */
  constructor(socket, userId, changed) {
    this.socket = socket;
    this.userId = userId;
    this.changed = changed;
  }

  /** Sends again what was under way when the page was left. The id is the same, so nothing is sent twice. */
  resume() {
    let kept;
    try {
      kept = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
    } catch {
      kept = null;
    }
    if (kept?.userId !== this.userId) return;
    for (const { clientMsgId, conversationId, content, createdAt } of kept.entries) {
      this.#dispatch({ clientMsgId, conversationId, content, createdAt, status: "pending" });
    }
  }

  /** @returns {Outgoing[]} What is not yet seen in the conversation, in the order in which it was sent. */
  list(conversationId) {
    return this.#entries.filter((entry) => entry.conversationId === conversationId);
  }

  send(conversationId, content) {
    const createdAt = Math.floor(Date.now() / 1000);
    this.#dispatch({ clientMsgId: makeId(), conversationId, content, createdAt, status: "pending" });
  }

  /** Sends a failed one again: under its old id where the first try may have been stored, else as a new message. */
  retry(entry) {
    this.#again(entry, entry.failure?.retryable ? entry.clientMsgId : makeId());
  }

  /** Sends again what a closed socket left unanswered: it is open again. The id is the same, so nothing is sent twice. */
  resendLost() {
    for (const entry of this.#entries.filter((each) => each.isLost)) this.#again(entry, entry.clientMsgId);
  }

  /** Forgets everything: its author leaves. */
  clear() {
    this.#entries = [];
    this.#keep();
  }

  discard(entry) {
    this.#remove(entry);
    this.changed(entry.conversationId);
  }

  /** Lets go of what can be seen in the conversation now. */
  settle(messages) {
    const seen = new Set(messages.map((message) => message.clientMsgId));
    if (this.#entries.some((entry) => seen.has(entry.clientMsgId))) {
      this.#entries = this.#entries.filter((entry) => !seen.has(entry.clientMsgId));
      this.#keep();
    }
  }

  #again(entry, clientMsgId) {
    this.#remove(entry);
    const { conversationId, content, createdAt } = entry;
    this.#dispatch({ clientMsgId, conversationId, content, createdAt, status: "pending" });
  }

  #dispatch(entry) {
    this.#entries.push(entry);
    this.#keep();
    const { conversationId, content, clientMsgId } = entry;
    this.socket.send(conversationId, content, { clientMsgId }).then(
      () => this.#finish(entry, "sent"),
      (failure) => this.#finish(entry, "failed", failure),
    );
    this.changed(conversationId);
  }

  #finish(entry, status, failure) {
    if (!this.#entries.includes(entry)) return; // seen in the conversation already
    entry.isLost = failure instanceof ConnectionLost;
    if (entry.isLost) return; // it waits for the socket to be opened again
    entry.status = status;
    entry.failure = failure instanceof GoChatError ? failure : undefined;
    this.#keep();
    this.changed(entry.conversationId);
  }

  #remove(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#keep();
  }

  #keep() {
    const entries = this.#entries.filter((entry) => entry.status === "pending");
    try {
      if (entries.length === 0) sessionStorage.removeItem(STORE);
      else sessionStorage.setItem(STORE, JSON.stringify({ userId: this.userId, entries }));
    } catch {
      // No storage: what is under way lasts as long as the page.
    }
  }
}

/** Makes an id that nobody else makes. (`randomUUID` is not there where a page came over plain HTTP.) */
function makeId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

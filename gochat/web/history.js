/**
 * The messages of one conversation, as far as they are loaded: one stretch without a hole that ends at the newest.
 * Between the client and the timeline's view; knows no element.
 */
import { fromHistory } from "./gochat.js";

const PAGE = 50;
/** More are not kept while the reader is at the end: a long day in the world chat must not fill the page. */
const KEPT = 400;
const KEPT_AFTER_TRIM = 200;

export class History {
  /** @type {import("./gochat.js").ChatMessage[]} In ascending order of seqId. */
  messages = [];
  hasOlder = false;
  isLoaded = false;
  isLoading = false;
  /** What the last attempt to load failed with. */
  failure = null;
  #filling = null;

  /**
   * @param api The client's HTTP calls.
   * @param {string} conversationId
   * @param {() => void} changed Called after each change.
   */
  constructor(api, conversationId, changed) {
    this.api = api;
    this.conversationId = conversationId;
    this.changed = changed;
  }

  get lastSeqId() {
    return this.messages.at(-1)?.seqId ?? 0;
  }

  /** Loads the newest page, once. */
  async begin() {
    if (!this.isLoaded) await this.#load({ limit: PAGE });
  }

  /** Loads the page before what is there. */
  async loadOlder() {
    if (this.hasOlder) await this.#load({ limit: PAGE, cursor: this.messages[0].seqId });
  }

  /** Takes a message that has just come. */
  take(message) {
    if (!this.isLoaded && !this.isLoading) return; // loading will find it
    if (this.isLoaded && message.seqId > this.lastSeqId + 1) {
      void this.fill(); // it was stored between our first page and the client's first look
      return;
    }
    this.#insert([message]);
    this.changed();
  }

  /** Fetches what has been stored since the last message that is here. */
  fill() {
    if (!this.isLoaded) return Promise.resolve();
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = null;
    });
    return this.#filling;
  }

  /** Lets go of the oldest, if there are very many. */
  trim() {
    if (this.messages.length <= KEPT) return;
    this.messages = this.messages.slice(-KEPT_AFTER_TRIM);
    this.hasOlder = true;
  }

  async #load(query) {
    if (this.isLoading) return;
    this.isLoading = true;
    this.failure = null;
    this.changed();
    try {
      const page = await this.api.listMessages(this.conversationId, query);
      this.#insert(page.messages.map(fromHistory));
      this.hasOlder = page.hasMore;
      this.isLoaded = true;
    } catch (error) {
      this.failure = error;
    }
    this.isLoading = false;
    this.changed();
  }

  async #fill() {
    try {
      for (let hasMore = true; hasMore; ) {
        const page = await this.api.listMessages(this.conversationId, { after: this.lastSeqId, limit: 100 });
        this.#insert(page.messages.map(fromHistory));
        hasMore = page.hasMore && page.messages.length > 0;
        this.changed();
      }
    } catch {
      // The next message, or the next connection, fills the hole.
    }
  }

  #insert(messages) {
    const bySeqId = new Map(this.messages.map((message) => [message.seqId, message]));
    for (const message of messages) bySeqId.set(message.seqId, { ...bySeqId.get(message.seqId), ...message });
    this.messages = [...bySeqId.values()].sort((one, other) => one.seqId - other.seqId);
  }
}

/**
 * Every message of every conversation, once and in order, whatever the connection does.
 *
 * A conversation's messages have the numbers 1, 2, 3, ... without a gap (`seqId`). So it is known what was delivered, what is
 * here already, and what is missing: that is fetched over HTTP.
 */
import type { GoChatApi } from "./api.js";
import { GoChatError } from "./failures.js";
import type { MessageSender, NewMessageData } from "./frames.js";
import type { Conversation, Message, User } from "./http_types.js";

const PAGE = 100;
const RETRY_MS = 1000;

type Core = Pick<
  NewMessageData, "id" | "conversationId" | "sender" | "content" | "messageType" | "seqId" | "createdAt"
>;

/** A message, from wherever it came: a push, the history, or the answer to one's own send. */
export type ChatMessage = Core & Partial<Omit<NewMessageData, keyof Core>> & {
  /** Of one's own messages, where it is known: what the send was called. */
  readonly clientMsgId?: string;
};

/** Makes a message of the timeline from one of the history. */
export function fromHistory(message: Message): ChatMessage {
  const { senderId, sender, ...rest } = message;
  return { ...rest, sender: { ...sender, id: senderId, username: sender?.username ?? "" } };
}

interface Stream {
  /** The seqId of the last message that was delivered; undefined: not known where to begin. */
  position: number | undefined;
  /** The highest seqId that is known to exist. */
  known: number;
  /** The lowest seqId that was heard of while it was not known where to begin. */
  lowest: number;
  /** Messages that came too early, by seqId. */
  readonly held: Map<number, ChatMessage>;
  fetching: Promise<void> | null;
}

export class Timeline {
  readonly #streams = new Map<string, Stream>();
  /** Counts the connections; what a former one began, the next does again. */
  #turn = 0;
  #isRunning = false;
  /** Whether the list of this connection is here; before it, an unknown conversation may have older messages. */
  #isListed = false;
  #hasBegun = false;

  constructor(
    private readonly api: Pick<GoChatApi, "listConversations" | "listMessages">,
    private readonly deliver: (message: ChatMessage) => void,
  ) {}

  /** Forgets everything: somebody else logs in. */
  clear(): void {
    this.stop();
    this.#streams.clear();
    this.#hasBegun = false;
  }

  /** Ends what is under way: there is no connection any more, and none is wanted. */
  stop(): void {
    this.#turn += 1;
    this.#isRunning = false;
    this.#isListed = false;
  }

  /** Notes where every conversation stands: what follows is delivered. To be called before the first connection. */
  async begin(): Promise<void> {
    if (this.#hasBegun) return;
    const turn = this.#turn;
    let conversations: Conversation[] = [];
    try {
      conversations = await this.#list();
    } catch (error) {
      if (!isFinal(error) || error.code === "AUTH_FAILED") throw error;
    }
    if (turn !== this.#turn) return;
    this.#hasBegun = true;
    for (const { id, lastMessage } of conversations) this.#stream(id).position ??= lastMessage?.seqId ?? 0;
  }

  /** Takes a message that came, in any order, any number of times. */
  receive(message: ChatMessage): void {
    const stream = this.#hear(message.conversationId, message.seqId);
    if (stream.position !== undefined && message.seqId <= stream.position) return;
    stream.held.set(message.seqId, { ...stream.held.get(message.seqId), ...message });
    this.#drain(message.conversationId, stream);
  }

  /** Takes the news that there is such a message, and fetches it. */
  expect(conversationId: string, seqId: number): void {
    const stream = this.#hear(conversationId, seqId);
    if (stream.position !== undefined && seqId > stream.position) void this.#fetch(conversationId, stream);
  }

  /** Fetches what was missed; resolves with whether it got through all of it. To be called on each new connection. */
  async catchUp(): Promise<boolean> {
    const turn = ++this.#turn;
    this.#isRunning = true;
    this.#isListed = false;
    const conversations = await this.#listPatiently(turn);
    if (turn !== this.#turn) return false;
    this.#isListed = true;
    const behind: Promise<void>[] = [];
    for (const conversation of conversations ?? []) {
      const stream = this.#stream(conversation.id);
      const last = conversation.lastMessage?.seqId ?? 0;
      stream.known = Math.max(stream.known, last);
      const unread = conversation.unreadCount ?? 0; // of one that is new to us
      stream.position ??= Math.max(0, Math.min(last - unread, stream.lowest - 1));
    }
    for (const [id, stream] of [...this.#streams]) {
      if (stream.position === undefined && stream.lowest < Infinity) stream.position = stream.lowest - 1;
      this.#drain(id, stream);
      if (stream.position !== undefined && stream.position < stream.known) behind.push(this.#fetch(id, stream));
    }
    await Promise.all(behind);
    return turn === this.#turn && conversations !== null;
  }

  #stream(id: string): Stream {
    const fresh = { position: undefined, known: 0, lowest: Infinity, held: new Map(), fetching: null };
    const stream = this.#streams.get(id) ?? fresh;
    this.#streams.set(id, stream);
    return stream;
  }

  /** Notes that a message exists. */
  #hear(id: string, seqId: number): Stream {
    const stream = this.#stream(id);
    stream.known = Math.max(stream.known, seqId);
    stream.lowest = Math.min(stream.lowest, seqId);
    if (stream.position === undefined && this.#isListed) stream.position = seqId - 1;
    return stream;
  }

  #isCurrent(id: string, stream: Stream): boolean {
    return this.#streams.get(id) === stream;
  }

  /** Delivers what follows on what was delivered; fetches what is missing before the rest. */
  #drain(id: string, stream: Stream): void {
    while (stream.position !== undefined && this.#isCurrent(id, stream)) {
      const next = stream.held.get(stream.position + 1);
      if (next === undefined) break;
      stream.held.delete(next.seqId);
      stream.position = next.seqId;
      this.deliver(next); // the listener may log out
    }
    const { position } = stream;
    if (position === undefined || !this.#isCurrent(id, stream)) return;
    for (const seqId of stream.held.keys()) if (seqId <= position) stream.held.delete(seqId);
    if (stream.held.size > 0) void this.#fetch(id, stream);
  }

  #fetch(id: string, stream: Stream): Promise<void> {
    if (!this.#isRunning) return Promise.resolve();
    stream.fetching ??= this.#fetchAll(id, stream);
    return stream.fetching;
  }

  async #fetchAll(id: string, stream: Stream): Promise<void> {
    const isWanted = (): boolean => this.#isRunning && this.#isCurrent(id, stream);
    // A later connection may wait for this same fetch, and know of more than there was when it began.
    while ((stream.position ?? 0) < stream.known && isWanted()) {
      try {
        const page = await this.api.listMessages(id, { after: stream.position ?? 0, limit: PAGE });
        for (const message of page.messages) if (isWanted()) this.receive(fromHistory(message));
        if (page.messages.length === 0) await wait(RETRY_MS); // it is known and not in the history: not at once again
      } catch (error) {
        if (isFinal(error)) {
          if (this.#isCurrent(id, stream)) this.#streams.delete(id); // not a member any more, or it is gone
          return;
        }
        await wait(RETRY_MS);
      }
    }
    stream.fetching = null; // at once: what comes next begins another
  }

  async #list(): Promise<Conversation[]> {
    const all = new Map<string, Conversation>();
    for (let page = 1, hasMore = true; hasMore; page += 1) {
      const answer = await this.api.listConversations({ page, size: PAGE });
      for (const conversation of answer.conversations) all.set(conversation.id, conversation);
      hasMore = answer.hasMore;
    }
    return [...all.values()];
  }

  /** Returns all conversations; null: there is no getting them. Stops when a later connection does it. */
  async #listPatiently(turn: number): Promise<Conversation[] | null> {
    while (turn === this.#turn) {
      try {
        return await this.#list();
      } catch (error) {
        if (isFinal(error)) return null;
        await wait(RETRY_MS);
      }
    }
    return null;
  }

  /** Takes one's own message, which is on disk now; nobody pushes it to the connection that sent it. */
  receiveOwn(user: User, sent: SentData, ack: AckData): void {
    const { client_msg_id: clientMsgId, ...said } = sent;
    const { messageId: id, seqId, createdAt } = ack;
    this.receive({ ...said, id, seqId, createdAt, clientMsgId, sender: senderOf(user) });
  }
}

type SentData = Pick<Core, "conversationId" | "content" | "messageType"> & { client_msg_id: string };
type AckData = Pick<Core, "seqId" | "createdAt"> & { messageId: string };

function senderOf(user: User): MessageSender {
  const { id, username, avatarUrl } = user;
  return avatarUrl === undefined ? { id, username } : { id, username, avatarUrl };
}

/** Whether asking again is in vain: the server has said no, and not for a passing reason. */
function isFinal(error: unknown): error is GoChatError {
  return error instanceof GoChatError && !error.retryable;
}

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

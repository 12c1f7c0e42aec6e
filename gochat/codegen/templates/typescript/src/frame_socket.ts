/**
 * Sends and receives frames over a connection that comes and goes.
 *
 * A frame with a correlation id (a message) waits until it is answered, through any number of connections, and is sent
 * again with the same id, so that it is done exactly once. Knows the frames by the tables that come from the contract.
 */
import { CLIENT_FRAMES, LIMITS, SERVER_FRAMES } from "./catalogue.js";
import { Connection, type SocketMaker, type SocketState, type Tokens } from "./connection.js";
import { Emitter } from "./emitter.js";
import { ConnectionLost, GoChatError } from "./failures.js";
import type { ClientFrame, ErrorData, ServerEvents, ServerFrame } from "./frames.js";
import { Pace } from "./pace.js";
import { newId } from "./ids.js";
import { at, pointerWith } from "./pointer.js";

const TOO_LARGE_CLOSE = 1009;
/** How often a send that failed for a passing reason other than the rate is tried again. */
const RETRIES = 5;

export interface SocketOptions {
  /** The socket's address, without a query. */
  readonly url: string;
  readonly tokens: Tokens;
  readonly Socket: SocketMaker;
  /** Own pacing of frames that count for the rate; 0: none. */
  readonly messagesPerS: number;
  readonly reconnectCapsS?: readonly number[] | undefined;
}

/** What a listener can hear besides the frames. */
export interface SocketEvents extends ServerEvents {
  /** Every frame that the contract declares, as one union told apart by `type`. */
  frame: ServerFrame;
  state: SocketState;
  /** A connection is open. */
  opened: undefined;
  /** A send was answered: the request's data and the reply's. */
  answered: { readonly type: string; readonly data: Data; readonly reply: Data };
}

type Data = Readonly<Record<string, unknown>>;
type Type = ClientFrame["type"];

interface Pending {
  readonly type: Type;
  readonly data: Data;
  readonly text: string;
  isSent: boolean;
  tries: number;
  resolve(data: Data): void;
  reject(error: Error): void;
}

export class FrameSocket<Events extends SocketEvents = SocketEvents> extends Emitter<Events> {
  readonly #connection: Connection;
  readonly #pace: Pace;
  /** By correlation id, in the order in which they were asked for. */
  readonly #pending = new Map<string, Pending>();
  /** Requests without an id, by the type that answers them: answers come in order. */
  readonly #asked = new Map<string, { resolve(data: Data): void; reject(error: Error): void }[]>();
  #posted: string[] = [];
  #holdUntil = 0;
  #pumpTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SocketOptions) {
    super();
    this.#pace = new Pace(options.messagesPerS, LIMITS.messageBurst);
    const ping = JSON.stringify({ type: "ping" } satisfies ClientFrame);
    this.#connection = new Connection(options.url, ping, options.tokens, {
      prepare: () => this.prepare(),
      stateChanged: (state) => this.#stateChanged(state),
      opened: () => this.#opened(),
      lost: (code) => this.#lost(code),
      received: (text) => this.#received(text),
    }, options.Socket, options.reconnectCapsS);
  }

  get state(): SocketState {
    return this.#connection.state;
  }

  /** Connects, and stays connected until `close` or a close code that is terminal. Called again, it tries at once. */
  connect(): void {
    this.#connection.connect();
  }

  /** Ends the connection. What is unanswered rejects with ConnectionLost; it may have been done all the same. */
  close(): void {
    this.#connection.close();
    this.#giveUp("the socket was closed");
  }

  /** Asks for a sign of life now; a connection without one for 10 s is given up. It does so by itself every 30 s. */
  probe(): void {
    this.#connection.probe();
  }

  /** Goes over to a connection with a new token. */
  moveOver(): void {
    this.#connection.moveOver();
  }

  /** Called, and waited for, before each attempt to connect; when it rejects, the attempt has failed. */
  protected async prepare(): Promise<void> {}

  /** Sends a frame that carries an id, until it is answered; an id that is missing is made. */
  protected request<Reply>(type: Type, data: object): Promise<Reply> {
    const pointer = CLIENT_FRAMES[type].correlation as string;
    const whole = pointerWith({ data }, pointer, () => newId()) as { data: Data };
    const id = String(at(whole, pointer));
    const text = JSON.stringify({ type, data: whole.data });
    if (LIMITS.maxFrameBytes > 0 && new TextEncoder().encode(text).length > LIMITS.maxFrameBytes) {
      return Promise.reject(new GoChatError("MESSAGE_TOO_LARGE", `a frame has at most ${LIMITS.maxFrameBytes} bytes`));
    }
    if (this.state.status === "closed") return Promise.reject(new ConnectionLost("the socket is closed: connect first"));
    if (this.#pending.has(id)) return Promise.reject(new GoChatError("CLIENT_MSG_ID_CONFLICT", `${id} is under way`));
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        type, data: whole.data, text, isSent: false, tries: 0, reject, resolve: (reply) => resolve(reply as Reply),
      });
      this.#pump();
    });
  }

  /** Sends a frame whose answer has no id: answers come in order. Rejects with ConnectionLost without a connection. */
  protected ask<Reply>(type: Type, data?: object): Promise<Reply> {
    if (!this.#connection.isOpen) return Promise.reject(new ConnectionLost("not connected"));
    const answer = CLIENT_FRAMES[type].replies.find((name) => name !== "error") as string;
    const asked = this.#asked.get(answer) ?? [];
    this.#asked.set(answer, asked);
    return new Promise((resolve, reject) => {
      asked.push({ resolve: (reply) => resolve(reply as Reply), reject });
      this.#connection.send(JSON.stringify(data === undefined ? { type } : { type, data }));
    });
  }

  /** Sends a frame that is not answered when it succeeds; kept until there is a connection. */
  protected post(type: Type, data?: object): void {
    const text = JSON.stringify(data === undefined ? { type } : { type, data });
    if (this.#connection.isOpen) this.#connection.send(text);
    else this.#posted.push(text);
  }

  #stateChanged(state: SocketState): void {
    if (state.status === "closed") this.#giveUp(`the socket was closed: ${state.code} ${state.name}`);
    this.#emit("state", state);
  }

  /** Nobody will answer any more: nothing waits for it. */
  #giveUp(why: string): void {
    const lost = new ConnectionLost(why);
    for (const pending of [...this.#pending.values()]) pending.reject(lost);
    for (const asked of this.#asked.values()) for (const each of asked.splice(0)) each.reject(lost);
    this.#pending.clear();
    this.#posted = [];
  }

  #opened(): void {
    for (const text of this.#posted.splice(0)) this.#connection.send(text);
    this.#pump();
    this.#emit("opened", undefined);
  }

  #lost(code: number): void {
    const culprit = code === TOO_LARGE_CLOSE ? this.#largestSent() : undefined;
    for (const pending of this.#pending.values()) pending.isSent = false;
    for (const asked of this.#asked.values()) {
      for (const each of asked.splice(0)) each.reject(new ConnectionLost(`the connection ended with ${code}`));
    }
    if (culprit !== undefined) this.#fail(culprit, new GoChatError("MESSAGE_TOO_LARGE", "the frame is too large"));
  }

  /** The frame for which the server closed: the largest of those that it has not answered. */
  #largestSent(): string | undefined {
    const sent = [...this.#pending].filter(([, pending]) => pending.isSent);
    return sent.sort(([, one], [, other]) => other.text.length - one.text.length)[0]?.[0];
  }

  /** Sends what waits, in order, as fast as the rate allows. */
  #pump(): void {
    clearTimeout(this.#pumpTimer);
    if (!this.#connection.isOpen) return;
    for (const pending of this.#pending.values()) {
      if (pending.isSent) continue;
      const waitMs = Math.max(this.#holdUntil - Date.now(), this.#pace.waitMs());
      if (waitMs > 0) {
        this.#pumpTimer = setTimeout(() => this.#pump(), waitMs);
        return;
      }
      this.#pace.spend();
      pending.isSent = true;
      this.#connection.send(pending.text);
    }
  }

  #received(text: string): void {
    let frame: { type: string; data?: Data };
    try {
      frame = JSON.parse(text) as { type: string; data?: Data };
    } catch {
      return; // no server of this contract sends it; nothing in it can be understood
    }
    if (!Object.hasOwn(SERVER_FRAMES, frame.type)) return; // a newer server: frames that are not known are ignored
    const id = this.#correlation(frame);
    if (frame.type === "error") this.#failed(id, frame.data as unknown as ErrorData);
    else if (id !== undefined) this.#answered(id, frame);
    else this.#asked.get(frame.type)?.shift()?.resolve(frame.data as Data);
    if (frame.type === "pong") this.#connection.proved();
    this.#emit(frame.type as keyof ServerEvents, frame.data as never);
    this.#emit("frame", frame as unknown as ServerFrame);
  }

  #correlation(frame: { type: string; data?: Data }): string | undefined {
    const pointer = SERVER_FRAMES[frame.type as ServerFrame["type"]].correlation;
    const value = pointer === null ? undefined : at(frame, pointer);
    return typeof value === "string" ? value : undefined;
  }

  #answered(id: string, frame: { type: string; data?: Data }): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // the second answer to a frame that was sent twice
    this.#pending.delete(id);
    this.#emit("answered", { type: pending.type, data: pending.data, reply: frame.data ?? {} });
    pending.resolve(frame.data ?? {});
  }

  #failed(id: string | undefined, data: ErrorData): void {
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || pending === undefined) return;
    const error = new GoChatError(data.code, data.message, data.details);
    const isRate = data.code === "RATE_LIMITED";
    if (isRate || (error.retryable && pending.tries < RETRIES)) {
      const asked = Number(error.details["retryAfterMs"] ?? 1000 * 2 ** pending.tries);
      this.#holdUntil = Math.max(this.#holdUntil, Date.now() + asked);
      pending.tries += isRate ? 0 : 1;
      pending.isSent = false;
      this.#pump();
    } else {
      this.#fail(id, error);
    }
  }

  #fail(id: string, error: Error): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(error);
  }

  /** The events of this class, which every `Events` has. */
  #emit<Name extends keyof SocketEvents>(name: Name, value: SocketEvents[Name]): void {
    this.emit(name, value as Events[Name]);
  }
}

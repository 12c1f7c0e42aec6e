/**
 * Keeps one WebSocket open: connects with a token, pings, notices silence, comes back.
 *
 * It carries texts and knows frames only as far as the ping that it sends. Between the tokens and the frame socket.
 */
import { CLOSE_CODES } from "./catalogue.js";
import { GoChatError } from "./failures.js";

/** The longest wait before each attempt, in seconds; the wait is drawn from 0 to it, so that not everybody comes at once. */
export const RECONNECT_CAPS_S = [1, 2, 4, 8, 15, 30] as const;
/** The server closes a socket after 90 s without a frame. */
export const PING_EVERY_MS = 30_000;
/** A ping is answered at once; after so long without any frame the connection is dead, whatever the system says. */
export const SILENCE_MS = 10_000;

const NORMAL = 1000;
const ABNORMAL = 1006;
const AUTH_FAILED = 4401;

/** How it stands with the connection. `closed` is the end until `connect()` is called again. */
export type SocketState =
  | { readonly status: "idle" }
  | { readonly status: "connecting"; readonly attempt: number }
  | { readonly status: "open" }
  | { readonly status: "waiting"; readonly attempt: number; readonly retryAt: number }
  | { readonly status: "offline" }
  | { readonly status: "closed"; readonly code: number; readonly name: string };

/** Where access tokens come from. */
export interface Tokens {
  /** Resolves with a token that is good for a while. Rejects with GoChatError AUTH_FAILED when there is none to be had. */
  access(): Promise<string>;
  /** Resolves with another token than `refused`; rejects like `access`. */
  renew(refused: string): Promise<string>;
}

/** Makes a socket; `WebSocket` of browsers and of Node 22. */
export type SocketMaker = new (url: string) => WebSocket;

/** What the owner of a connection is told. */
export interface ConnectionOwner {
  /** Called, and waited for, before each attempt; when it rejects, the attempt has failed. */
  prepare(): Promise<void>;
  stateChanged(state: SocketState): void;
  /** A new connection is open: send what waits. */
  opened(): void;
  /** The connection is gone: `code` is the server's close code, 1006 when there was none. */
  lost(code: number): void;
  received(text: string): void;
}

export class Connection {
  state: SocketState = { status: "idle" };
  #isWanted = false;
  #attempt = 0;
  #socket: WebSocket | null = null;
  /** The one socket that counts: events of earlier ones are dropped. */
  #turn = 0;
  #token = "";
  #hasRenewed = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param url The socket's address, without a query.
   * @param ping The text of a ping frame.
   * @param capsS The longest wait before each attempt in seconds; the last one holds for all that follow.
   */
  constructor(
    private readonly url: string,
    private readonly ping: string,
    private readonly tokens: Tokens,
    private readonly owner: ConnectionOwner,
    private readonly Socket: SocketMaker,
    private readonly capsS: readonly number[] = RECONNECT_CAPS_S,
  ) {
    this.#watchPlatform();
  }

  get isOpen(): boolean {
    return this.#socket !== null && this.#socket.readyState === 1;
  }

  /** Connects and stays connected until `close`, or until the server says not to come back. */
  connect(): void {
    const isUnderWay = this.state.status === "open" || this.state.status === "connecting";
    this.#isWanted = true;
    if (!isUnderWay) {
      this.#attempt = 0;
      this.#hasRenewed = false;
      void this.#open();
    }
  }

  /** Ends the connection for good. */
  close(): void {
    this.#isWanted = false;
    const socket = this.#drop();
    socket?.close(NORMAL);
    if (this.state.status !== "idle") this.#change({ status: "closed", code: NORMAL, name: CLOSE_CODES[NORMAL]?.name ?? "" });
  }

  /** Sends a text; the caller has seen `isOpen`. */
  send(text: string): void {
    this.#socket?.send(text);
  }

  /** Says that this connection works: a pong came. The next waits are short again. */
  proved(): void {
    this.#attempt = 0;
    this.#hasRenewed = false;
  }

  /** Moves to a new connection with a new token while the old token is still good. Nobody sees the user go offline. */
  moveOver(): void {
    if (this.state.status !== "open") return;
    const old = this.#drop();
    this.owner.lost(NORMAL);
    void this.#open(old);
  }

  /** Asks for a sign of life now; without one the connection is taken for dead. */
  probe(): void {
    if (!this.isOpen) return;
    this.send(this.ping);
    this.#expectLife();
  }

  /** Takes the connection for dead unless something comes within `SILENCE_MS`. */
  #expectLife(): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      const dead = this.#drop();
      dead?.close();
      this.#ended(ABNORMAL);
    }, SILENCE_MS);
  }

  async #open(old: WebSocket | null = null): Promise<void> {
    const turn = ++this.#turn;
    clearTimeout(this.#retryTimer);
    if (old === null) this.#change({ status: "connecting", attempt: this.#attempt });
    try {
      this.#token = await this.tokens.access();
      await this.owner.prepare();
    } catch (error) {
      old?.close(NORMAL);
      if (turn === this.#turn) this.#refused(error);
      return;
    }
    if (turn !== this.#turn) {
      old?.close(NORMAL);
      return;
    }
    const socket = new this.Socket(`${this.url}?token=${encodeURIComponent(this.#token)}`);
    this.#socket = socket;
    this.#expectLife(); // a handshake into the dark would take minutes to fail
    const isCurrent = (): boolean => turn === this.#turn;
    socket.onopen = () => {
      old?.close(NORMAL);
      if (!isCurrent()) return socket.close(NORMAL);
      this.#change({ status: "open" });
      this.probe();
      this.#pingTimer = setInterval(() => this.probe(), PING_EVERY_MS);
      this.owner.opened();
    };
    socket.onmessage = (event: MessageEvent) => {
      if (!isCurrent()) return;
      clearTimeout(this.#silenceTimer);
      if (typeof event.data === "string") this.owner.received(event.data);
    };
    socket.onerror = () => undefined; // a close follows
    socket.onclose = (event: CloseEvent) => {
      old?.close(NORMAL);
      if (!isCurrent()) return;
      this.#drop();
      this.#ended(event.code);
    };
  }

  /** Takes the socket out of use, and returns it. */
  #drop(): WebSocket | null {
    this.#turn += 1;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#pingTimer);
    clearTimeout(this.#silenceTimer);
    const socket = this.#socket;
    this.#socket = null;
    return socket;
  }

  #ended(code: number): void {
    this.owner.lost(code);
    if (!this.#isWanted) return;
    const rule = CLOSE_CODES[code];
    if (code === AUTH_FAILED && !this.#hasRenewed) {
      void this.#renew();
    } else if (rule !== undefined && !rule.reconnect) {
      this.#end(code);
    } else {
      this.#wait();
    }
  }

  /** Not again with this token: one try with another. */
  async #renew(): Promise<void> {
    const turn = this.#turn;
    this.#hasRenewed = true;
    this.#change({ status: "connecting", attempt: this.#attempt });
    try {
      await this.tokens.renew(this.#token);
    } catch (error) {
      if (turn === this.#turn) this.#refused(error);
      return;
    }
    if (turn === this.#turn) void this.#open();
  }

  #refused(error: unknown): void {
    if (error instanceof GoChatError && error.code === "AUTH_FAILED") this.#end(AUTH_FAILED);
    else this.#wait();
  }

  #end(code: number): void {
    this.#isWanted = false;
    this.#change({ status: "closed", code, name: CLOSE_CODES[code]?.name ?? "" });
  }

  #wait(): void {
    if (isOffline()) {
      this.#change({ status: "offline" });
      return;
    }
    const cap = this.capsS[Math.min(this.#attempt, this.capsS.length - 1)] ?? 0;
    const waitMs = Math.random() * cap * 1000;
    this.#attempt += 1;
    this.#change({ status: "waiting", attempt: this.#attempt, retryAt: Date.now() + waitMs });
    this.#retryTimer = setTimeout(() => void this.#open(), waitMs);
  }

  #change(state: SocketState): void {
    this.state = state;
    this.owner.stateChanged(state);
  }

  /** In a browser: what the network and the page's visibility say. Elsewhere there are no such events. */
  #watchPlatform(): void {
    const platform = globalThis as unknown as Partial<Pick<Window, "addEventListener" | "document">>;
    if (typeof platform.addEventListener !== "function" || platform.document === undefined) return;
    const retryNow = (): void => {
      if (this.state.status === "waiting" || this.state.status === "offline") void this.#open();
      else this.probe();
    };
    platform.addEventListener("online", retryNow);
    platform.addEventListener("offline", () => {
      if (this.state.status === "waiting") {
        clearTimeout(this.#retryTimer);
        this.#change({ status: "offline" });
      } else this.probe();
    });
    const page = platform.document;
    page.addEventListener("visibilitychange", () => {
      if (page.visibilityState === "visible") retryNow();
    });
  }
}

function isOffline(): boolean {
  const platform = globalThis.navigator as { onLine?: boolean } | undefined;
  return platform?.onLine === false;
}

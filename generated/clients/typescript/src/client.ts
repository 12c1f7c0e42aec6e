/** A chat client: one login, its HTTP calls and its socket. */
import { GoChatApi } from "./api.js";
import { BASE_PATH, LIMITS, SOCKET_PATH } from "./catalogue.js";
import type { SocketMaker } from "./connection.js";
import { Emitter } from "./emitter.js";
import { GoChatError } from "./failures.js";
import type { User } from "./http_types.js";
import { memoryStore, Session, type SessionStore } from "./session.js";
import { GoChatSocket } from "./socket.js";

export interface GoChatOptions {
  /** The server's address, such as `https://chat.example.com`; a page's own origin where it is left out. */
  readonly url?: string;
  /** In which language the server's texts are, as in Accept-Language: `en`, `zh`. */
  readonly language?: string;
  /** Where the login is kept; the memory where it is left out. `localStore()` keeps it in the browser. */
  readonly store?: SessionStore;
  /** How many messages leave a second; the contract's limit where it is left out, 0: as fast as can be. */
  readonly messagesPerS?: number;
  /** The longest wait before each attempt to connect, in seconds; 1, 2, 4, 8, 15, 30 where it is left out. */
  readonly reconnectCapsS?: readonly number[];
  readonly fetch?: typeof fetch;
  readonly WebSocket?: SocketMaker;
}

export class GoChat extends Emitter<{ user: User | null }> {
  /** A method for each operation of the HTTP API. */
  readonly api: GoChatApi;
  readonly socket: GoChatSocket;
  readonly #session: Session;

  constructor(options: GoChatOptions = {}) {
    super();
    const url = (options.url ?? globalThis.location?.origin)?.replace(/\/+$/, "");
    if (url === undefined) throw new TypeError("GoChat needs the server's url outside of a page");
    const send = options.fetch ?? ((...request: Parameters<typeof fetch>) => fetch(...request));
    const Socket = options.WebSocket ?? globalThis.WebSocket;
    if (Socket === undefined) throw new TypeError("there is no WebSocket here: give one as the option WebSocket");
    this.#session = new Session(`${url}${BASE_PATH}`, options.store ?? memoryStore(), options.language, send);
    this.api = new GoChatApi(this.#session.http);
    const messagesPerS = options.messagesPerS ?? LIMITS.messagesPerS;
    const address = `${url.replace(/^http/, "ws")}${SOCKET_PATH}`;
    const tokens = this.#session;
    const { reconnectCapsS } = options;
    const settings = { url: address, tokens, Socket, messagesPerS, reconnectCapsS };
    this.socket = new GoChatSocket(settings, this.api, () => this.user);
    this.#session.on("renewed", () => this.socket.moveOver());
    this.#session.on("user", (user) => this.emit("user", user));
  }

  /** Who is logged in; null: nobody. */
  get user(): User | null {
    return this.#session.user;
  }

  /** Makes an account and logs in. */
  async register(username: string, password: string): Promise<User> {
    await this.api.register({ username, password });
    return await this.login(username, password);
  }

  /** Logs in. */
  async login(username: string, password: string): Promise<User> {
    return this.#enter(await this.api.login({ username, password }));
  }

  /** Enters as a guest, who sees and uses the world chat only. */
  async guest(): Promise<User> {
    return this.#enter(await this.api.guestLogin({}));
  }

  /** Closes the socket and ends the login, here in any case and at the server if it can be reached. */
  async logout(): Promise<void> {
    this.socket.close();
    this.socket.forget();
    try {
      if (this.user !== null) await this.api.logout();
    } catch (error) {
      if (!(error instanceof GoChatError && error.code === "AUTH_FAILED")) throw error; // else it had ended already
    } finally {
      this.#session.adopt(null);
    }
  }

  #enter(session: Parameters<Session["adopt"]>[0] & object): User {
    this.socket.close();
    this.socket.forget();
    this.#session.adopt(session);
    return session.user;
  }
}

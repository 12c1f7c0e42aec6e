/** A chat client: one login, its HTTP calls and its socket. */
import { GoChatApi } from "./api.js";
import { BASE_PATH, LIMITS, SOCKET_PATH } from "./catalogue.js";
import { Emitter } from "./emitter.js";
import { GoChatError } from "./failures.js";
import { memoryStore, Session } from "./session.js";
import { GoChatSocket } from "./socket.js";
export class GoChat extends Emitter {
    /** A method for each operation of the HTTP API. */
    api;
    socket;
    #session;
    constructor(options = {}) {
        super();
        const url = (options.url ?? globalThis.location?.origin)?.replace(/\/+$/, "");
        if (url === undefined)
            throw new TypeError("GoChat needs the server's url outside of a page");
        const send = options.fetch ?? ((...request) => fetch(...request));
        const Socket = options.WebSocket ?? globalThis.WebSocket;
        if (Socket === undefined)
            throw new TypeError("there is no WebSocket here: give one as the option WebSocket");
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
    get user() {
        return this.#session.user;
    }
    /** Makes an account and logs in. */
    async register(username, password) {
        await this.api.register({ username, password });
        return await this.login(username, password);
    }
    /** Logs in. */
    async login(username, password) {
        return this.#enter(await this.api.login({ username, password }));
    }
    /** Enters as a guest, who sees and uses the world chat only. */
    async guest() {
        return this.#enter(await this.api.guestLogin({}));
    }
    /** Closes the socket and ends the login, here in any case and at the server if it can be reached. */
    async logout() {
        this.socket.close();
        this.socket.forget();
        try {
            if (this.user !== null)
                await this.api.logout();
        }
        catch (error) {
            if (!(error instanceof GoChatError && error.code === "AUTH_FAILED"))
                throw error; // else it had ended already
        }
        finally {
            this.#session.adopt(null);
        }
    }
    #enter(session) {
        this.socket.close();
        this.socket.forget();
        this.#session.adopt(session);
        return session.user;
    }
}

/** A chat client: one login, its HTTP calls and its socket. */
import { GoChatApi } from "./api.js";
import type { SocketMaker } from "./connection.js";
import { Emitter } from "./emitter.js";
import type { User } from "./http_types.js";
import { type SessionStore } from "./session.js";
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
export declare class GoChat extends Emitter<{
    user: User | null;
}> {
    #private;
    /** A method for each operation of the HTTP API. */
    readonly api: GoChatApi;
    readonly socket: GoChatSocket;
    constructor(options?: GoChatOptions);
    /** Who is logged in; null: nobody. */
    get user(): User | null;
    /** Makes an account and logs in. */
    register(username: string, password: string): Promise<User>;
    /** Logs in. */
    login(username: string, password: string): Promise<User>;
    /** Enters as a guest, who sees and uses the world chat only. */
    guest(): Promise<User>;
    /** Closes the socket and ends the login, here in any case and at the server if it can be reached. */
    logout(): Promise<void>;
}

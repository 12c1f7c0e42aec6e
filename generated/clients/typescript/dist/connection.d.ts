/** The longest wait before each attempt, in seconds; the wait is drawn from 0 to it, so that not everybody comes at once. */
export declare const RECONNECT_CAPS_S: readonly [1, 2, 4, 8, 15, 30];
/** The server closes a socket after 90 s without a frame. */
export declare const PING_EVERY_MS = 30000;
/** A ping is answered at once; after so long without any frame the connection is dead, whatever the system says. */
export declare const SILENCE_MS = 10000;
/** How it stands with the connection. `closed` is the end until `connect()` is called again. */
export type SocketState = {
    readonly status: "idle";
} | {
    readonly status: "connecting";
    readonly attempt: number;
} | {
    readonly status: "open";
} | {
    readonly status: "waiting";
    readonly attempt: number;
    readonly retryAt: number;
} | {
    readonly status: "offline";
} | {
    readonly status: "closed";
    readonly code: number;
    readonly name: string;
};
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
export declare class Connection {
    #private;
    private readonly url;
    private readonly ping;
    private readonly tokens;
    private readonly owner;
    private readonly Socket;
    private readonly capsS;
    state: SocketState;
    /**
     * @param url The socket's address, without a query.
     * @param ping The text of a ping frame.
     * @param capsS The longest wait before each attempt in seconds; the last one holds for all that follow.
     */
    constructor(url: string, ping: string, tokens: Tokens, owner: ConnectionOwner, Socket: SocketMaker, capsS?: readonly number[]);
    get isOpen(): boolean;
    /** Connects and stays connected until `close`, or until the server says not to come back. */
    connect(): void;
    /** Ends the connection for good. */
    close(): void;
    /** Sends a text; the caller has seen `isOpen`. */
    send(text: string): void;
    /** Says that this connection works: a pong came. The next waits are short again. */
    proved(): void;
    /** Moves to a new connection with a new token while the old token is still good. Nobody sees the user go offline. */
    moveOver(): void;
    /** Asks for a sign of life now; without one the connection is taken for dead. */
    probe(): void;
}

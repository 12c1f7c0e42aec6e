import { type SocketMaker, type SocketState, type Tokens } from "./connection.js";
import { Emitter } from "./emitter.js";
import type { ClientFrame, ServerEvents, ServerFrame } from "./frames.js";
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
    answered: {
        readonly type: string;
        readonly data: Data;
        readonly reply: Data;
    };
}
type Data = Readonly<Record<string, unknown>>;
type Type = ClientFrame["type"];
export declare class FrameSocket<Events extends SocketEvents = SocketEvents> extends Emitter<Events> {
    #private;
    constructor(options: SocketOptions);
    get state(): SocketState;
    /** Connects, and stays connected until `close` or a close code that is terminal. Called again, it tries at once. */
    connect(): void;
    /** Ends the connection. What is unanswered rejects with ConnectionLost; it may have been done all the same. */
    close(): void;
    /** Asks for a sign of life now; a connection without one for 10 s is given up. It does so by itself every 30 s. */
    probe(): void;
    /** Goes over to a connection with a new token. */
    moveOver(): void;
    /** Called, and waited for, before each attempt to connect; when it rejects, the attempt has failed. */
    protected prepare(): Promise<void>;
    /** Sends a frame that carries an id, until it is answered; an id that is missing is made. */
    protected request<Reply>(type: Type, data: object): Promise<Reply>;
    /** Sends a frame whose answer has no id: answers come in order. Rejects with ConnectionLost without a connection. */
    protected ask<Reply>(type: Type, data?: object): Promise<Reply>;
    /** Sends a frame that is not answered when it succeeds; kept until there is a connection. */
    protected post(type: Type, data?: object): void;
}
export {};

/** What a call can fail with: the server's refusal, or no answer at all. */
import { type ErrorCode } from "./catalogue.js";
/** The server refused. Branch on `code`; `message` is for people. */
export declare class GoChatError extends Error {
    readonly code: ErrorCode | (string & {});
    readonly details: Readonly<Record<string, unknown>>;
    readonly status?: number | undefined;
    readonly name = "GoChatError";
    /**
     * @param code A code of the catalogue; a newer server may have more.
     * @param message The server's text, in the language that was asked for.
     * @param details Facts, by code: `errors`, `retryAfterMs`, ...
     * @param status The HTTP status; undefined when it came over the socket.
     */
    constructor(code: ErrorCode | (string & {}), message: string, details?: Readonly<Record<string, unknown>>, status?: number | undefined);
    /** Whether the same call can succeed later without any change. */
    get retryable(): boolean;
}
/** There was no answer: no network, no server, or the connection ended first. */
export declare class ConnectionLost extends Error {
    readonly name = "ConnectionLost";
}
